"""Every letter and digit of a source is in its segments' captions, in order, whatever stands around it.

A new reader is one more line in FORMATS: how a word is written in it, and what may stand around words.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pptx import Presentation

from models.text.segment_cuts import LIMIT, width
from producer import readers
from producer.lessons.model import Body
from producer.plan.cut import cut_block
from producer.readers.formats import format_of


@dataclass(frozen=True)
class Format:
    """How a word is ``written`` as plain text of the format, what it may stand in, and what surrounds all of it."""

    suffix: str
    written: Callable[[str], str]
    around: tuple[str, ...]
    whole: str = "{}"
    timed: bool = False  # "CUE" in what surrounds words is a cue's times


def _markdown(word: str) -> str:
    return re.sub(r"(?<=\d)([.)])", r"\\\1", word)  # no number of a list


# What words and marks become side by side, and is noted instead of spoken: a picture, a formula with a command.
UNSPOKEN = re.compile(r"!\[|\$[^$]*\\[.)][^$]*\$")

FORMATS = (
    Format(".md", _markdown, (
        "{}", "{} ", "{}\n", "{}\n\n", "\n\n# {}\n\n", "\n\n- {}\n", "\n\n1. {}\n\n", "\n\n> {}\n\n", "**{}**",
        " *{}* ", "[{}](https://example.com)", "~~{}~~", "{} [pause 1s] ", "{}<br>", "<b>{}</b>", "\n\n[voice x]\n\n{}",
        "\n\n| {} | {} |\n|---|---|\n| {} | {} |\n\n", "{}<!-- c -->", "`{}`", "{}\\\n",
        " $<!-- c -->$ ",
    )),
    Format(".txt", str, (
        "{}", "{} ", "{}\n", "{}\n\n", "{} [pause 1s] ", "\n\n[voice x]\n{}\n", "  {}\n\t{}", "[{}]", "\\[{}",
    )),
    Format(".csv", lambda word: word.replace('"', '""'), (
        "{}", "{} ", "{}\n", "{}\n\n", '"\nx,"{}', "[{}]", "{} [pause 1s] ",
    ), 'voice,text\nx,"start {}"'),
    Format(".jsonl", lambda word: json.dumps(word)[1:-1], (
        "{}", "{} ", "{}\\n", "{}\\n\\n", '"}\n{"text": "{}', "[{}]", "{} [pause 1s] ",
    ), '{"text": "start {}"}'),
    Format(".ssml", escape, (
        "{}", "{} ", "{}\n", "<p>{}</p>", "<s>{}</s>", "<p><s>{}</s><s>{}</s> {}</p>", "{}<break/>",
        "{}<mark name='m'/>", "<emphasis>{}</emphasis>", " <emphasis level='strong'>{}</emphasis> ",
        "<prosody rate='fast'>{} {}</prosody>", "<voice name='x'>{}</voice>", "<lang xml:lang='zh'>{} </lang>",
        "<sub alias='say'>{}</sub>",
        "<!-- c -->{}",
        "<phoneme ph='a'>{}</phoneme>", "<odd>{}</odd>", "<![CDATA[{}]]>", "<metadata> </metadata>{}",
        "<voice name='x'><p>{}<prosody volume='loud'>{}</prosody></p>{}</voice>", "({}<emphasis>{}</emphasis>)",
    ), "<speak xml:lang='en'>start {}</speak>"),
    Format(".md", _markdown, (
        "{}", "{} ", "{}\n", "{}\n\n", "**{}**", "\n\n- {}\n", "{} [pause 1s] ", "{}\n-->\n\n# -\n\n---\n\n<!--\n{}",
        "{}-->\n<!-- {}", "\n\n1. {}\n\n",
    ), "---\nmarp: true\n---\n\n# -\n\n<!-- start {} -->\n"),
    Format(".html", lambda word: escape(word, {'"': "&quot;"}), (
        "{}", "{} ", "{}\n", "<p>{}</p>", "<b>{}</b>", "<ul><li>{}</li><li>{}</li></ul>", "{}<!-- c -->", "{}<br>",
        '</aside></section>\n<section><h1>-</h1><aside class="notes">{}',
        '</aside></section>\n<section data-notes="{}"><aside class="notes">{}',
    ), '<div class="reveal"><section><aside class="notes">start {}</aside></section></div>'),
    Format(".vtt", escape, (
        "{}", "{} ", "{}\n", "<i>{}</i>", "<v Anna>{}", "<c.loud>{}</c> ", "\n\nCUE\n{}", "\n\nNOTE c\n\nname\nCUE\n{}",
    ), "WEBVTT\n\nCUE\nstart {}", timed=True),
    Format(".srt", str, (
        "{}", "{} ", "{}\n", "<b>{}</b>", "{\\an8}{}", '<font color="red">{}</font>', "\n\n2\nCUE\n{}",
    ), "1\nCUE\nstart {}", timed=True),
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
    source = form.whole.replace("{}", source) if form.whole != "{}" else "w" + source
    assume(form.suffix != ".md" or not UNSPOKEN.search(source))
    if form.timed:
        seconds = itertools.count()
        source = re.sub("CUE", lambda _: f"00:00:{next(seconds):02}.000 --> 00:00:{next(seconds):02}.000", source)
    path = Path(f"course/lesson{form.suffix}")
    (lesson,) = format_of(path).reader().read(path, source.encode())
    check(readers.read_body(lesson), expected)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(notes=st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_letter_and_digit_of_a_deck_is_in_a_caption(tmp_path: Path, notes: list[list[str]]) -> None:
    deck = Presentation()
    for paragraphs in [["start"], *notes]:
        deck.slides.add_slide(deck.slide_layouts[6]).notes_slide.notes_text_frame.text = "\n".join(paragraphs)
    deck.save(str(tmp_path / "deck.pptx"))
    (lesson,) = readers.read_lessons(tmp_path / "deck.pptx")
    check(readers.read_body(lesson), "start" + "".join(itertools.chain(*notes)))


def check(body: Body, expected: str) -> None:
    cut = [one.written for block in body.blocks for one in cut_block(block, "en")]
    assert said("".join(piece.text for piece in cut)) == said(expected)
    assert all(width(piece.text) <= 2 * LIMIT for piece in cut)
