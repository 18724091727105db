"""What is the same in every language: widths, quotes, dashes, white space, what is not heard at all."""

from __future__ import annotations

import re
import unicodedata

_KEPT = "，：；！？（）"  # full-width punctuation that front-ends know; NFKC would make it ASCII
_COMPATIBLE = re.compile(f"[^\x00-\x7f{_KEPT}]+")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUBSCRIPT = re.compile(r"(?<=\w)(?=[ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ])")  # aₙ
_LOG_BASE = re.compile("(?<=log)[₀-₉]+ ?")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc]")
# Emoji, dingbats and trade marks are silent: the words carry the meaning. Arrows and signs of mathematics are not here.
_SILENT = re.compile(
    "[\u2600-\u266c\u266e\u2670-\u27be\u2b00-\u2bff\ufe0e\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f\u25a0-\u25b2\u25b4-\u25ff\u2500-\u259f•‣※†‡¶™℠\u20d0-\u20ff]+"
)
_QUOTES = str.maketrans(
    {**dict.fromkeys("“”„‟«»‹›″〝〞〟", '"'), "〔": "（", "〕": "）", **dict.fromkeys("‘’‚‛′＇", "'")}
)
_ELLIPSIS = re.compile(r"\.{3,}|…+|。{2,}|⋯+")
_DASHES = str.maketrans(
    {**dict.fromkeys("‐‑‒⁃﹣", "-"), **dict.fromkeys("―⸺⸻", "—"), "−": "-", "﹘": "–", "≧": "≥", "≦": "≤"}
)
_LONG_DASH = re.compile(  # also a hyphen between spaces, unless it may be a minus: 3 - 2, x - y
    r"—{2,}|(?<!-)(?:(?<=\w)--|--(?![a-z-]))(?!-)|(?<=\s)–(?=\s)|(?<=[^\W\d_]{2}\s)-(?=\s)|(?<=[^\w\s)]\s)-(?=\s)|(?<=\s)-(?=\s[^\W\d_]{2})"
)
_INSTANT = re.compile(  # 2024-02-29T13:05:00Z
    r"(?<![\w-])(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00(?:\.0+)?(?!\d)|(:\d\d(?!\d)))?(?:(Z)|([-+])0?(\d{1,2}):00)?(?![\w:]|\.\d)"
)
_DOUBLE_STAR = re.compile(r"(?<=[\w)])\s?\*\*\s?(?=-?\d|[a-z]\b)")  # x**2
_NUMERAL = re.compile("[\u2160-\u216b\u2170-\u217b]|[\u2460-\u2473\u24ea\u2776-\u2793]")  # Ⅳ, ①
_WIDE_THOUSANDS = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")  # １，２００
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")  # Arabic, Devanagari ...
_GROUPED = re.compile(r"(?<![\d+.,)-])(?<![\d+.,)-] )\d{1,3}(?: 000|(?: \d{3}){2,})(?![\d-]| \d)")  # 1 000 000
_HIGHLIGHT = re.compile(r"(?<![A-Za-z\d=!<>])==([^\s=](?:[^=]{0,200}[^\s=])?)==(?![A-Za-z\d=])")  # ==so==
_LOWERED = re.compile(r"(?<=[A-Za-z)])~(\d{1,3}|[a-z])~")  # H~2~O
_SPACES = re.compile(r"\s+")
_CALLED = re.compile(r"(?<=[A-Za-z_])\((?=[^()]*\)(?![A-Za-z]))")  # append(x): not one word; but colo(u)r
_SPACE_BEFORE = re.compile(r" +(?=[,.;:!?…，。；：！？、)）」』])(?![.][\w])")


def ascii_digits(text: str) -> str:
    """The text with digits of other scripts (Arabic, Devanagari ...) as 0 to 9."""
    return _OTHER_DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), text)


def plain(text: str) -> str:
    """NFKC but for punctuation, plain quotes, one kind of dash and ellipsis, one space, nothing inaudible.

    Superscripts become ``^2``, so that they can be read as powers.
    """
    if text.isascii():
        text = _CONTROL.sub("", text)
    else:
        text = unicodedata.normalize("NFC", text).translate(_QUOTES).translate(_DASHES)
        text = _NUMERAL.sub(_numeral, text)
        text = _LOG_BASE.sub(lambda m: f"_{unicodedata.normalize('NFKC', m[0].strip())} ", text)  # log₂8
        text = _SUPERSCRIPT.sub(lambda m: "^" + m[0].translate(_SUPERSCRIPTS), text)
        text = _SUBSCRIPT.sub(" ", text)
        text = _SILENT.sub(" ", _CONTROL.sub("", text))
        text = _ELLIPSIS.sub("…", text)
        text = _WIDE_THOUSANDS.sub(",", text)
        text = _COMPATIBLE.sub(lambda m: _compatible(m[0]), text)
        text = ascii_digits(text)
    text = _ELLIPSIS.sub("…", text)
    text = _INSTANT.sub(_instant, text)
    text = _LONG_DASH.sub("—", text)
    text = _LOWERED.sub(r"\1", _HIGHLIGHT.sub(r"\1", text))
    text = _DOUBLE_STAR.sub("^", text)
    text = _SPACES.sub(" ", text).strip()
    return _GROUPED.sub(lambda m: m[0].replace(" ", ""), text)


def _instant(m: re.Match[str]) -> str:
    """A date, a time without seconds that are none, and how far it is from Greenwich."""
    date, time, seconds, zulu, sign, hours = m.groups(default="")
    zone = " UTC" if zulu else f" UTC{sign}{hours}" if sign else ""
    return f"{date} {time}{seconds}{zone}"


def _numeral(m: re.Match[str]) -> str:
    """A Roman or circled number that is one character; circled ones are apart from each other."""
    value = str(int(unicodedata.numeric(m[0])))
    return value if m[0] < "\u2460" else f" {value} "


def _compatible(run: str) -> str:
    """NFKC, except that an ellipsis stays one, and that what it makes of a vulgar fraction keeps its distance."""
    return "".join(
        c if c in "…—" else f" {made}" if "⁄" in (made := unicodedata.normalize("NFKC", c)) else made
        for c in unicodedata.normalize("NFC", run)
    )


def tidy(text: str) -> str:
    """One space between words, none before punctuation; a bracket that opens is no part of a word."""
    return _SPACE_BEFORE.sub("", _SPACES.sub(" ", _CALLED.sub(" (", text))).strip()


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def roman(text: str) -> str:
    """The value of a Roman numeral, in digits: XIV is 14."""
    values = [_ROMAN[c] for c in text]
    return str(sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values)))
