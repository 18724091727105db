"""Every letter and digit of a source is in its segments' captions, in order, whatever stands around it.

A new reader is one more line in FORMATS: how a word is written in it, and what may stand around words.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.segment import LIMIT, width
from producer import readers
from producer.draft import parts


@dataclass(frozen=True)
class Format:
    """How a word is ``written`` as plain text of the format, what it may stand in, and what surrounds all of it."""

    suffix: str
    written: Callable[[str], str]
    around: tuple[str, ...]
    whole: str = "{}"


def _markdown(word: str) -> str:
    return re.sub(r"(?<=\d)([.)])", r"\\\1", word)  # no number of a list


FORMATS = (
    Format(".md", _markdown, (
        "{}", "{} ", "{}\n", "{}\n\n", "\n\n# {}\n\n", "\n\n- {}\n", "\n\n1. {}\n\n", "\n\n> {}\n\n", "**{}**",
        " *{}* ", "[{}](https://example.com)", "~~{}~~", "{} [pause 1s] ", "{}<br>", "<b>{}</b>", "\n\n[voice x]\n\n{}",
        "\n\n| {} | {} |\n|---|---|\n| {} | {} |\n\n", "{}<!-- c -->", "`{}`", "{}\\\n",
    )),
    Format(".txt", str, (
        "{}", "{} ", "{}\n", "{}\n\n", "{} [pause 1s] ", "\n\n[voice x]\n{}\n", "  {}\n\t{}", "[{}]", "\\[{}",
    )),
    Format(".csv", lambda word: word.replace('"', '""'), (
        "{}", "{} ", "{}\n", "{}\n\n", '"\nx,"{}', "[{}]", "{} [pause 1s] ",
    ), 'voice,text\nx,"start {}"'),
    Format(".jsonl", lambda word: json.dumps(word)[1:-1], (
        "{}", "{} ", "{}\\n", "{}\\n\\n", '"}\n{"text": "{}', "[{}]", "{} [pause 1s] ",
    ), '{{"text": "start {}"}}'),
    Format(".ssml", escape, (
        "{}", "{} ", "{}\n", "<p>{}</p>", "<s>{}</s>", "<p><s>{}</s><s>{}</s> {}</p>", "{}<break/>",
        "{}<mark name='m'/>", "<emphasis>{}</emphasis>", " <emphasis level='strong'>{}</emphasis> ",
        "<prosody rate='fast'>{} {}</prosody>", "<voice name='x'>{}</voice>", "<lang xml:lang='zh'>{} </lang>",
        "<sub alias='say'>{}</sub>",
        "<!-- c -->{}",
        "<phoneme ph='a'>{}</phoneme>", "<odd>{}</odd>", "<![CDATA[{}]]>", "<metadata> </metadata>{}",
        "<voice name='x'><p>{}<prosody volume='loud'>{}</prosody></p>{}</voice>", "({}<emphasis>{}</emphasis>)",
    ), "<speak xml:lang='en'>start {}</speak>"),
)  # fmt: skip

LETTERS = "abcXYZéñßΩж09７ªⅣ你好漢字かなカナ한글㐀𠀀\u0301ﬁ"
MARKS = ",.;:!?'\"()%$€。，！？、「」『』“”…—·🎉👍🏽\u200b\u00ad"
WORDS = st.one_of(
    st.text(st.sampled_from(LETTERS + MARKS), min_size=1, max_size=8),
    st.text(st.sampled_from(LETTERS), min_size=1, max_size=3).map(lambda text: text * 120),
)


def said(text: str) -> str:
    """What must not disappear: letters and digits; accents may join the letter before them."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if c.isalnum())


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_every_letter_and_digit_is_in_a_caption(form: Format, data: st.DataObject) -> None:
    source, expected = "", "start" if form.whole != "{}" else "w"
    for around in data.draw(st.lists(st.sampled_from(form.around), min_size=1, max_size=12)):
        words = [data.draw(WORDS) for _ in range(around.count("{}"))]
        if any(not said(word) for word in words) and re.search("sub|phoneme", around):
            continue  # a reading of nothing is an error
        written = iter(words if "CDATA" in around or "`" in around else map(form.written, words))
        source += re.sub(r"\{\}", lambda _, written=written: next(written), around)
        expected += "".join(words)
    source = form.whole.format(source) if form.whole != "{}" else "w" + source
    path = Path(f"course/lesson{form.suffix}")
    (lesson,) = readers.reader_of(path).read(path, source.encode())
    body = readers.body(lesson)
    cut = [piece for block in body.blocks for piece, _, _ in parts(block, "en")]
    assert said("".join(piece.text for piece in cut)) == said(expected)
    assert all(width(piece.text) <= 2 * LIMIT for piece in cut)
