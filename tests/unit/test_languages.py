"""Languages by script: spans of a text, the language of a sentence, of a lesson."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.languages import LANGUAGES, dominant, guess, spans


def split(text: str, language: str) -> list[tuple[str, str]]:
    return [(span.text, span.language) for span in spans(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Plain English, 3.14.", "en", [("Plain English, 3.14.", "en")]),
        ("植物需要水。", "zh", [("植物需要水。", "zh")]),
        ("用 Python 写代码", "zh", [("用 ", "zh"), ("Python", "en"), (" 写代码", "zh")]),
        ("GPT-4很强，3个C++程序", "zh", [("GPT-4", "en"), ("很强，3个", "zh"), ("C++", "en"), ("程序", "zh")]),
        ("在 Python 3.11 里", "zh", [("在 ", "zh"), ("Python", "en"), (" 3.11 里", "zh")]),
        ("The word 你好 means hello.", "en", [("The word ", "en"), ("你好", "zh"), (" means hello.", "en")]),
        ("今日はPythonを学びます。", "ja", [("今日は", "ja"), ("Python", "en"), ("を学びます。", "ja")]),
        ("見 https://a.com/1/2 吧", "zh", [("見 ", "zh"), ("https://a.com/1/2", "en"), (" 吧", "zh")]),
        ("東京タワー is tall", "en", [("東京タワー", "ja"), (" is tall", "en")]),
        ("안녕 hello", "ko", [("안녕 ", "ko"), ("hello", "en")]),
        ("係咪 OK", "yue", [("係咪 ", "yue"), ("OK", "en")]),
        ("3.14", "zh", [("3.14", "zh")]),
        ("我用 ABC 123。", "zh", [("我用 ", "zh"), ("ABC", "en"), (" 123。", "zh")]),
        ("", "en", []),
    ],
)
def test_spans(text, language, expected):
    assert split(text, language) == expected


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("你好，世界。", "en", "zh"),
        ("Hello world.", "zh", "en"),
        ("Hello world.", "ko", "en"),
        ("光合成", "ja", "ja"),  # Han alone stays Japanese in a Japanese lesson
        ("光合成", "yue", "yue"),
        ("勉強する。", "zh", "ja"),
        ("안녕하세요 여러분", "en", "ko"),
        ("我们使用 Docker Compose 和 Kubernetes。", "zh", "zh"),
        ("The word 你好 means hello.", "en", "en"),
        ("3.14 = ?", "zh", "zh"),
        ("First deploy it with great care, then say 你好 and ありがとう.", "zh", "en"),
        ("Pythonでtestを書きます。", "zh", "ja"),
    ],
)
def test_a_sentence_stays_in_the_lessons_language_while_it_has_a_fair_share(text, default, expected):
    assert dominant(text, default) == expected


def test_guess():
    assert guess("Plants need light. 植物") == "en"
    assert guess("植物需要水、空气和 sunlight。日语的です") == "zh"
    assert guess("植物は、太陽の光を使って、養分を作ります。") == "ja"
    assert guess("식물은 햇빛이 필요합니다.") == "ko"
    assert guess("123") == "en"


MIXED = st.text(st.sampled_from("aZé09 .,-/@#%+你好日の、。ア안녕🎉“”()\nπ"), max_size=40)


@given(MIXED, st.sampled_from(LANGUAGES))
def test_spans_joined_are_the_text_and_alternate(text, language):
    found = spans(text, language)
    assert "".join(span.text for span in found) == text
    assert all(span.text for span in found)
    assert all(a.language != b.language for a, b in pairwise(found))


@given(MIXED, st.sampled_from(LANGUAGES))
def test_every_letter_is_in_a_span_of_its_script(text, language):
    for span in spans(text, language):
        for c in span.text:
            if c in "aZé":
                assert span.language == "en"
            elif c in "のア":
                assert span.language == "ja"
            elif c in "안녕":
                assert span.language == "ko"
            elif c in "你好日":
                assert span.language in ("zh", "ja", "yue")
