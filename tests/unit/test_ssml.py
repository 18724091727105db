"""SSML lessons: tags and their effect, errors with line and column, what is refused, white space and lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NarrationError
from models.text.normalise.say_as import DATE_FORMATS, KINDS, TIME_FORMATS
from producer import readers
from producer.errors import LessonError
from producer.lessons.model import Body, Lesson, Mark, Pause, Reading, Voicing
from producer.readers.ssml import values
from producer.readers.ssml.tags import ATTRIBUTES

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def head(tmp_path):
    def head(text: str | bytes, name: str = "01 Intro.ssml") -> Lesson:
        path = tmp_path / "My Course" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return readers.read_lessons(path)[0]

    return head


@pytest.fixture
def body(head):
    return lambda inside: readers.read_body(head(f'<speak xml:lang="en">{inside}</speak>'))


def spoken(body: Body) -> list[tuple[str, str]]:
    return [(block.text, block.role) for block in body.blocks]


def test_the_head(head):
    lesson = head(
        '<?xml version="1.0" encoding="UTF-8"?>\n<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" '
        'xml:lang="zh-CN">\n<metadata><rdf:x><dc:title>光 &amp;\n 水</dc:title></rdf:x></metadata>你好</speak>'
    )
    assert (lesson.course, lesson.id, lesson.title) == ("my-course", "01-intro", "光 & 水")
    assert lesson.options.language == "zh"
    assert head('<speak><meta name="title" content="One"/>Hi</speak>').title == "One"
    assert head("<speak>Hi <metadata><title>no</title></metadata></speak>").title is None


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en", "en"), ("en-GB", "en"), ("zh-Hans-CN", "zh"), ("cmn-CN", "zh"), ("zh-HK", "yue"), ("zh-Hant-MO", "yue"),
     ("yue", "yue"), ("JA_jp", "ja"), ("ko-KR", "ko")],
)  # fmt: skip
def test_languages(head, tag, language):
    assert head(f'<speak xml:lang="{tag}">Hi</speak>').options.language == language


def test_paragraphs_and_sentences_are_boundaries(body):
    found = body("Loose. <p>One. Two.</p><p><s>Dr. Lee came. He sat.</s>\n<s>Three</s></p> After")
    assert spoken(found) == [
        ("Loose.", "paragraph"), ("One. Two.", "paragraph"), ("Dr. Lee came. He sat.", "sentence"),
        ("Three", "paragraph"), ("After", "paragraph"),
    ]  # fmt: skip
    assert [block.whole for block in found.blocks] == [False, False, True, True, False]


def test_white_space_and_lines(head):
    found = readers.read_body(
        head("<speak xml:lang='en'>\n\n one\n  <mark name='m'/> two\n植物\n需要\nlight\n</speak>")
    )
    block = found.blocks[0]
    assert block.text == "one two 植物需要 light"
    assert [block.line_at(block.text.index(word)) for word in ("one", "two", "植物", "需要", "light")] == [
        3,
        4,
        5,
        6,
        7,
    ]


def test_what_looks_like_a_markdown_mark_is_text(body):
    assert spoken(body("[pause 1s] # no *star*")) == [("[pause 1s] # no *star*", "paragraph")]


@pytest.mark.parametrize(
    ("tag", "milliseconds"),
    [('time="500ms"', 500), ('time="1.5s"', 1500), ('time=".25s"', 250), ("", 400), ('strength="x-weak"', 100),
     ('strength="x-strong"', 1200), ('strength="weak" time="2s"', 2000)],
)  # fmt: skip
def test_breaks(body, tag, milliseconds):
    assert body(f"One <break {tag}/> two").blocks[0].pauses == (Pause(3, milliseconds),)


def test_breaks_between_blocks_and_breaks_that_are_none(body):
    assert body("<p>One.</p><break time='2s'/><p>Two.</p>").blocks[0].pauses == (Pause(4, 2000),)
    assert body("One <break strength='none'/> two").blocks[0].pauses == ()
    assert "before the first words" in str(body("<break/>One").refused[0])


@pytest.mark.parametrize(
    ("attributes", "rate", "gain"),
    [('rate="slow"', 750, 0), ('rate="80%"', 800, 0), ('rate="-20%"', 800, 0), ('rate="+10%"', 1100, 0),
     ('rate="1.2"', 1200, 0), ('volume="+6dB"', 1000, 600), ('volume="-2.5db"', 1000, -250),
     ('volume="x-soft"', 1000, -1200), ('rate="fast" volume="loud"', 1300, 300)],
)  # fmt: skip
def test_prosody(body, attributes, rate, gain):
    assert body(f"<prosody {attributes}>One</prosody>").blocks[0].voicing == Voicing(rate=rate, gain=gain)


def test_nested_prosody(body):
    found = body('<prosody rate="50%" volume="+2dB">a <prosody rate="50%" volume="-6dB">b</prosody> '
                 '<prosody rate="fast" volume="medium">c</prosody></prosody> d')  # fmt: skip
    assert [(b.text, b.voicing.rate, b.voicing.gain) for b in found.blocks] == [
        ("a", 500, 200), ("b", 250, -400), ("c", 1300, 0), ("d", 1000, 0),
    ]  # fmt: skip


def test_a_change_inside_a_sentence_keeps_its_marks_of_punctuation_and_goes_on(body):
    found = body(
        'I (<emphasis level="strong">really</emphasis>), honestly <emphasis>like</emphasis>\nit<emphasis>!</emphasis>'
    )
    assert spoken(found) == [("I", "clause"), ("(really),", "clause"), ("honestly", "clause"), ("like", "clause"),
                             ("it !".replace(" ", ""), "paragraph")]  # fmt: skip
    assert [(b.voicing.rate, b.voicing.gain) for b in found.blocks][1:4:2] == [(880, 200), (940, 100)]


def test_signs_without_sound_stay_with_the_words_before_them(body):
    found = body("<p>Say <emphasis>one</emphasis> — 🎉</p><p>🎉</p>Two")
    assert spoken(found) == [("Say", "clause"), ("one — 🎉", "paragraph"), ("Two", "paragraph")]
    assert found.notes == ("1: no letter or digit, not spoken",)


def test_voices_and_languages(body):
    found = body('<voice name="af_heart other">One <lang xml:lang="zh-CN">二。</lang></voice><p xml:lang="ja">三。</p>'
                 '<voice xml:lang="en">Four.</voice>')  # fmt: skip
    assert [(b.text, b.voicing) for b in found.blocks] == [
        ("One", Voicing("af_heart")), ("二。", Voicing("af_heart", language="zh")),
        ("三。", Voicing(language="ja")), ("Four.", Voicing()),
    ]  # fmt: skip


def test_no_change_makes_no_cut(body):
    assert len(body('<lang xml:lang="en-US">One</lang> <prosody rate="medium">two</prosody> three').blocks) == 1


def test_readings(body):
    block = body('Say <sub alias="World  Wide Web">W 3\nC</sub>, <phoneme ph="təˈmeɪtoʊ">tomato</phoneme>'
                 ' or <say-as interpret-as="ordinal">21</say-as>.').blocks[0]  # fmt: skip
    assert block.text == "Say W 3 C, tomato or 21."
    assert block.readings == (
        Reading(4, 9, words="World Wide Web"), Reading(11, 17, ipa="təˈmeɪtoʊ"), Reading(21, 23, words="twenty-first"),
    )  # fmt: skip


def test_say_as_is_read_in_the_language_around_it(body, head):
    date = '<say-as interpret-as="date" format="dmy">3.5.2024</say-as>'
    assert body(f'<lang xml:lang="zh">{date}</lang>').blocks[0].readings[0].words == "二零二四年五月三日"
    assert readers.read_body(head(f"<speak>现在是 {date}</speak>")).blocks[0].readings[0].words == "二零二四年五月三日"


def test_marks(body):
    found = body(
        '<mark name="a"/>One <mark name="b"/>two.<p><mark name="c"/></p><p>Three<mark name="d"/></p><mark name="e"/>'
    )
    assert [b.marks for b in found.blocks] == [
        (Mark(0, "a"), Mark(3, "b")), (Mark(0, "c"), Mark(5, "d"), Mark(5, "e")),
    ]  # fmt: skip


def test_comments_instructions_and_cdata(body):
    assert spoken(body("<!-- no --><?x no?>One<![CDATA[ <two> & ]]>&lt;3&#33;")) == [("One <two> & <3!", "paragraph")]


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("\n a <bogus>b</bogus>", ":2: column 4: unknown tag <bogus>: known are speak, p, s"),
        ('<prosody pitch="high">x</prosody>', ":1: column 22: pitch of <prosody> has no effect here"),
        ("中文<audio src='x'/>", ":1: column 24: unknown tag <audio>"),
        ('x <say-as interpret-as="currency">$3</say-as>', "column 24: interpret-as 'currency' is unknown"),
        ('x <phoneme alphabet="x-sampa" ph="a">b</phoneme>', "alphabet 'x-sampa' is unknown: write IPA"),
        ('<voice gender="female">x</voice>', "gender of <voice> has no effect"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_its_text_kept(body, inside, message):
    found = body(inside)
    assert message in str(found.refused[0])
    assert found.blocks


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('\n<say-as interpret-as="cardinal">abc</say-as>', ":2: column 1: cardinal: 'abc' is no number"),
        ('<say-as interpret-as="date" format="xyz">1</say-as>', "unknown date format 'xyz'"),
        ("<say-as>1</say-as>", "<say-as> needs interpret-as"),
        ("<sub>x</sub>", "<sub> needs alias"),
        ('<sub alias=" ">x</sub>', "alias of <sub> has 1 to 1000 characters"),
        ('<sub alias="y"> </sub>', "<sub> has no text"),
        ('<sub alias="y">a<mark name="m"/></sub>', "<mark> inside <sub>, which takes text alone"),
        ("<mark/>x", "<mark> needs name"),
        ("<lang>x</lang>", "<lang> needs xml:lang"),
        ('<lang xml:lang="fr">x</lang>', "unknown language 'fr': known are en, zh"),
        ('a <break time="5"/>', "time '5' is no pause"),
        ('a <break time="-1s"/>', "time '-1s' is no pause"),
        ('a <break time="301s"/>', "time '301s' is no pause"),
        ('a <break strength="long"/>', "strength 'long' is none of none, x-weak"),
        ('<prosody rate="quick">x</prosody>', "rate 'quick' is none of"),
        ('<prosody rate="nan">x</prosody>', "rate 'nan'"),
        ('<prosody rate="500%">x</prosody>', "a rate of 5 is not from 0.25 to 4"),
        ('<prosody volume="silent">x</prosody>', "would leave words out"),
        ('<prosody volume="80">x</prosody>', "volume '80' is none of"),
        ('<prosody volume="+20dB">x</prosody>', "a volume of +20dB is not from -40dB to +12dB"),
        ('<emphasis level="huge">x</emphasis>', "level 'huge' is none of"),
        ("<p>a<p>b</p></p>", "<p> inside <p>"),
        ("<s>a<p>b</p></s>", "<p> inside <s>"),
        ("a<speak>b</speak>", "<speak> inside <speak>"),
        ("a & b", "not well-formed XML.*write & as &amp;"),
        ("a &nbsp; b", "not well-formed XML.*write the character itself"),
        ("<p>a</s>", ":1: column 28: this is not well-formed XML: mismatched tag"),
        ("<p>" * 200, "nested more than 100 deep|inside <p>"),
        ("<emphasis level='none'>" * 200, "nested more than 100 deep"),
        ("...", "nothing to speak"),
    ],
)  # fmt: skip
def test_errors(body, inside, message):
    with pytest.raises(LessonError, match=message.replace("+", r"\+")):
        body(inside)


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE speak [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><speak>&b;</speak>',
        '<!DOCTYPE speak SYSTEM "http://127.0.0.1:9/x.dtd"><speak>x</speak>',
        '<!DOCTYPE speak [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>',
        '<?xml version="1.0"?>\n<!DOCTYPE speak PUBLIC "-//W3C//DTD SYNTHESIS 1.0//EN" "s.dtd"><speak>x</speak>',
    ],
)
def test_document_types_are_refused(head, document):
    with pytest.raises(LessonError, match=r":[12]: column \d+: a document type .* is refused"):
        head(document)


@pytest.mark.parametrize("document", ["", "plain text", "<p>x</p>", "<speak>x", "<speak/>", "<speak>x</speak><speak/>"])
def test_no_ssml(head, document):
    with pytest.raises(LessonError):
        readers.read_body(head(document))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(head, encoding):
    text = f'<?xml version="1.0" encoding="{encoding[:6].rstrip("-")}"?>\r\n<speak xml:lang="zh">\r\n你好</speak>'
    assert readers.read_body(head(text.encode(encoding))).blocks[0].line == 3
    declared = '<?xml version="1.0" encoding="iso-8859-1"?><speak>é a</speak>'.encode("latin-1")
    assert readers.read_body(head(declared)).blocks[0].text == "é a"


def test_megabytes(body):
    assert len(body("<p>" + "word " * 200_000 + "</p>").blocks[0].text) == 999_999
    assert body(f'<mark name="m" xml:id="{"x" * 1_000_000}"/>a').blocks[0].marks


PARTS = (
    "<p>", "</p>", "<s>", "</s>", "<break/>", '<break time="1s"/>', '<emphasis level="strong">', "</emphasis>",
    '<prosody rate="80%">', '<prosody volume="+3dB">', "</prosody>", '<voice name="a">', "</voice>", '<mark name="m"/>',
    '<sub alias="x">', "</sub>", '<say-as interpret-as="characters">', '<say-as interpret-as="date" format="ym">',
    "</say-as>", '<lang xml:lang="zh">', "</lang>", '<phoneme ph="a">', "</phoneme>", "<odd>", "</odd>", "<metadata>",
    "</metadata>", "&amp;", "&#x41;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "word", " ", "\n", "1", "2026-05", "。",
    "你", ".", "!", "(", ")", "🎉", "'", '"', "<", ">", "<!DOCTYPE x>", "<speak>", "</speak>", "\u0301", "\u200b",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=30))
def test_only_our_errors_come_out(parts):
    check("<speak>" + "".join(parts) + "</speak>")


def check(text: str) -> None:
    lesson = Lesson(course="c", id="l", path=Path("fuzz.ssml"), digest="", text=text)
    try:
        found = readers.read_body(lesson)
    except NarrationError:
        return
    for block in found.blocks:
        assert block.text == block.text.strip()
        assert 1 <= block.line <= block.line_at(len(block.text)) <= text.count("\n") + 1
        assert all(0 <= reading.start < reading.end <= len(block.text) for reading in block.readings)
        assert all(0 <= place.offset <= len(block.text) for place in (*block.pauses, *block.marks))


def test_the_examples_of_the_docs(head):
    examples = re.findall(r"```xml\n(.*?)```", (ROOT / "docs/ssml.md").read_text("utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        found = readers.read_body(head(example))
        assert not found.refused
        assert len(found.blocks) > 4
        assert any(block.readings for block in found.blocks)


def test_the_docs_name_every_tag_and_value():
    text = (ROOT / "docs/ssml.md").read_text("utf-8")
    for tag in ATTRIBUTES:
        assert re.search(rf"<{tag}[ >]", text), tag
    for name in (*KINDS, *DATE_FORMATS, *TIME_FORMATS, *values.EMPHASIS):
        assert f"`{name}`" in text, name
    for name, rate in values.RATES.items():
        assert rate == 1000 or f"`{name}` {rate / 1000:g}" in text, name
    for name, gain in values.VOLUMES.items():
        assert gain == 0 or re.search(rf"`{name}` \{'+' if gain > 0 else '-'}{abs(gain) // 100}\b", text), name
    for name, milliseconds in values.BREAKS.items():
        assert re.search(rf"`{name}` {milliseconds}\b", text), name
    for name, (rate, gain) in values.EMPHASIS.items():
        assert name == "none" or re.search(
            rf"`{name}` [^`]*{rate / 1000:g}[^`]*{re.escape(f'{gain / 100:+g}')} dB", text
        ), name
