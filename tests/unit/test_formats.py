"""Formats of lesson files: a line each in a table, from which everything else follows."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from producer.errors import LessonError
from producer.http.submission import LessonText
from producer.readers.formats import BY_NAME, BY_SUFFIX, FORMATS, Format, format_of

DOCS = Path(__file__).parents[2] / "docs" / "lessons.md"


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_has_a_reader(form: Format) -> None:
    reader = form.reader()
    assert callable(reader.read)
    assert callable(reader.body)
    assert callable(getattr(reader, "is_lesson", None)) == form.mixed


def test_no_two_formats_share_a_name_or_a_suffix() -> None:
    assert len(BY_NAME) == len(FORMATS)
    assert len(BY_SUFFIX) == sum(len(form.suffixes) for form in FORMATS)


def test_suffixes_are_those_of_any_case() -> None:
    assert format_of(Path("DECK.PPTX")).name == "pptx"
    with pytest.raises(LessonError, match=r"no reader for '.doc': .md, .markdown, .txt, "):
        format_of(Path("deck.doc"))


def test_the_api_takes_every_format_that_is_text() -> None:
    accepted = get_args(LessonText.model_fields["format"].annotation)
    assert set(accepted) == {form.name for form in FORMATS if form.text}


def test_the_docs_list_every_format() -> None:
    text = DOCS.read_text("utf-8")
    table = "".join(line for line in text.splitlines() if line.startswith("|"))
    assert [form.name for form in FORMATS if f"`{form.suffixes[0]}`" not in table] == []
