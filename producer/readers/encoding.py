"""From bytes to text: UTF-8 unless a byte order mark, the file itself or its author says otherwise.

What is none of that is detected (charset-normalizer), and taken only where one encoding stands out; a note then says
which. Whatever it was, readers get UTF-8.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from producer.errors import LessonError
from producer.lessons.encodings import EXAMPLES, WIDER, codec_of

SAMPLE = 64 << 10  # bytes that detection looks at
CHAOS = 0.03  # share of text that looks like a wrong encoding, above which none is believed

_DETECTED = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1252"]
_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']|<meta[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_BREAKS = re.compile(r"[\v\f\x85\u2028\u2029]")  # no new line to an editor, so line numbers must not count them
_UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


def utf8(path: Path, data: bytes, encoding: str | None = None) -> tuple[bytes, str]:
    """Return a text file's content as UTF-8 (or as UTF-16 with its byte order mark), and a note where a guess was made.

    ``encoding`` is that of files which are not UTF-8. Raises LessonError, with the line, for bytes that no encoding
    explains; the file is then UTF-8 with a fault, or in one of several.
    """
    if data.startswith(_UTF32):
        return _recoded(path, data, "utf-32"), ""
    escapes = encoding and b"\x1b" in data  # of ISO-2022, which is ASCII otherwise
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (not escapes and _fault(data) < 0):
        return data, ""
    if encoding:  # of what is not UTF-8
        return _recoded(path, data, codec_of(encoding)), ""
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


def decode_text(path: Path, data: bytes) -> str:
    """Decode UTF-8, or UTF-16 where a byte order mark says so; any line ending becomes a newline.

    Raises LessonError, with the line, for other bytes and for control characters, which no author wrote.
    """
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        bad = data[error.start : error.start + 1].hex().upper()
        raise LessonError(path, line, f"byte {bad} is not UTF-{16 if wide else 8}: save the file as UTF-8") from None
    return clean_text(path, text, 1)


def clean_text(path: Path, text: str, first_line: int) -> str:
    """Return the text with any line ending as a newline. Raises LessonError, with the line, for control characters."""
    text = _BREAKS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    if match := _CONTROL.search(text):
        line = text.count("\n", 0, match.start()) + first_line
        raise LessonError(path, line, f"control character U+{ord(match[0]):04X}: delete it, or save the file as text")
    return text


def _fault(data: bytes) -> int:
    """Return where data stops being UTF-8; -1 where it does not."""
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
    """Return what the head of an XML or HTML file says of itself; empty where it says nothing, or UTF-8."""
    match = _DECLARED.search(data[:2048])
    if not match:
        return ""
    name = (match[1] or match[2]).decode("ascii")
    codec = codec_of(name)
    if not codec:
        line = data.count(b"\n", 0, match.start()) + 1
        raise LessonError(path, line, f"unknown encoding {name!r}: such as {EXAMPLES}")
    return "" if codec.startswith("utf-") else codec


def _detected(data: bytes) -> tuple[str, list[str]]:
    """Return the encoding that stands out (empty where none does), and all that explain the text.

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
    names = [WIDER.get(match.encoding, match.encoding) for match in clean]
    return (WIDER.get(clear[0].encoding, clear[0].encoding) if len(clear) == 1 else ""), names
