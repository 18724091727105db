"""Finding a lexicon's words, reading its files, and what it does to a course."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.lexicon import Lexicon, LexiconEntry
from producer.errors import LessonError
from producer.lessons.model import Block, Pause, Reading, Voicing
from producer.lessons.options import NarrationOptions
from producer.lexicon import apply_lexicon, lexicon_of, read_lexicon
from tests.unit.test_plan import TINY, Desk
from worker.contract.messages import Respelling


def found(text: str, *entries: LexiconEntry, language: str = "en") -> list[str]:
    return [
        f"{text[start:end]}={entry.say}"
        for start, end, entry in Lexicon(entries).find(text, lambda _: language)
    ]  # fmt: skip


def words(**said: str) -> list[LexiconEntry]:
    return [LexiconEntry(word, say) for word, say in said.items()]


# --- matching


@pytest.mark.parametrize(
    ("written", "text", "matches"),
    [
        # whole words
        ("kubectl", "kubectl, (kubectl) kubectl-x: kubectl.", ["kubectl"] * 4),
        ("kubectl", "kubectls xkubectl kubectl2 kubectl_x _kubectl", []),
        ("kubectl", "kubectl's and kubectl’s", []),
        ("node", "node.js a.node x@node node. 'node'", ["node"] * 2),
        ("node.js", "node.js, Node.js!", ["node.js", "Node.js"]),
        ("caf\u00e9", "cafe\u0301, café cafés", ["cafe\u0301", "café"]),
        ("cafe", "cafe\u0301", []),
        ("O'Reilly", "O’Reilly O'Reilly", ["O’Reilly", "O'Reilly"]),
        # case
        ("kubectl", "Kubectl KUBECTL", ["Kubectl", "KUBECTL"]),
        ("US", "US us Us", ["US"]),
        ("Polish", "Polish polish POLISH", ["Polish"]),
        ("ﬃ", "ﬃ", ["ﬃ"]),
        ("straße", "Straße İstanbul straße", ["Straße", "straße"]),
        # phrases
        ("new york", "New  York, new\tyork, New\nYork, New Yorker", ["New  York", "new\tyork"]),
        # signs
        ("C++", "C++, C++11 and C", ["C++"]),
        (".NET", "Use .NET or ASP.NET", [".NET"]),
        ("℃", "5℃ and ℃", ["℃", "℃"]),
        ("→", "a→b", ["→"]),
        ("R&D", "R&D R&Dx", ["R&D"]),
        # scripts without spaces
        ("重庆", "我在重庆市，重庆。", ["重庆", "重庆"]),
        ("kubectl", "用kubectl部署", ["kubectl"]),
        ("東京", "東京都", ["東京"]),
        ("서울", "서울에서", ["서울"]),
        ("T恤", "一件T恤衫 ST恤", ["T恤"]),
    ],
)
def test_where_a_word_stands(written: str, text: str, matches: list[str]) -> None:
    assert found(text, LexiconEntry(written, "x")) == [f"{match}=x" for match in matches]


def test_the_longest_wins() -> None:
    entries = [
        *words(new="1", york="2"),
        LexiconEntry("new york", "3"),
        LexiconEntry("new york city", "4"),
        LexiconEntry("重", "5"),
    ]
    entries += [LexiconEntry("重庆", "6")]
    assert found("New York City, new york, new 重庆重", *entries) == [
        "New York City=4", "new york=3", "new=1", "重庆=6", "重=5",
    ]  # fmt: skip


def test_case_and_language_and_parts() -> None:
    assert found("us US", LexiconEntry("us", "we"), LexiconEntry("US", "you ess")) == ["us=we", "US=you ess"]
    assert found("Polish polish", LexiconEntry("Polish", "x", case=False)) == ["Polish=x", "polish=x"]
    assert found("lead Lead", LexiconEntry("lead", "x", case=True)) == ["lead=x"]
    assert found("lead", LexiconEntry("lead", "x", language="zh")) == []
    both = [LexiconEntry("lead", "all"), LexiconEntry("lead", "chinese", language="zh")]
    assert found("lead", *both, language="zh") == ["lead=chinese"]
    assert found("lead", *both) == ["lead=all"]
    assert found("microservices", LexiconEntry("micro", "my crow ", part=True)) == ["micro=my crow "]
    assert found("a micro b", LexiconEntry("micro", "x", part=True), LexiconEntry("a", "y")) == ["a=y", "micro=x"]


def test_the_later_of_two_for_the_same_word_replaces_the_earlier() -> None:
    assert found("sql SQL", *words(sql="1"), *words(sql="2")) == ["sql=2", "SQL=2"]
    assert len(Lexicon([*words(sql="1"), *words(SQL="2")])) == 2


ALPHABET = "ab B.'-字 カ👍\n"


@given(
    st.text(ALPHABET, max_size=40),
    st.lists(st.text(ALPHABET, min_size=1, max_size=4).map(str.strip).filter(bool), max_size=6, unique=True),
)
def test_matches_are_in_order_apart_and_of_entries(text: str, written: list[str]) -> None:
    at = 0
    for start, end, entry in Lexicon([LexiconEntry(word, "x") for word in written if "\n" not in word]).find(
        text, lambda _: "en"
    ):
        assert at <= start < end <= len(text)
        at = end
        matched = re.sub(r"\s+", " ", text[start:end])
        assert matched == entry.written if entry.exact else matched.lower() == re.sub(r"\s+", " ", entry.written)


# --- what becomes of a block


def test_marks_of_the_author_win_and_pauses_are_kept() -> None:
    block = Block(
        "kubectl and kubectl, new york", "paragraph", 1, readings=(Reading(0, 7, "mine"),), pauses=(Pause(24, 100),)
    )
    lexicon = Lexicon(
        [
            LexiconEntry("kubectl", "cube control", source="l:2"),
            LexiconEntry("new york", "x"),
            LexiconEntry("york", "yawk"),
        ]
    )
    assert apply_lexicon(lexicon, block, "en").readings == (
        Reading(0, 7, "mine"), Reading(12, 19, "cube control"), Reading(25, 29, "yawk"),
    )  # fmt: skip


def test_the_language_is_that_of_the_sentence() -> None:
    block = Block("The lead is here. 这里的lead很重要，我们必须处理。", "paragraph", 1)
    lexicon = Lexicon([LexiconEntry("lead", "利德", language="zh")])
    assert apply_lexicon(lexicon, block, "en").readings == (Reading(21, 25, "利德"),)
    marked = Block("lead", "paragraph", 1, Voicing(language="zh"))
    assert not apply_lexicon(lexicon, marked, "en").readings  # its one word is English
    english = Lexicon([LexiconEntry("lead", "led", language="en")])
    assert apply_lexicon(english, Block("lead", "paragraph", 1), "en").readings


# --- files


def lexicon(tmp_path: Path, text: str, name: str = "lexicon.toml") -> list[LexiconEntry]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_lexicon(path)


def test_a_lexicon_in_toml(tmp_path: Path) -> None:
    entries = lexicon(
        tmp_path,
        """# of this course
[words]
kubectl = "cube  control"
"node.js" = "node jay ess"
'C#' = { say = "see sharp", part = true, case = true }
"Nguyen" = { ipa = "/ˈŋwɪən/", say = "win" }
"lead" = [
  { say = "led", language = "en" },
  { say = "利德", language = "zh" },
]
""",
    )
    assert entries == [
        LexiconEntry("kubectl", "cube control"),
        LexiconEntry("node.js", "node jay ess"),
        LexiconEntry("C#", "see sharp", case=True, part=True),
        LexiconEntry("Nguyen", "win", "/ˈŋwɪən/"),
        LexiconEntry("lead", "led", language="en"),
        LexiconEntry("lead", "利德", language="zh"),
    ]
    assert [entry.source.rpartition(":")[2] for entry in entries] == ["3", "4", "5", "6", "7", "7"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[words]\nkubectl = "x"\nkubectl = "y"', 3, "this word is in the file already"),
        (
            '[words]\nkubectl = "x"\n"Kubectl" = { say = "y", case = false }',
            3,
            "'Kubectl' is in .*lexicon.toml:2 already",
        ),
        ('[words]\na = ""', 2, "'a': its respelling is empty"),
        ('[words]\na = "—"', 2, "has no letter or digit"),
        ('[words]\na = "a"', 2, "is said as it is written: delete the entry"),
        ('[words]\na = { sya = "b" }', 2, "unknown 'sya': did you mean 'say'"),
        ('[words]\nnode.js = "b"', 2, 'a word with a dot needs quotes: "node.js" = ...'),
        ('[words]\nnaïve = "b"', 2, "a word with other than plain letters needs quotes"),
        ("[words]\na = 3", 2, 'write "a" = "how it is said"'),
        ("[words]\na = { say = 3 }", 2, "say must be a text in quotes"),
        ('[words]\na = { say = "b", case = "yes" }', 2, "case must be true or false"),
        ("[words]\na = { case = true }", 2, "nothing says how"),
        ('[words]\na = { ipa = "12" }', 2, "no phonemes in '12'"),
        ('[words]\na = { say = "b", language = "fr" }', 2, "unknown language 'fr': known are en"),
        ('\n[word]\na = "b"', 2, "unknown 'word': words stand below a line \\[words\\]"),
        ('a = "b"', 1, "unknown 'a': words stand below a line"),
        ('[words]\n"" = "b"', 2, "1 to 100 characters"),
        ('[words]\na = "b', 2, "this is not TOML"),
        ("[words", 1, "this is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(LessonError, match=message) as error:
        lexicon(tmp_path, text)
    assert (error.value.path, error.value.line) == (tmp_path / "lexicon.toml", line)


def test_a_lexicon_in_pls(tmp_path: Path) -> None:
    entries = lexicon(
        tmp_path,
        """<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-GB">
  <meta name="author" content="us"/>
  <lexeme>
    <grapheme>colour</grapheme>
    <grapheme>color</grapheme>
    <phoneme>ˈkɒlə</phoneme>
    <phoneme prefer="true">ˈkʌlə</phoneme>
  </lexeme>
  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias><example>The W3C.</example></lexeme>
</lexicon>""",
        "lexicon.pls",
    )
    assert entries == [
        LexiconEntry("colour", ipa="ˈkʌlə", language="en"),
        LexiconEntry("color", ipa="ˈkʌlə", language="en"),
        LexiconEntry("W3C", "World Wide Web Consortium", language="en"),
    ]
    assert [entry.source.rpartition(":")[2] for entry in entries] == ["5", "6", "10"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<!DOCTYPE lexicon [<!ENTITY a "b">]><lexicon/>', "document type"),
        ("<lexicon><lexeme><grapheme>a</grapheme></lexeme></lexicon>", "how is it said"),
        ("<lexicon><lexeme><alias>a</alias></lexeme></lexicon>", "which word is it"),
        ('<lexicon alphabet="x-sampa"/>', "only ipa is read"),
        ('<lexicon xml:lang="fr"/>', "lessons are in en"),
        ("<speak/>", "PLS begins with lexicon"),
        ("<lexicon><word/></lexicon>", "<lexicon> holds lexeme"),
        ("<lexicon>", "not well-formed"),
    ],
)
def test_what_is_wrong_in_pls(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LessonError, match=message) as error:
        lexicon(tmp_path, text, "lexicon.pls")
    assert error.value.line == 1


@given(st.text('[words]\n"a.b" = {say}"\'\\,<lexeme>é#', max_size=60))
def test_no_file_does_harm(text: str) -> None:
    from producer.lexicon import pls, toml

    for entries in (toml.entries, pls.entries):
        with contextlib.suppress(LessonError):
            entries(Path("l"), text)


def test_the_course_wins_over_everyones(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    everyones = tmp_path / "all.toml"
    everyones.write_text('[words]\nkubectl = "everyones"\nsql = "sequel"')
    assert not len(lexicon_of(tmp_path / "course"))
    (tmp_path / "course" / "lexicon.toml").write_text('[words]\nkubectl = "ours"')
    both = lexicon_of(tmp_path / "course", everyones)
    assert {entry.written: entry.say for entry in both.entries} == {"kubectl": "ours", "sql": "sequel"}
    (tmp_path / "course" / "lexicon.pls").write_text("<lexicon/>")
    with pytest.raises(Exception, match="keep one of them"):
        lexicon_of(tmp_path / "course")


# --- a course


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write("a.md", "# Kubectl\n\nUse kubectl daily. Nothing else.\n")
    made.write("b.md", "Nothing of the kind.\n")
    return made


def entries(made: object) -> dict[str, tuple[str, tuple[Respelling, ...]]]:
    plans = [lesson.plan for lesson in made.lessons if lesson.plan]  # type: ignore[attr-defined]
    return {entry.caption: (entry.segment.text, entry.respelt) for plan in plans for entry in plan.entries}


def test_a_new_word_renders_the_segments_that_say_it_and_no_others(desk: Desk) -> None:
    desk.render(desk.plan())
    assert all(lesson.unchanged for lesson in desk.plan().lessons)
    desk.write("lexicon.toml", '[words]\nkubectl = "cube control"\n')
    again = desk.plan()
    assert not any(lesson.unchanged for lesson in again.lessons)
    assert again.missing == 2
    assert entries(again)["Use kubectl daily."] == (
        "Use cube control daily.", (Respelling(start=4, end=16, written="kubectl"),),
    )  # fmt: skip
    desk.render(again)
    assert all(lesson.unchanged for lesson in desk.plan().lessons)
    desk.write("lexicon.toml", '# in other words\n[words]\n\n"kubectl" = { say = "cube control" }\n')
    assert all(lesson.unchanged for lesson in desk.plan().lessons)  # it says the same
    (desk.root / "lexicon.toml").unlink()
    gone = desk.plan()
    assert gone.missing == 0  # the sound of before is there still
    assert not gone.lessons[0].unchanged


def test_phonemes_give_way_to_a_respelling_where_the_voice_takes_none(desk: Desk) -> None:
    class Characters:
        def symbols(self, ipa: str, written: str, language: str) -> str:
            from models.errors import Unspeakable

            raise Unspeakable("takes respellings, not phonemes")

        def fingerprint(self, language: str) -> str:
            return "0" * 64

    desk.frontend = lambda _: Characters()  # type: ignore[method-assign,assignment,return-value]
    desk.write("lexicon.toml", '[words]\nkubectl = { ipa = "kjub", say = "cube control" }\n')
    assert entries(desk.plan())["Use kubectl daily."][0] == "Use cube control daily."
    desk.write("lexicon.toml", '[words]\n\nkubectl = { ipa = "kjub" }\n')
    made = desk.plan()
    [failure] = made.failures
    assert (failure.path.name, failure.line) == ("a.md", 1)
    assert "'Kubectl' as /kjub/ (" in failure.message
    assert "lexicon.toml:3): takes respellings" in failure.message


def test_a_broken_lexicon_is_named_in_every_lesson_and_everyones_at_once(desk: Desk, tmp_path: Path) -> None:
    path = desk.write("lexicon.toml", "[words]\na = 3\n")
    assert {str(failure) for failure in desk.plan().failures} == {
        f"{path}:2: 'a': write \"a\" = \"how it is said\"",
    }  # fmt: skip
    everyones = tmp_path / "all.toml"
    everyones.write_text("[words]\na = 3\n")
    path.unlink()
    with pytest.raises(LessonError, match=r"all\.toml:2"):
        desk.plan(NarrationOptions(voice="tiny/one", lexicon=everyones))
    assert not desk.plan(TINY).failures


# --- emoji


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("Great👍🏽!", "en", "Great thumbs up medium skin tone!"),
        ("做得好👍。", "zh", "做得好拇指向上。"),
        ("すごい🎉", "ja", "すごいクラッカー"),
        ("좋아요👍", "ko", "좋아요 올린 엄지"),
        ("做得好👍。", "yue", "做得好拇指向上。"),
        ("plain", "en", "plain"),
    ],
)
def test_emoji_are_read_by_name(text: str, language: str, said: str) -> None:
    from producer.lexicon.emoji import name_emoji
    from producer.plan.cut import cut_block

    [segment] = cut_block(name_emoji(Block(text, "paragraph", 1), language), language)
    assert segment.said.text == said
    assert segment.written.text == text


def test_emoji_are_silent_unless_a_lesson_or_its_caller_asks(desk: Desk) -> None:
    desk.write("c.md", "Well done 🎉 indeed.\n")
    assert entries(desk.plan())["Well done 🎉 indeed."][0] == "Well done 🎉 indeed."
    named = NarrationOptions(voice="tiny/one", emoji="name")
    assert entries(desk.plan(named))["Well done 🎉 indeed."][0] == "Well done party popper indeed."
    desk.render(desk.plan())
    desk.write("c.md", "---\nemoji: name\n---\nWell done 🎉 indeed.\n")
    assert desk.plan().missing == 1
    assert all(lesson.unchanged for lesson in desk.plan().lessons[:2])
