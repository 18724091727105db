"""English figures: money, units, telephone numbers, versions, fractions, ranges, Roman numerals, plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from models.text.normalise.common import roman
from models.text.normalise.en_words import CURRENCIES, KINGS, NUMBERED, UNITS
from models.text.normalise.numbers import PLAIN, cardinal, digits, ordinal, year

Match = re.Match[str]
Rules = list[tuple[re.Pattern[str], Callable[[Match], str]]]

_SCALES = {"K": "thousand", "k": "thousand", "M": "million", "m": "million", "B": "billion", "bn": "billion"}
_COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_FRACTIONS = {2: "half", 4: "quarter"}


def number(text: str) -> str:
    """A cardinal, decimals included."""
    return cardinal(text, "en")


def _signed(text: str) -> str:
    return (
        f"minus {number(text[1:])}"
        if text[0] == "-"
        else f"{'plus ' if text[0] == '+' else ''}{number(text.lstrip('+'))}"
    )


def year_or_count(text: str) -> str:
    """Four digits: a year from 1001 to 2099, otherwise a number."""
    value = int(text)
    return year(value) if 1000 < value <= 2099 else number(text)


def _version(m: Match) -> str:
    prefix = "version " if m["v"] else ""
    point = " dot " if m["n"].count(".") == 3 else " point "
    return prefix + point.join(number(part) for part in m["n"].split("."))


def _phone(m: Match) -> str:
    plus = "plus " if m[0].startswith("+") else ""
    return plus + ", ".join(digits(group, "en") for group in re.findall(r"\d+", m[0]))


def _money(m: Match) -> str:
    one, many, cent, cents = CURRENCIES[m["c"]]
    sign = "minus " if m["sign"] else ""
    amount, scale = m["n"], m["scale"]
    if scale:
        return f"{sign}{number(amount)} {_SCALES.get(scale, scale)} {many}"
    whole, _, part = amount.partition(".")
    if len(part) == 2 and cent:
        words = [] if whole == "0" and int(part) else [f"{number(whole)} {one if whole == '1' else many}"]
        if int(part):
            words.append(f"{number(str(int(part)))} {cent if int(part) == 1 else cents}")
        return sign + " and ".join(words)
    before, after = m.string[: m.start()], m.string[m.end() :]
    adjective = re.search(r"\b[Aa]n?\s$", before) and re.match(r"\s[a-z]", after)  # a $20 ticket
    return f"{sign}{number(amount)} {one if amount == '1' or adjective else many}"


def _money_range(m: Match) -> str:
    scale = f" {_SCALES.get(m['scale'], m['scale'])}" if m["scale"] else ""
    return f"{number(m['a'])} to {number(m['b'])}{scale} {CURRENCIES[m['c']][1]}"


def _verses(m: Match) -> str:
    """Matthew 5:3-12."""
    return f"{m[1]}{number(m[2])}, {number(m[3])} to "


def _unit(m: Match) -> str:
    one, many = UNITS[m["u"].replace("µ", "μ")]
    first = _signed(m["n"])
    if m["per"]:
        many += f" per {UNITS[m['per']][0]}"
    if m["n2"]:
        return f"{first} to {_signed(m['n2'])} {many}"
    if m["hyphen"]:  # a 5-km walk
        return f"{first}-{one}"
    return f"{first} {one if m['n'] == '1' else many}"


def _fraction(m: Match) -> str:
    a, b = int(m["a"]), int(m["b"])
    whole = ("minus " if m["sign"] else "") + (f"{number(m['w'])} and " if m["w"] else "")
    if m["u"] and a > b:  # 120/80 mmHg
        return f"{number(m['a'])} over {number(m['b'])} {UNITS[m['u']][1]}"
    if b == 100 and 10 < a <= b:
        return f"{number(m['a'])} out of one hundred"
    if b in (0, 1) or b > 100 or (a >= b and not m["w"]) or a == 0:
        return (
            f"{whole}{number(m['a'])} over {number(m['b'])}" if a <= b or "⁄" in m[0] else m[0].replace("/", " slash ")
        )
    name = _FRACTIONS.get(b) or ordinal(b)
    words = f"{whole}{number(m['a'])} {name if a == 1 else 'halves' if b == 2 else name + 's'}"
    return words + (f" {UNITS[m['u']][bool(whole)]}" if m["u"] else "")


def _plural(words: str) -> str:
    return words[:-1] + "ies" if words.endswith("y") else words + ("es" if words.endswith("x") else "s")


def _range(m: Match) -> str:
    """5-7, 1914–1918; but 3 - 2, and 3-2 = 1."""
    if " -" in m[0] or ("-" in m[0] and m.string[m.end() :].lstrip().startswith("=")):
        return f"{number(m['a'])} minus {number(m['b'])}"
    return f"{bare(m['a'])} to {bare(m['b'])}"


def bare(text: str) -> str:
    """A number that may be a year."""
    return year_or_count(text) if re.fullmatch(r"\d{4}", text) else number(text)


def _king(m: Match) -> str:
    return f"{m[1]} the {ordinal(int(roman(m[2])))}"


def _numbered(m: Match) -> str:
    return f"{m[1]} {number(roman(m[2]))}"


def _numbered_list(m: Match) -> str:
    """Chapters IX, X and XIV."""
    return m[1] + re.sub(r"[IVXL]+", lambda n: number(roman(n[0])), m[2].replace("–", " to ").replace("-", " to "))


def _flight(m: Match) -> str:
    return f"{m[1]} {digits(m[2], 'en')}"


def _scientific(m: Match) -> str:
    words = f"{number(m['n'])} times ten to the power of {_signed(m['e'].lstrip('+'))}"
    return words + (f" {UNITS[m['u']][1]}" if m["u"] else "")


def _european(m: Match) -> str:
    """1.234,56 as 1234.56."""
    return m[0].replace(".", "").replace(",", ".")


def _angle(m: Match) -> str:
    """45° 30' N."""
    words = f"{number(m['d'])} degrees {number(m['m'])} minutes" + (f" {number(m['s'])} seconds" if m["s"] else "")
    return words + (f" {_COMPASS[m['to']]}" if m["to"] else "")


def _feet(m: Match) -> str:
    """A 6' wall, unless the mark closes a quotation."""
    if re.search(r"(?:^|[\s(])'", m.string[: m.start()]):
        return m[0]
    return f"{number(m[1])} {'foot' if re.match(r' [a-z]', m.string[m.end() :]) else 'feet'}"


def _bare_unit(m: Match) -> str:
    """km/h, per m^2."""
    return f"{m['per'] or ''}{UNITS[m['u']][not m['per']]}"


def _quoting(m: Match) -> bool:
    """Whether a quotation is open where this begins."""
    return m.string[: m.start()].count('"') % 2 == 1


def _fraction_of_an_inch(m: Match) -> str:
    """A 3/4" pipe, unless the mark closes a quotation."""
    return m[0] if _quoting(m) else f"{m[1]} inch"


def _emergency(m: Match) -> str:
    """Digit by digit where something is dialled."""
    dialled = re.search(r"(?i)\b(?:dial|call|ring|phone)\b", m.string[: m.start()])
    return digits(m[0], "en") if dialled else m[0]


def _inches(m: Match) -> str:
    """13.3" is a length, unless the mark closes a quotation."""
    if _quoting(m):
        return m[0]
    after = m.string[m.end() :]
    many = m[1] != "1" and not re.match(
        r"\s(?!(?:and|or|long|wide|tall|high|deep|thick|by|x|is|in|of|to)\b)[a-z]", after
    )
    return f"{number(m[1])} {'inches' if many else 'inch'}"


def _dashed(m: Match) -> str:
    return f"{m[1]} {number(m[2])} dash {number(m[3])}"


def either(words: dict[str, object] | dict[str, str]) -> str:
    """A pattern for any of them, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


N = f"(?:{PLAIN})"
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|trillion|bn|(?<=\d)[KMBkm])(?![A-Za-z]))?"
_SIGNS = "|".join(re.escape(c) for c in sorted(CURRENCIES, key=len, reverse=True) if not c.isalpha())
_CODES = "|".join(c for c in CURRENCIES if c.isalpha())
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True)).replace("μ", "[μµ]")
ALONE = r"(?<![\w.,/-])"  # no part of a longer number, word or date before it
_COMPOSED = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True) if re.search(r"/|.[mi]\^", unit))
_UNIT_ENDS = r"(?:\.(?=\s[a-z])|(?![\w^/]|['’]s))"  # 3 oz. of cheese
ENDS = r"(?![\w/-]|[.,:]\d)"  # nor after it

_NAMES = (  # what has a minor version, read as a number: Python 3.12
    r"Python|Java|PHP|Ruby|Go|Rust|Swift|Kotlin|Django|Celery|Redis|Valkey|Ubuntu|Debian|Kubernetes|CUDA|PyTorch|"
    r"TypeScript|Node(?:\.js)?|NumPy|Spark|Kafka|Linux|kernel|[Vv]ersion|[Rr]elease"
)
_ROUND = {"10": "tens", "100": "hundreds", "1000": "thousands", "1000000": "millions"}
AMOUNTS: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?<=\d):(?=\d+k\b)", lambda _: " to "),  # 1:50k
        (r"(?<=[/⁄]\d)(\d?)[\"″](?!\w)", _fraction_of_an_inch),
        (r"(?<=['\"′″])\sx\s(?=\d)", lambda _: " by "),  # 10' x 12'
        (r"(?<![\w.,])(\d+\.\d+)K\b", lambda m: f"{number(m[1])} thousand"),
        (r"(?<![\w.,$€£-])(?:911|112|999|111)(?![\w%]|[.,]\d)", _emergency),
        (r"\bRs\.?\s?(?=\d)", lambda _: "₹"),
        (r"(?<=\d[KMBkm])\s?[-–]\s?(?=[$€£]\d)", lambda _: " to "),
        (r"(?<=°[CF])\s?/\s?(?=\d)", lambda _: ", "),
        (r"(?<=\d)°\s?([NSEW])\b", lambda m: f" degrees {_COMPASS[m[1]]}"),
        (r"\b([A-Z][a-z]+\.?\s)(\d{1,3}):(\d{1,3})\s?[-–]\s?(?=\d{1,3}\b(?!:))", _verses),
        (r"(?<![\w%.])~\s?(?=[-$€£]?\d)", lambda _: "about "),
        (r"(?<=%)\s?[-–]\s?(?=\d)", lambda _: " to "),
        (r"(?<![\w.-])\d+(?:-\d+){2,}(?![\w-]|\.\d)", _phone),  # ISBN
        (r"(?<=\bthe )(\d{1,2})s\b", lambda m: _plural(number(m[1]))),
        (
            r"(?<![\w$€£.,])(\d+(?:\.\d+)?)(k|M|bn)(?=\s[a-z]|[.,;)](?!\w)|$)",
            lambda m: f"{number(m[1])} {_SCALES[m[2]]}",
        ),
        (r"(?<![\w.,])(1[0,]+)s (?=of\b)", lambda m: _ROUND.get(m[1].replace(",", ""), m[1]) + " "),
        (
            r"(?<![\w.])(?P<d>\d{1,3})°\s?(?P<m>\d{1,2})['′](?:\s?(?P<s>\d{1,2})[\"″])?(?:\s?(?P<to>[NSEW])\b)?",
            _angle,
        ),
        (r"(?<![\w.,])\d{1,3}(?:\.\d{3})*,\d\d(?=\s?(?:€|EUR\b))|(?<=€)\d{1,3}(?:\.\d{3})*,\d\d(?!\d)", _european),
        (r"(?<![\w.,(])\d+,\d\d(?![\w)]|,\d)", _european),
        (rf"(?<![\w.,(])\d+,\d(?=\s?(?:{_UNIT})(?![\w^]))", _european),
        (
            r"((?:[$€£¥]|US\$)\d[\d.,]*)\s?/\s?([A-Za-z]+)\b(?:\.(?=\s[a-z]))?",
            lambda m: f"{m[1]} per {UNITS.get(m[2], (m[2],))[0]}",
        ),
        (r"(?i:\b(?:scored|score of|got|rated|rating of)\s)\d+(?:\.\d+)?/\d+", lambda m: m[0].replace("/", " out of ")),
        (
            r"(?<=\d)x(?=\s(?:faster|slower|as|more|less|bigger|larger|smaller|better|zoom|speed|growth|returns?|increase)\b)",
            lambda _: " times",
        ),
        (r"(?<![\w.])(?:\(0\d{1,4}\)|0\d{1,4}) \d{3,4} \d{3,4}(?![\d-])", _phone),
        (r"((?i:\bflight)\s[A-Z][A-Z\d])\s?-?(\d{3,4})\b", _flight),
        (rf"(?<![\w.])(?P<n>\d+(?:\.\d+)?)[eE](?P<e>[-+]?\d+)\b(?:\s(?P<u>{_UNIT})(?![\w/^]))?", _scientific),
        (rf"\b({_NAMES})\s(\d+)\.([1-9]\d)(?![\w.]\w)", lambda m: f"{m[1]} {number(m[2])} point {number(m[3])}"),
        (
            r"(?<![\w.])\+\d{1,3}[ -]?(?:\(\d+\)[ -]?)?\d[\d -]{5,}\d"
            r"|(?i:(?<=\bcall )|(?<=\bdial )|(?<=phone )|(?<=phone: ))\d{3}-\d{4}\b"
            r"|(?<![\w.-])(?:\d{3}-0\d{3}|555-\d{4})\b"
            r"|(?<![\w.-])(?:\d{1,2}[ -])?(?:\(\d{3}\) ?|\d{3}[ -])\d{3}-\d{4}\b",
            _phone,
        ),
        (r"(?<![\w.])(?P<v>[vV])?(?P<n>\d+(?:\.\d+){2,})(?!\w|\.\d)", _version),
        (r"\b(?P<v>[vV])(?P<n>\d+(?:\.\d+)*)\b", _version),
        (rf"(?P<c>{_SIGNS})\s?(?P<a>{N})\s?[-–]\s?(?P=c)?(?P<b>{N}){_SCALE}(?!\w)", _money_range),
        (rf"(?P<sign>(?<!\w)-)?(?P<c>{_SIGNS})\s?(?P<n>{N}){_SCALE}", _money),
        (rf"(?P<sign>(?<!\w)-)?\b(?P<c>{_CODES})\s?(?P<n>{N}){_SCALE}", _money),
        (rf"(?<![\w.])(?P<sign>-)?(?P<n>{N}){_SCALE}\s?(?P<c>{_SIGNS}|(?:{_CODES})\b)(?!\s?\d)", _money),
        (
            rf"(?<![\w.,/⁄])(?P<n>[-+]?{N})(?:\s?[-–~]\s?(?P<n2>-?{N}))?(?:(?P<hyphen>-)|\s)?(?P<u>{_UNIT})"
            rf"(?:/(?P<per>{_UNIT}))?{_UNIT_ENDS}",
            _unit,
        ),
    )
]
NUMBERS: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"\b(\d)['′](\d{1,2})[\"″]?(?!\w)", lambda m: f"{number(m[1])} foot {number(m[2])}"),
        (r"(?<![\w./])(\d+(?:\.\d+)?)\"(?!\w)", _inches),
        (r"(?<![\w.'])(\d{1,2})['′](?!\w)", _feet),
        (rf"(?<![\w/])(?P<per>per )?(?P<u>{_COMPOSED})(?![\w^/])", _bare_unit),
        (r"(?<=\bper )m\^([23])", lambda m: UNITS[f"m^{m[1]}"][0]),
        (r"(?<=\d)\sK(?![\w&-])", lambda _: " kelvin"),  # a thousand has no space before it
        (r"(?<=\d)\s?A(?=[,.;:)](?!\w)|$|\s(?:of|at|fuse|current)\b)", lambda _: " amperes"),
        (r"(?i:(?<=\bcall )|(?<=\bdial ))\d{3}\b", lambda m: digits(m[0], "en")),
        (r"\b((?i:figure|table|section|exercise|example|equation|listing)s?) (\d+)-(\d+)\b", _dashed),
        (r"(?<=\d)-(to|on|by|in)-(?=\d)", lambda m: f" {m[1]} "),
        (r"\b24/7\b", lambda _: "twenty-four seven"),
        (r"(?<=⁄\d)(?=[a-zA-Z])", lambda _: " "),  # ½mv
        (r"(?<![\w./])10/10(?![\w/])", lambda _: "ten out of ten"),
        (r"(?<![\w./])(\d\d)/\1(?![\w/])", lambda m: f"{number(m[1])} {number(m[1])}"),  # 50/50
        (
            rf"(?P<sign>(?<![\w)])-)?(?<![\w./])(?:(?P<w>\d+)[ -])?(?P<a>\d{{1,3}})[/⁄](?P<b>\d{{1,3}})"
            rf"(?:\s(?P<u>{_UNIT}){_UNIT_ENDS})?(?![\w/]|\.\d)",
            _fraction,
        ),
        (r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1]))),
        (rf"{ALONE}(?P<a>{N})\s?[–~-]\s?(?P<b>{N}){ENDS}", _range),
        (
            rf"\b((?:{NUMBERED})s )([IVXL]+(?:(?:, (?:and |or )?| and | or | to |\s?[-–&]\s?)[IVXL]+\b)+)(?!['’])",
            _numbered_list,
        ),
        (rf"\b({KINGS}) ([IVX]+)\b(?!\.\w)", _king),
        (r"\b([A-Z][a-z]+) (II|III|VI{1,3}|IX|XI{1,3}|XIV|XVI{0,3}|XIX|XXI?)\b(?!['’.]\w)", _numbered),
        (rf"\b({NUMBERED})s? ([IVXL]+)\b(?!['’]|(?<= I) (?!of|and|to|is|was|or|in)[a-z])", _numbered),
    )
]
