"""Which encoding is this? UTF-8 unless a byte order mark, the file itself or its author says otherwise.

What is none of that is detected (charset-normalizer), and taken only where one encoding stands out; a note then says
which. Whatever it was, readers get UTF-8.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from models.errors import Permanent
from producer.errors import LessonError

SAMPLE = 64 << 10  # bytes that detection looks at
CHAOS = 0.03  # share of text that looks like a wrong encoding, above which none is believed

# Narrow encodings are read as what browsers take them for (https://encoding.spec.whatwg.org): supersets.
_WIDER = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "big5": "cp950",
}  # fmt: skip
_KNOWN = re.compile(
    r"utf-8(-sig)?|utf-(16|32)(-[lb]e)?|gb18030|cp9(32|49|50)|big5hkscs|euc_jp|iso2022_(jp|kr)|cp125\d|cp(437|85\d|866)"
    r"|iso8859-\d+|koi8-[ru]|mac-(roman|cyrillic|greek|latin2)|tis-620"
)
_DETECTED = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252"]
_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


def known(name: str) -> str:
    """The codec for an encoding's name. Raises Permanent for names that are none of a text's."""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: a NUL in it
        codec = ""
    codec = _WIDER.get(codec, codec)
    if not _KNOWN.fullmatch(codec):
        raise Permanent(f"unknown encoding {name!r}: such as utf-8, gb18030, big5, shift_jis, euc-kr, windows-1252")
    return codec


def utf8(path: Path, data: bytes, encoding: str | None = None) -> tuple[bytes, str]:
    """A text file's content as UTF-8 (or as UTF-16 with its byte order mark), and a note where a guess was made.

    ``encoding`` is that of files which are not UTF-8. Raises LessonError, with the line, for bytes that no encoding
    explains; the file is then UTF-8 with a fault, or in one of several.
    """
    if data.startswith(_UTF32):
        return _recoded(path, data, "utf-32"), ""
    escapes = encoding and b"\x1b" in data  # of ISO-2022, which is ASCII otherwise
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (not escapes and _fault(data) < 0):
        return data, ""
    if encoding:  # of what is not UTF-8
        return _recoded(path, data, known(encoding)), ""
    if declared := _declared(path, data):
        return _recoded(path, data, declared), ""
    clear, found = _detected(data)
    if clear:
        return _recoded(path, data, clear), f"encoding assumed to be {clear}; --encoding NAME says otherwise"
    line = data.count(b"\n", 0, _fault(data)) + 1
    bad = data[_fault(data) :][:1].hex().upper()
    perhaps = f" (perhaps it is {' or '.join(found)})" if found else ""
    raise LessonError(
        path, line, f"byte {bad} is not UTF-8: save the file as UTF-8, or say --encoding NAME{perhaps}"
    )  # fmt: skip


def _fault(data: bytes) -> int:
    """Where data stops being UTF-8; -1 where it does not."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return -1


def _recoded(path: Path, data: bytes, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "ignore").count("\n") + 1
        bad = data[error.start : error.end][:4].hex().upper()
        raise LessonError(
            path, line, f"byte {bad} is not {encoding}: say another --encoding, or save as UTF-8"
        ) from None
    except UnicodeError:
        raise LessonError(path, 0, f"is not {encoding}: say another --encoding, or save the file as UTF-8") from None


def _declared(path: Path, data: bytes) -> str:
    """What the head of an XML or HTML file says of itself; empty where it says nothing, or UTF-8."""
    match = _DECLARED.search(data[:2048])
    if not match:
        return ""
    name = (match[1] or match[2]).decode("ascii")
    try:
        codec = known(name)
    except Permanent as error:
        line = data.count(b"\n", 0, match.start()) + 1
        raise LessonError(path, line, str(error)) from None
    return "" if codec.startswith("utf-") else codec


def _detected(data: bytes) -> tuple[str, list[str]]:
    """The encoding that stands out (empty where none does), and all that explain the text.

    One stands out where it alone gives words of a language. Where none does, as in a few Chinese words, it must be the
    only one without nonsense; not so windows-1252, in which most bytes mean something.
    """
    from charset_normalizer import from_bytes

    sample = data[:SAMPLE]
    while len(data) > SAMPLE and sample and sample[-1] >= 0x80:  # no character cut in two
        sample = sample[:-1]
    matches = from_bytes(sample, cp_isolation=_DETECTED)
    clean = [match for match in matches if match.encoding in _DETECTED and match.chaos < CHAOS]
    fluent = [match for match in clean if match.coherence > 0]
    clear = fluent if len(fluent) == 1 else [match for match in clean if match.encoding != "cp1252" or len(clean) > 1]
    names = [_WIDER.get(match.encoding, match.encoding) for match in clean]
    return (_WIDER.get(clear[0].encoding, clear[0].encoding) if len(clear) == 1 else ""), names
