"""Marp and reveal.js decks: speaker notes are spoken, slides are not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NarrationError
from producer import readers
from producer.errors import LessonError
from producer.readers.formats import format_of

MARP = """---
marp: true
theme: gaia
style: |
  section { color: red }
title: A deck
language: en
---

<!-- class: lead -->
# <!-- fit --> Leaves

Not spoken.

<!--
Notes of the **first** slide.

    goes on
-->

---

```html
<!-- not a note -->
```

---

# Third <!-- inline note -->

<!-- _backgroundColor: aqua -->
<!-- Note: remember.

- one
- two -->
"""
REVEAL = """<!doctype html>
<html lang="en"><head><title>Sea &amp; sky</title><style>.reveal { a: b }</style></head><body>
<div class="reveal"><div class="slides">
<section data-notes="From the attribute."><h1>Not spoken</h1></section>
<section>
  <section>Vertical <aside class="notes">First <b>vertical</b>
    note. <p>Second &lt;one&gt;.<br>Third.</p> [pause 1s]
  </aside></section>
  <section>none</section>
</section>
<section data-visibility="hidden">x<aside class="notes">secret</aside></section>
<section data-markdown><textarea data-template>
## Slide

Not this.

Note:
Markdown *notes*,
two lines.

---

## Next <b>

---

# Last
<aside class="notes">Aside note.</aside>
</textarea></section>
<section data-markdown="other.md"></section>
<section><aside class="notes" data-markdown>
  - listed
</aside></section>
</div></div>
<script>let a = '<section>';</script></body></html>
"""


@pytest.fixture
def body(tmp_path):
    def body(text: str, name: str):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return readers.read_body(readers.read_lessons(path)[0])

    return body


def test_marp(body):
    found = body(MARP, "deck.md")
    assert [(b.role, b.text, b.line, b.id) for b in found.blocks] == [
        ("paragraph", "Notes of the first slide.", 16, "slide-1"),
        ("paragraph", "goes on", 18, "slide-1"),
        ("paragraph", "inline note", 29, "slide-3"),
        ("paragraph", "Note: remember.", 32, "slide-3"),
        ("list_item", "one", 34, "slide-3"),
        ("list_item", "two", 35, "slide-3"),
    ]
    assert found.notes == ("22: slide 2 without notes",)
    assert found.title == "Leaves"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\nmarp: true\nthem: x\n---\n<!-- a -->", ":3: unknown setting 'them': did you mean 'theme'"),
        ("---\nmarp: true\n---\n# A\n\n<!-- b\n[pause 5] -->", r":7: \[pause 5\] is no pause"),
        ("---\nmarp: true\n---\n# A\n", "nothing to speak in this lesson .4: slide 1 without notes"),
        ("---\nmarp: false\n---\n# A\n", ":2: unknown setting 'marp'"),
    ],
)
def test_marp_errors(body, text, message):
    with pytest.raises(LessonError, match=message):
        body(text, "deck.md")


def test_reveal(body):
    found = body(REVEAL, "deck.html")
    assert [(b.role, b.text, b.line, b.id) for b in found.blocks] == [
        ("paragraph", "From the attribute.", 4, "slide-1"),
        ("paragraph", "First vertical note.", 6, "slide-3"),
        ("paragraph", "Second <one>.\nThird.", 7, "slide-3"),
        ("paragraph", "Markdown notes, two lines.", 18, "slide-6"),
        ("paragraph", "Aside note.", 28, "slide-8"),
        ("list_item", "listed", 32, "slide-10"),
    ]
    assert found.notes == (
        "9: slide without notes",
        "11: hidden slide, not spoken",
        "23: slide without notes",
        "30: slides in 'other.md', not spoken",
    )
    assert found.title == "Sea & sky"
    assert found.blocks[2].pauses[0].milliseconds == 1000


def test_other_html_is_no_lesson(tmp_path, body):
    with pytest.raises(LessonError, match=r"x\.html: no reveal\.js deck"):
        body("<p>Hello.</p>", "x.html")
    (tmp_path / "deck.html").write_text(REVEAL)
    assert readers.find_lessons([tmp_path]) == [tmp_path / "deck.html"]


def test_reveal_errors(body):
    with pytest.raises(LessonError, match=r":2: \[pause 5\] is no pause"):
        body('<div class=reveal><section><aside class="notes">a\n[pause 5]</aside>', "x.html")
    with pytest.raises(LessonError, match=r"separator '.' is no pattern"):
        body('<div class=reveal><section data-markdown data-separator="("></section>', "x.html")


FRAGMENTS = [
    "<section>", "</section>", '<aside class="notes">', "</aside>", "<section data-markdown>", "<textarea>", "a", "\n",
    "</textarea>", "---\n", "Note:", "<!--", "-->", "<![", "<br>", "&#1;", "<p", '<section data-notes="b">', "你。",
    "class: x",
]  # fmt: skip


@pytest.mark.parametrize("name", ["fuzz.html", "fuzz.md"])
@settings(max_examples=150, deadline=None)
@given(words=st.lists(st.sampled_from(FRAGMENTS), max_size=30))
def test_only_our_errors_come_out(tmp_path_factory, name, words):
    path = tmp_path_factory.getbasetemp() / name
    text = ("<div class=reveal>" if name == "fuzz.html" else "---\nmarp: true\n---\n") + "".join(words)
    try:
        found = readers.read_body(*format_of(path).reader().read(path, text.encode()))
    except NarrationError:
        return
    assert all(1 <= block.line <= text.count("\n") + 1 for block in found.blocks)
