"""Code, and what is on a screen."""

from __future__ import annotations

from models.text.normalise.rule import Rule
from models.text.normalise.shared.code import ARROWS, hexadecimal, menu, more, operators, tag, type_parameter
from models.text.normalise.zh.figures import by_digits, number

SCREEN = (
    menu("，", (("选“工具”>“语言”", '选"工具"，"语言"'),)),
    more((("点“提交 >>”", '点"提交"'),)),
    Rule(
        "arrow key",
        "code",
        r"(?<=按)([→←↑↓])键?",
        lambda m: f"{ARROWS[m[1]]}箭头键",
        (("按↑键返回", "按上箭头键返回"),),
    ),
    hexadecimal(number, (("地址0x3F", "地址零 x 三 F"),)),
    Rule(
        "binary number",
        "code",
        r"(?<=二进制)\d+|(?<=二进制数)\d+",
        lambda m: by_digits(m[0]),
        (("二进制数1011", "二进制数一零一一"),),
    ),
    operators(
        {"&&": "且", "||": "或", "==": "等于", "!=": "不等于"},
        (("甲 && 乙 || 丙", "甲且乙或丙"), ("甲 == 乙", "甲等于乙"), ("甲 != 乙", "甲不等于乙")),
    ),
    Rule(
        "topic",
        "code",
        r"(?<![A-Za-z\d])#([\u3400-\u9fff]+)#?",
        r"\1",
        (("参加#读书日#活动", "参加读书日活动"),),
    ),
)
TAGS = (
    type_parameter((("类型Set<char>", "类型Set char"),)),
    tag((("写</正文>结束", "写 正文 结束"),)),
)
