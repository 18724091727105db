"""What no rule of a kind has taken: plain numbers, signs between words, and signs by their names."""

from __future__ import annotations

from models.text.languages import HAN
from models.text.normalise.rule import Rule
from models.text.normalise.shared import rest
from models.text.normalise.tables import words
from models.text.normalise.zh.figures import number

SIGNS = words("zh", "signs")
GREEK = words("zh", "greek")

REST = (
    Rule(
        "about",
        "rest",
        r"(?<![\d零一二三四五六七八九十][月日号点分秒年])~(?=\d)",
        "约",
        (("温差~6度", "温差约六度"),),
    ),
    rest.number_after_letter((("MP3与A-4", "MP 三与A 四"),)),
    rest.plain_number(number, HAN, (("有 1,204 人", "有一千二百零四人"),)),
    Rule(
        "minus before a letter",
        "rest",
        r"(?<=[\d\s\u3400-\u9fff)）=])\s?-\s?(?==|[a-zA-Z]\s?=)",
        "减",
        (("3-x=1", "三减x等于一"),),
    ),
    rest.greek(GREEK, (("λ值", "兰姆达值"),)),
    Rule(
        "plus",
        "rest",
        r"(?<![A-Za-z+])\+(?=\w)|(?<=[A-Za-z])\+(?=[\w(])|(?<=[\u3400-\u9fff\s])\+(?=\s|$)|(?<=[\u3400-\u9fff])\+",
        "加",
        (("红+蓝", "红加蓝"), ("p+q", "p加q")),
    ),
    Rule(
        "until a time in words",
        "rest",
        r"(?:(?<=[月日号点分秒年])|(?<=周[一二三四五六日])|(?<=期[一二三四五六日]))"
        r"\s?[-–—~〜]\s?(?=[一二三四五六七八九十零两周星])",
        "到",
        (("周一~周四", "周一到周四"),),
    ),
    Rule("drawn out", "rest", r"[~〜]+", "—", (("好呀~", "好呀—"),)),
    rest.sign(SIGNS, (("甲≥乙", "甲大于等于乙"),)),
    rest.sign_of_names(SIGNS, (("糖 & 盐", "糖 和 盐"),)),
    rest.silent((("{甲}|[乙]", "甲 乙"),)),
)
