"""English: numbers, units, dates, money, addresses, code and signs in words. Acronyms stay: front-ends spell them.

Rules run in order; what one has put into words has no digit or sign left for the next. Letters are never left out.
"""

from __future__ import annotations

import re
from itertools import chain

from models.text.normalise.en_dates import DATES
from models.text.normalise.en_figures import AMOUNTS, NUMBERS, Match, N, Rules, bare, either, number
from models.text.normalise.en_words import ABBREVIATIONS, BEFORE_NUMBER, GREEK, SIGNS, UNITS
from models.text.normalise.numbers import digits, ordinal
from models.text.normalise.rule import Fired, apply
from models.text.normalise.shared.address import ADDRESS, EXTENSIONS
from models.text.normalise.shared.maths import CHARGE, COMPOUND, FORMULA, compound, formula

_WIDE = str.maketrans({**dict.fromkeys("「」『』【】《》〈〉", '"'), "〜": "—", "～": "—"})
_POWERS = {"2": "squared", "3": "cubed"}
_CHARGES = {"+": "plus", "-": "minus"}
_HATS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot"}
_KEYS = {"→": "right", "←": "left", "↑": "up", "↓": "down"}
_ROOTS = {"2": "square", "3": "cube"}
_LAST = ("etc.", "et al.", "Jr.", "Sr.", "Inc.", "Ltd.", "Co.", "p.a.")  # their full stop may be the sentence's, too


def spell(text: str, trace: list[Fired] | None = None) -> str:
    """English text without digits or signs."""
    text = apply(ADDRESS, text.translate(_WIDE), trace)
    for pattern, rule in _RULES:
        text = pattern.sub(rule, text)
    return text


def _code(m: Match) -> str:
    """``list.append()``, ``my_name``: dots are said, underscores and empty brackets are not."""
    return m[0].replace("()", "").replace("_", " ").replace("->", " ").replace(".", " dot ").strip()


def _power(m: Match) -> str:
    exponent = m["e"].strip("{}()")
    if exponent in _POWERS:
        return f"{m['base']} {_POWERS[exponent]}"
    words = re.sub(r"\d+", lambda d: number(d[0]), exponent.replace("-", "minus ").replace("+", "plus "))
    return f"{m['base']} to the power of {words}"


def _abbreviation(m: Match) -> str:
    rest = m.string[m.end() :].lstrip(" \"')")
    ends = m[0] in _LAST and (not rest or rest[:1].isupper())
    return ABBREVIATIONS[m[0]] + ("." if ends else "")


def _per(m: Match) -> str:
    """Seven days/wk."""
    return f" per {UNITS[m[1]][0] if m[1] in UNITS else m[1]}{_full_stop(m)}"


def _full_stop(m: Match) -> str:
    """That of an abbreviation, where it ends the text, too."""
    return "." if m[0].endswith(".") and not m.string[m.end() :].strip() else ""


def _before_number(m: Match) -> str:
    words = BEFORE_NUMBER[m[1].lower()]
    return (words.capitalize() if m[1][0].isupper() else words) + " "


def _greek(m: Match) -> str:
    return f" {GREEK.get(m[0].lower(), m[0])} "


_SHORT: Rules = [
    (re.compile(r"\bGen\.(?=\s\d)"), lambda _: "Genesis"),
    (re.compile(r"\bext(?:\.|ension)\s?(\d{3,5})\b"), lambda m: f"extension {digits(m[1], 'en')}"),
    (re.compile(r"(?<=[a-z]s)/(wk|week|yr|year|hr|hour|mo|month|day|min|minute)\b\.?(?!\w)"), _per),
    (re.compile(rf"(?<![\w.])(?:{either(ABBREVIATIONS)})(?!\w)"), _abbreviation),
    (re.compile(r"\bw/\s?(?=[a-z\d])"), lambda _: "with "),
    (re.compile(r"(?<![\w.])((?i:eqs?|figs?|sec)\.)\s?(?=\()"), _before_number),
    (re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)in\b(?!\w)"), lambda m: f"{m[1]} {'inch' if m[1] == '1' else 'inches'}"),
    (re.compile(r"\bq(\d{1,2})h\b"), lambda m: f"every {number(m[1])} hours"),
    (re.compile(r"(?<=[a-z]\s)v\.\s(?=[A-Z])"), lambda _: "versus "),  # Roe v. Wade
    (re.compile(r"\bc\.\s?(?=\d{3,4}\b)"), lambda _: "circa "),
    (re.compile(r"(?<=\d(?:st|nd|rd|th))[\s-]c\."), lambda _: " century"),
    (re.compile(r"(?<=\d\sft\s)(\d+) in\b"), lambda m: f"{m[1]} inches"),
    (re.compile(r"(?<=\()([bd])\.\s(?=\d{4})"), lambda m: "born " if m[1] == "b" else "died "),
    (re.compile(r"\bMt\.(?=\s[A-Z])"), lambda _: "Mount"),
    (re.compile(r"(?<=\w )Ave\."), lambda m: "Avenue" + _full_stop(m)),
    (re.compile(r"(?<=[A-Za-z])\((e?s)\)(?!\w)"), lambda m: m[1]),  # file(s)
    (re.compile(r"(?<=[A-Za-z…]) > (?=[A-Z][a-z])"), lambda _: ", "),  # File > Save
    (re.compile(rf"(?<![\w.])((?i:{either(BEFORE_NUMBER)}))\s?(?=\d)"), _before_number),
    (
        re.compile(r"\b((?i:vol|ch|chap|sec|art|pt)\.)\s?(?=[IVX]+\b(?!['’]))"),
        _before_number,
    ),
    (
        re.compile(r"(?<=\d)\s?in\.(?=\s[a-z]|[,;)])|(?<=\d)\sin(?=\s(?:tall|long|wide|high|deep|thick)\b)"),
        lambda _: " inches",
    ),
    (re.compile(r"\bn/a\b", re.IGNORECASE), lambda _: "not applicable"),
    (re.compile(r"\bSt\.(?=\s[A-Z])"), lambda _: "Saint"),
    (re.compile(r"(?<=[a-z] )St\."), lambda m: "Street" + _full_stop(m)),
]
_NAME = r"[A-Za-z_]\w*"
_OPERATORS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "=", "->": "→", "=>": "⇒"}
_CODE: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?<=\bSELECT )\*", lambda _: "star"),
        (r"\s-=\s", lambda _: " minus equals "),
        (r"\s?:=\s?", lambda _: " becomes "),
        (
            r"(?i:\b(step|part|page|slide|lesson|module|question|task|day|week|attempt|chapter|unit|section|item)\s)"
            r"(\d{1,3})/(\d{1,3})(?![\w/])",
            lambda m: f"{m[1]} {m[2]} of {m[3]}",
        ),
        (r"\b([QH][1-4])\s?['’](\d\d)\b", lambda m: f"{m[1]} {m[2]}"),
        (r"\b(\d)0(\d)\(([a-z])\)(?:\((\d)\))?", lambda m: f"{number(m[1])} oh {number(m[2])} {m[3]} {m[4] or ''}"),
        (r"(?<!\w)['’]0(\d)\b", lambda m: f"oh {number(m[1])}"),  # the class of '05
        (r"\b((?:ISO|EN|IEC|DIN|BS|ASTM)(?:/[A-Z]+)?\s?\d{2,5}):(?=(?:19|20)\d\d\b)", lambda m: f"{m[1]}, "),
        (rf"(?<!\w)\.(?=(?:{EXTENSIONS})\b)", lambda _: "dot "),
        (r"(?<=[A-Za-z])\s?(?:>{2,3}|»)(?=[\"')\]]|\s*$)", lambda _: ""),  # "Next >>"
        (r"(?i:(?<=press )|(?<=hit )|(?<=keys ))(?:the )?([→←↑↓])", lambda m: f"the {_KEYS[m[1]]} arrow"),
        (
            r"(?:(?<=[A-Za-z][a-z]\s)|^|(?<=\())([≥≤])\s?(?=[\d$€£-])",
            lambda m: f"at {'least' if m[1] == '≥' else 'most'} ",
        ),
        (r"\bT-(?=\d+\b)", lambda _: "T minus "),
        (r"\bFY\s?(\d\d|20\d\d)\b", lambda m: f"F Y {bare(m[1])}"),
        (r"(?<=[\dMN]):(?=[MN]\b)", lambda _: " to "),  # 1:N
        (
            r"(?<!\w)([35])['′](?=\s?→|\sto\b|-?\s?(?:end|cap|UTR)\b)|(?<=→)([35])['′]",
            lambda m: f"{number(m[1] or m[2])} prime",
        ),
        (r"(?<=\d)·(?=\d*H2O)", lambda _: " dot "),
        (r"\b802\.(\d{1,2})([a-zX]{0,2})\b", lambda m: f"eight oh two dot {number(m[1])} {' '.join(m[2])}"),
        (r"(?<=\d)-(rc|alpha|beta|dev)\.?(?=\d)", lambda m: f" {m[1]} "),
        (r"\b([A-G])b(?= (?:major|minor)\b)", lambda m: f"{m[1]} flat"),
        (r"(?<=[A-Za-z]\d)-(?=\d{3})", lambda _: " "),  # i7-13700K
        (r"\bC\+\+", lambda _: "C plus plus"),
        (r"\blog(?:_(\d+)\s?|(2|10)(?=\())", lambda m: f"log base {number(m[1] or m[2])} of "),
        (r"(?:(?<=\s)|(?<=\()|^)([<>])(?=[-$€£]?\d)", lambda m: "less than " if m[1] == "<" else "more than "),
        (r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3}):(\d{2,5})(?!\w)", lambda m: f"{m[1]} port {digits(m[2], 'en')}"),
        (r"(?<![\w-])--(?=[a-z])", lambda _: "dash dash "),
        (r"(?<=\w\w\s)-(?=[A-Za-z]\b(?!['’-]))", lambda _: "dash "),  # install -r
        (r"\s?(&&|\|\|)\s?", lambda m: " and " if m[1] == "&&" else " or "),
        (r"(?<=[\w)])\+\+(?!\w)", lambda _: " plus plus"),
        (r"\b([CF])#", lambda m: f"{m[1]} sharp "),
        (r"(?<!\w)\.NET\b", lambda _: "dot net"),
        (r"(?<!\w)#(?=(?:include|define|if|ifdef|ifndef|endif|pragma)\b)", lambda _: "hash "),
        (r"(?<!\w)#(?=[A-Za-z]\w|\d+[A-Za-z]{2})", lambda _: "hashtag "),
        (r"\$([^$\d\s][^$]{0,80}?)\$", lambda m: m[1]),  # TeX's inline formula
        (r"\b0[xX][\dA-Fa-f]+\b", lambda m: re.sub(r"\d", lambda d: f"{digits(d[0], 'en')} ", " ".join(m[0]))),
        (r"(?<=[A-Z]\d):(?=[A-Z]\d)", lambda _: " to "),
        (rf"\b{_NAME}(?:(?:\.|->){_NAME})*\(\)|\b[a-z]\w+(?:\.[a-z_]\w*)+\b|\b[A-Z][a-z]+\.js\b", _code),
        (r"(?<=[\w\s)\]])(?:[<>!=]=|[-=]>)(?=[\w\s(-])", lambda m: _OPERATORS[m[0]]),
        (r"(?<=[^\W_])_+|_+(?=[^\W_])", lambda _: " "),
    )
]


def _function(m: Match) -> str:
    return f"{m[1]}{' prime' * len(m[2])} of {m[3].replace('|', ' given ')}"


def _derivative(m: Match) -> str:
    """dy/dx, ∂f/∂x."""
    d = m[1].replace("∂", "partial")
    return f"{d} {m[2]} over {d} {m[3]}"


_FUNCTIONS = {
    "sin": "sine", "cos": "cosine", "tan": "tangent", "ln": "natural log", "arcsin": "arc sine", "arccos": "arc cosine",
    "arctan": "arc tangent", "log": "log", "exp": "exponential", "max": "max", "min": "min", "lim": "limit",
}  # fmt: skip
_MATHS: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"\blim\s?_?[{(]?([a-z])\s?→\s?([-+]?[\w∞]+)[)}]?", lambda m: f"the limit as {m[1]} goes to {m[2]} of"),
        (r"(?<![A-Za-z])([d∂])([a-z]?)/\1([a-z])(?![A-Za-z])", _derivative),
        (r"(?<=[\d)a-z])\s?\bd([xyztrθ])\b", lambda m: f" d {m[1]}" if "∫" in m.string else m[0]),
        (
            r"(?<=[)α-ωπ])\s?/\s?(?=\d|\(|[A-Za-zα-ω](?![A-Za-z]))|(?<=(?<![A-Za-z])[A-Za-z\d])/(?=\()|(?<=(?<![\w/])[a-z])/(?=\d(?![\d/]))",
            lambda _: " over ",
        ),
        (r"‖([^‖]{1,20})‖", lambda m: f"the norm of {m[1]} "),
        (r"(?<![^\W\d_])([A-Za-zα-ω])([\u0302\u0303\u0304\u0307])(?![^\W\d_])", lambda m: f"{m[1]} {_HATS[m[2]]}"),
        (r"(?<![^\W\d_])ŷ(?![^\W\d_])", lambda _: "y hat"),
        (r"\^(\d)√", lambda m: f" the {_ROOTS.get(m[1]) or ordinal(int(m[1]))} root of "),
        (r"(?<![\w|])\|([A-Za-z\d.,()α-ω +*/-]{1,20})\|(?![\w|])", lambda m: f"the absolute value of {m[1]}"),
        (r"(?<![A-Za-z'’])([a-z])(['′]{1,2})(?=\s?[=+*/])", lambda m: m[1] + " prime" * len(m[2])),
        (r"(?i:(?<=angle ))∠", lambda _: ""),
        (r"\b(log|ln|exp|max|min)\(", lambda m: f"{_FUNCTIONS[m[1]]} of ("),
        (r"\b(sin|cos|tan|arcsin|arccos|arctan)(?=\s?\(|\s[a-zα-ω]\b|[α-ω])", lambda m: f"{_FUNCTIONS[m[1]]} of "),
        (r"\b([f-hpquvyEFGHOP])(['′]*)\(([^()]{1,30})\)", _function),
        (r"(?<=[\dnkm])!(?=\s?[=×÷*/+<>)]|\s-\s)|(?<=(?<![\w'’.-])[nkm])!(?!!)", lambda _: " factorial"),
        (CHARGE, lambda m: f" {number(m[1]) if m[1] else ''} {_CHARGES[m[2]]}"),  # Fe^3+
        (FORMULA, lambda m: formula(m, number)),
        (r"(?<=\b[A-DH])-(?![\w-])|(?<=\bOH)-(?!\w)|(?<=\bCl)-(?!\w)", lambda _: " minus"),  # grades, ions
        (COMPOUND, compound),
        (r"(?P<base>[A-Za-z\d)α-ωΑ-Ω]+)\^(?P<e>\{[^}]{1,20}\}|\([^)]{1,20}\)|-?\w+)", _power),
        (r"(?<=\d)x(?=\d+(?!\d*\s?=))", lambda _: " by "),
        (r"(?<=\d)\s?[xX*]\s?(?=\d)", lambda _: " times "),
        (r"(?<=\d):(?=\d)", lambda _: " to "),
        (r"\b([a-z])/([a-z])\b", lambda m: f"{m[1]} over {m[2]}"),
        (r"\b([a-z]):([a-z])\b", lambda m: f"{m[1]} to {m[2]}"),
        (r"(?<=[\d)])\s/\s(?=[\d(])", lambda _: " divided by "),
        (r"(?<=\b[a-z])\s/\s(?=[a-z]\b|\d)", lambda _: " over "),
        (r"(?<=\d)/(?=\d)", lambda _: " slash "),
        (
            r"(?<=[\w)])\s-\s(?=[\d(])|(?<=[\d)])-(?=[\d(])|(?<=\b[a-z])\s?-\s?(?=[a-z]\b(?!['’]|-)|\d)",
            lambda _: " minus ",
        ),
        (r"(?<=\b\w)\s\*\s(?=\w\b)|(?<=\d)\s\*\s(?=\w)", lambda _: " times "),
        (r"(?<![\w)])-(?=\.?\d)", lambda _: "minus "),
        (r"~\s?(?=\d)", lambda _: "about "),
        (r"(?<=[A-Za-z])\.(?=\d)", lambda _: " dot "),  # H.264
        (r"(?<!\w)\.(?=\d)", lambda _: "0."),
    )
]
_REST: Rules = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?<![\w.,])\d{4}(?!\w|[.,]\d)", lambda m: bare(m[0])),
        (r"(?<=[A-Za-z])-?(?=\d)|(?<=\d)(?=[A-Za-z])", lambda _: " "),  # MP3, GPT-4, x86, 4K
        (N, lambda m: number(m[0])),
        (r"[α-ωΑ-Ωϵϕϑ]", _greek),
        (r"(?<=[A-Za-z\d])<([A-Za-z][A-Za-z\d,.]*)>(?![A-Za-z\d])", lambda m: f" {m[1]} "),  # List<int>
        (r"(?:(?<![\w)])<|</)([A-Za-z][A-Za-z\d./-]*(?:\s[^<>]*)?)/?>", lambda m: f" {m[1]} "),  # a tag
        (f"[{re.escape(''.join(SIGNS))}]", lambda m: f" {SIGNS[m[0]]} "),
        (r"\bvs\b", lambda _: "versus"),
        (r"\band/or\b", lambda _: "and or"),
        (r"[\\|*_~^<>{}\[\]`/⟨⟩]+", lambda _: " "),  # heard as nothing
    )
]
_RULES: Rules = list(chain(_SHORT, _CODE, DATES, AMOUNTS, NUMBERS, _MATHS, _REST))
