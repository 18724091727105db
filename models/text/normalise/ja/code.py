"""Code, and what is on a screen."""

from __future__ import annotations

from models.text.normalise.ja.figures import by_digits, number
from models.text.normalise.rule import Rule
from models.text.normalise.shared.code import ARROWS, hexadecimal, menu, more, operators, tag, type_parameter

SCREEN = (
    menu("、", (("「表示」>「拡大」を選ぶ", "「表示」、「拡大」を選ぶ"),)),
    more((("「進む >>」を押す", "「進む」を押す"),)),
    Rule(
        "arrow key",
        "code",
        r"([→←↑↓])(?=(?:の)?キー)",
        lambda m: f"{ARROWS[m[1]]}矢印",
        (("↑キーで戻る", "上矢印キーで戻る"),),
    ),
    hexadecimal(number, (("番地0x3F", "番地零 x 三 F"),)),
    Rule("binary number", "code", r"(?<=進数)\d+", lambda m: by_digits(m[0]), (("二進数1011", "二進数一零一一"),)),
    operators(
        {"&&": "かつ", "||": "または", "==": "イコール", "!=": "ノットイコール"},
        (("甲 && 乙 || 丙", "甲かつ乙または丙"), ("甲 == 乙", "甲イコール乙"), ("甲 != 乙", "甲ノットイコール乙")),
    ),
)
TAGS = (
    type_parameter((("型はSet<char>", "型はSet char"),)),
    tag((("本文は</本文>で終わる", "本文は 本文 で終わる"),)),
)
