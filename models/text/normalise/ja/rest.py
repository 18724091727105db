"""What no rule of a kind has taken: plain numbers, and signs by their names."""

from __future__ import annotations

from models.text.normalise.ja.figures import WIDE, number
from models.text.normalise.rule import Rule
from models.text.normalise.shared import rest
from models.text.normalise.tables import words

SIGNS = words("ja", "signs")
GREEK = words("ja", "greek")

REST = (
    rest.number_after_letter((("MP3とA-4", "MP 三とA 四"),)),
    rest.plain_number(number, WIDE, (("本は 1,204 冊", "本は千二百四冊"),)),
    rest.greek(GREEK, (("λの値", "ラムダの値"),)),
    Rule(
        "plus",
        "rest",
        r"(?<![A-Za-z+])\+(?=\w)|(?<=[A-Za-z])\+(?=[\w(])|(?<=[^\x00-\x7f])\+|(?<=\s)\+(?=\s|$)",
        "プラス",
        (("赤+青", "赤プラス青"), ("p+q", "pプラスq")),
    ),
    rest.sign(SIGNS, (("甲≥乙", "甲大なりイコール乙"), ("Abc®Def", "Abc Def"))),
    rest.sign_of_names(SIGNS, (("砂糖 & 塩", "砂糖 アンド 塩"),)),
    rest.silent((("{甲}|[乙]", "甲 乙"),)),
)
