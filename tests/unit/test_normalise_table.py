"""The table of cases that a careful reader wrote down; docs/normalisation.md lists those that fail, and why.

``python -m tests.unit.test_normalise_table`` writes the generated section of that page anew.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from itertools import product
from pathlib import Path
from typing import NamedTuple

from models.catalog import Catalogue
from models.family import load_frontend
from models.text.normalise import normalise
from tests.tables import rows

TABLE = Path(__file__).parents[1] / "data" / "normalise" / "cases.tsv"
PAGE = Path(__file__).parents[2] / "docs" / "normalisation.md"
MARKS = ("<!-- generated: begin -->\n", "<!-- generated: end -->\n")
AT_LEAST = 0.97


class Case(NamedTuple):
    """One line of the table; ``expected`` holds readings apart by `` // ``, with optional words in brackets."""

    language: str
    text: str
    expected: str
    category: str
    source: str


def cases() -> list[Case]:
    return [Case(*row) for row in rows(TABLE)[1:]]


def heard(text: str, language: str) -> str:
    """Text as it is compared: what makes no difference to the ear (case, punctuation, hyphens) taken out.

    White space counts in English alone, though not between letters that are said one by one.
    """
    kept = "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in text.casefold().replace("'", ""))
    if language == "en":
        return re.sub(r"\b(\w) (?=\w\b)", r"\1", " ".join(kept.split()))
    return "".join(kept.split())


def readings(case: Case) -> set[str]:
    """Every reading of the table's line, as it is heard."""
    found = set()
    for one in case.expected.split(" // "):
        optional = [("", m) for m in re.findall(r"\[(\w+)\]", one)]
        for chosen in product(*optional):
            words = iter(chosen)
            found.add(heard(re.sub(r"\[\w+\]", lambda _, words=words: next(words), one), case.language))
    return found


def passes(case: Case) -> bool:
    return heard(normalise(case.text, case.language), case.language) in readings(case)


REASONS = {  # why a case fails, and is left so
    "A $20 ticket and a 50¢ stamp.": "¢ is read as a sign, so it does not know that it stands before a noun.",
    "你好 WeTextProcessing 1.0，简直666，9和10": "666 as slang is digit by digit, as a number it is not: a rule would "
    "misread real counts.",
    "記録は1:02:33です。": "hours, minutes and seconds are taken for a time of day; write 1時間2分33秒.",
}
GROUPS = ("en", "zh", "ja", "ko", "yue", "mixed")


def group(case: Case) -> str:
    return "mixed" if case.category.startswith("mixed") else case.language


def section() -> str:
    """The generated part of the page: what passes by group, what does not and why."""
    lines = ["| language | cases | pass |", "| --- | --- | --- |"]
    table = cases()
    for name in GROUPS:
        own = [case for case in table if group(case) == name]
        lines.append(f"| {name} | {len(own)} | {sum(map(passes, own))} |")
    right = sum(map(passes, table))
    lines += [f"| all | {len(table)} | {right} ({right / len(table):.1%}) |", ""]
    lines += ["| language | text | expected | given | why |", "| --- | --- | --- | --- | --- |"]
    for case in table:
        if not passes(case):
            given = normalise(case.text, case.language)
            lines.append(
                f"| {case.language} | {case.text} | {case.expected} | {given} | {REASONS.get(case.text, '?')} |"
            )
    return "\n".join(lines) + "\n"


def test_the_table_is_as_large_and_as_broad_as_it_says():
    table = cases()
    sizes = Counter(map(group, table))
    assert len(table) >= 400
    assert sizes["zh"] >= 120
    assert sizes["en"] >= 120
    assert sizes["ja"] >= 60
    assert sizes["mixed"] >= 50
    assert sizes["ko"] + sizes["yue"] >= 50
    assert len({(case.language, case.text) for case in table}) == len(table)
    assert all(all(case) for case in table)


def test_nearly_all_cases_are_read_as_expected():
    table = cases()
    assert sum(map(passes, table)) >= AT_LEAST * len(table)


def test_the_page_tells_the_truth():
    _, generated, _ = re.split("|".join(MARKS), PAGE.read_text("utf-8"))
    assert generated == section(), "run: python -m tests.unit.test_normalise_table"
    assert "| ? |" not in generated


def test_what_is_read_differently_by_ear_is_different_in_a_comparison():
    assert heard("Nine A M.", "en") == heard("nine AM", "en") != heard("nine P M", "en")
    assert readings(Case("en", "", "a hundred [and] one // one-oh-one", "", "")) == {
        "a hundred and one",
        "a hundred one",
        "one oh one",
    }


def test_two_hundred_sentences_a_second():
    table = cases()
    section()  # what is loaded at first use is loaded
    normalise.cache_clear()
    begin = time.process_time()
    for case in table:
        normalise(case.text, case.language)
    assert len(table) / (time.process_time() - begin) >= 200


def test_a_voice_has_a_sound_for_every_case():
    voice = load_frontend(Catalogue.load().bundle("kokoro"))
    spoken = ("en", "zh", "ja")
    table = [case for case in cases() if case.language in spoken and not re.search("[가-힣]", case.text)]
    for case in table[::4]:
        assert voice.prepare(case.text, case.language)


if __name__ == "__main__":
    before, _, after = re.split("|".join(MARKS), PAGE.read_text("utf-8"))
    PAGE.write_text(before + MARKS[0] + section() + MARKS[1] + after, "utf-8")
