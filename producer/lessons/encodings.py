"""Names of text encodings, and the codecs that they stand for."""

from __future__ import annotations

import codecs
import re

# Narrow encodings are read as what browsers take them for (https://encoding.spec.whatwg.org): supersets.
WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "big5": "cp950",
}  # fmt: skip
EXAMPLES = "utf-8, gb18030, big5, shift_jis, euc-kr, windows-1252"
_OF_TEXT = re.compile(
    r"utf-8(-sig)?|utf-(16|32)(-[lb]e)?|gb18030|cp9(32|49|50)|big5hkscs|euc_jp|iso2022_(jp|kr)|cp125\d|cp(437|85\d|866)"
    r"|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic|greek|latin2)|tis-620"
)


def codec_of(name: str) -> str:
    """Return the codec for an encoding's name; empty for names that are none of a text's."""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: a NUL in it
        return ""
    codec = WIDER.get(codec, codec)
    return codec if _OF_TEXT.fullmatch(codec) else ""
