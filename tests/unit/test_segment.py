"""Segments: one sentence each, none too wide, nothing lost."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.languages import LANGUAGES
from models.text.segment import fold, pieces, punctuated
from models.text.segment_cuts import LIMIT, speakable, width


def texts(text: str, language: str) -> list[str]:
    return [piece.text for piece in pieces(text, language)]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Dr. Lee came.", "Mr. Smith, e.g. in Fig. 2, shows 3.14.", "Is it so?", "Yes!"]),
        ("en", ['He said "Stop!" and left.', '"Really?" she asked.', "“Well.”", "(It works.)", "Next, i.e. this."]),
        ("en", ["1. First item.", "2. Second item.", "a) Third."]),
        ("en", ["He lives in the U.S. (and the U.K.) Government house.", "Use Node.js.", "This is v2.0."]),
        ("en", ["Wait... what?", "See No. 5.", "Version 3.11.2 is out."]),
        ("en", ["Hello, 你好。", "Dr. Lee came.", "今天 is fine。", "Next."]),
        ("zh", ["（对。）", "好……嗯。", "3.14是圆周率。", "真的吗？！", "是。"]),
        ("zh", ["他说“好。我去。”", "“走吧！”", "《书名》也是书。", "Hello world.", "你好。"]),
        ("ja", ["「はい。」と言った。", "今日は晴れ。", "「え？」", "本当！", "（笑）次。"]),
        ("ja", ["彼は「行く。でも遅れる。」と答えた。", "次の日。"]),
        ("ko", ["안녕하세요.", "반갑습니다.", "3.14입니다."]),
        ("yue", ["你好。", "我係學生。"]),
    ],
)
def test_sentences(language, sentences):
    gap = "" if language in ("zh", "ja", "yue") and not any(s.isascii() for s in sentences) else " "
    assert texts(gap.join(sentences), language) == sentences


def test_each_sentence_has_its_own_language():
    found = [(p.text, p.language) for p in pieces("今天学习。In English, please. 好。", "zh")]
    assert found == [("今天学习。", "zh"), ("In English, please.", "en"), ("好。", "zh")]


def test_offsets_point_at_the_first_character():
    text = "  One.  Two.\nThree"
    assert [text[p.start] for p in pieces(text, "en")] == ["O", "T", "T"]


def test_a_newline_is_a_forced_break():
    assert texts("First line\nsecond line", "en") == ["First line", "second line"]


@pytest.mark.parametrize("text", ["", "   ", "— —", "🎉🎊", "***\n---", "。！", "🎉" * 10_000])
def test_a_block_without_letters_or_digits_is_silent(text):
    assert texts(text, "en") == []


def test_a_fragment_without_sound_stays_with_its_neighbour():
    assert texts("Great! 🎉 Next one. ☺", "en") == ["Great!", "🎉 Next one. ☺"]
    assert texts("— Well.", "en") == ["— Well."]
    assert texts("👍🏽" * 20_000 + " a", "en")[0].endswith("a")


def test_a_long_sentence_is_cut_at_clauses_then_words_then_characters():
    clauses = texts("When the sun is high, " * 40 + "we rest.", "en")
    assert all(piece.endswith(",") for piece in clauses[:-1])
    words = texts("word " * 200, "en")
    assert all(set(piece.split()) == {"word"} for piece in words)
    assert [len(piece) for piece in texts("x" * 700, "en")] == [300, 300, 100]
    assert [len(piece) for piece in texts("字" * 250, "zh")] == [100, 100, 50]
    assert [p.boundary for p in pieces("x" * 700, "en")] == ["clause", "clause", "sentence"]


def test_a_cut_never_tears_a_visible_character_apart():
    family = "👨\u200d👩\u200d👧"
    for unit in ("e\u0301", "👍🏽", "🇫🇷", family, "각"):
        text = ("a" + unit) * 400
        whole = re.compile(f"(?:a|{unicodedata.normalize('NFC', unit)})+")
        assert all(whole.fullmatch(piece) for piece in texts(text, "en"))


def test_invisible_characters_are_neither_in_text_nor_key():
    assert texts("so\u00adlar \ufeffpo\u200bwer", "en") == ["solar power"]
    assert fold("cafe\u0301  \t au lait\n") == "café au lait"


@pytest.mark.parametrize(
    ("text", "language", "boundary", "expected"),
    [
        ("Photosynthesis", "en", "sentence", "Photosynthesis."),
        ("光合作用", "zh", "sentence", "光合作用。"),
        ("光合成", "ja", "sentence", "光合成。"),
        ("광합성", "ko", "sentence", "광합성."),
        ("Done!”", "en", "sentence", "Done!”"),
        ("Is it (so)?", "en", "sentence", "Is it (so)?"),
        ("You need:", "en", "sentence", "You need:"),
        ("and then", "en", "clause", "and then,"),
        ("然后", "zh", "clause", "然后，"),
        ("そして", "ja", "clause", "そして、"),
        ("Great 🎉", "en", "sentence", "Great 🎉."),
        ("Version 3.11", "en", "sentence", "Version 3.11."),
    ],
)
def test_terminal_punctuation(text, language, boundary, expected):
    assert punctuated(text, language, boundary) == expected


ANY = st.text(
    st.one_of(
        st.sampled_from(
            "abcXYZ 012.,;:!?-—…()[]\"'“”‘’「」『』。，、！？；：（）《》你好是の今日は안녕\n\t 🎉👍🏽é\u0301\u200b"
        ),
        st.characters(exclude_categories=["Cs", "Cc"]),
    ),
    max_size=900,
)


@settings(max_examples=200, deadline=None)
@given(ANY, st.sampled_from(LANGUAGES))
def test_nothing_is_lost_and_nothing_is_too_wide(text, language):
    found = pieces(text, language)
    said = [c for c in fold(text) if c.isalnum()]
    assert [c for piece in found for c in piece.text if c.isalnum()] == said
    assert all(speakable(piece.text) for piece in found)
    assert all(width(piece.text) <= 2 * LIMIT for piece in found)
    if found and all(speakable(part) for part in re.split(r"\s+", text) if part):
        squeezed = "".join(fold(text).split())
        assert "".join("".join(piece.text.split()) for piece in found) == squeezed


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab cd,. 你好，。"), max_size=600), st.sampled_from(("en", "zh")))
def test_plain_text_keeps_within_the_limit(text, language):
    assert all(width(piece.text) <= LIMIT + 60 for piece in pieces(text, language))


@pytest.mark.parametrize(
    "text",
    [
        "这是一个句子，里面有一些字。" * 8_000,
        "word " * 25_000,
        "“" + "好。" * 20_000,
        "x" * 100_000,
        '"' + "a b. " * 20_000,
    ],
)
def test_huge_paragraphs_take_linear_time(text):
    started = time.process_time()
    pieces(text, "zh")
    assert time.process_time() - started < 4.0  # 0.2 s alone; the square of it would be minutes
