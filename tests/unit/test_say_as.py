"""What an author says a text is, put into words."""
# ruff: noqa: E501

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Unspeakable
from models.text.languages import LANGUAGES
from models.text.normalise.say_as import DATE_FORMATS, KINDS, TIME_FORMATS, say_as


@pytest.mark.parametrize(
    ("text", "kind", "form", "words"),
    [
        ("1,234.5", "cardinal", "", "one thousand two hundred and thirty-four point five"),
        ("-3", "number", "", "minus three"), ("1984", "cardinal", "", "one thousand nine hundred and eighty-four"),
        ("XIV", "cardinal", "", "fourteen"), ("21st", "ordinal", "", "twenty-first"), ("XIV", "ordinal", "", "fourteenth"),
        ("1984", "digits", "", "one nine eight four"), ("12-34", "digits", "", "one two, three four"),
        ("NASA-3!", "characters", "", "N, A., S, A., dash, three, exclamation mark"),
        ("é@", "spell-out", "", "E acute, at"), ("+π", "verbatim", "", "plus, pi"),
        ("03/05/2024", "date", "dmy", "the third of May twenty twenty-four"),
        ("03/05/2024", "date", "mdy", "March fifth, twenty twenty-four"),
        ("03/05/2024", "date", "", "March fifth, twenty twenty-four"),
        ("2024-03-05", "date", "", "March fifth, twenty twenty-four"),
        ("20240305", "date", "ymd", "March fifth, twenty twenty-four"),
        ("3/2024", "date", "my", "March twenty twenty-four"), ("2024.3", "date", "ym", "March twenty twenty-four"),
        ("29/2", "date", "dm", "the twenty-ninth of February"), ("6/5", "date", "md", "June fifth"),
        ("1905", "date", "y", "nineteen oh five"), ("7", "date", "m", "July"), ("31", "date", "d", "thirty-first"),
        ("2:30", "time", "hms12", "two thirty"), ("2:30:15 p.m.", "time", "", "two thirty and fifteen seconds PM"),
        ("14:30", "time", "hms24", "fourteen thirty"), ("2pm", "time", "", "two PM"),
        ("+1 (206) 555-0123", "telephone", "", "plus one, two zero six, five five five, zero one two three"),
        ("2065550123", "telephone", "1", "plus one, two zero six, five five five, zero one two three"),
        ("911", "telephone", "", "nine one one"),
    ],
)  # fmt: skip
def test_english(text, kind, form, words):
    assert say_as(text, kind, form, "en") == words


@pytest.mark.parametrize(
    ("language", "text", "kind", "form", "words"),
    [
        ("zh", "1,234.5", "cardinal", "", "一千二百三十四点五"), ("zh", "-3", "cardinal", "", "负三"),
        ("zh", "第21", "ordinal", "", "第二十一"), ("zh", "1984", "digits", "", "一九八四"),
        ("zh", "NB-3。", "characters", "", "N，B，横杠，三，句号"), ("zh", "03/05/2024", "date", "dmy", "二零二四年五月三日"),
        ("zh", "2024年3月", "date", "ym", "二零二四年三月"), ("zh", "2:30:15 pm", "time", "", "下午两点三十分十五秒"),
        ("zh", "13812345678", "telephone", "", "幺三八，幺二三四，五六七八"),
        ("ja", "1234", "cardinal", "", "千二百三十四"), ("ja", "2", "ordinal", "", "第二"),
        ("ja", "03/05/2024", "date", "dmy", "二千二十四年五月三日"), ("ja", "2:30 pm", "time", "", "午後二時三十分"),
        ("ja", "03-1234-5678", "telephone", "", "ゼロ三の一二三四の五六七八"), ("ja", "あ@", "characters", "", "あ、アットマーク"),
        ("ko", "21", "ordinal", "", "제이십일"), ("ko", "2024-06-05", "date", "", "이천이십사년 유월 오일"),
        ("ko", "14:30:15", "time", "", "열네 시 삼십분 십오 초"), ("ko", "010-1234-5678", "telephone", "", "공일공, 일이삼사, 오육칠팔"),
        ("yue", "12345", "cardinal", "", "一萬二千三百四十五"), ("yue", "2pm", "time", "", "下午兩點"),
    ],
)  # fmt: skip
def test_other_languages(language, text, kind, form, words):
    assert say_as(text, kind, form, language) == words


@pytest.mark.parametrize(
    ("text", "kind", "form"),
    [
        ("abc", "cardinal", ""), ("", "cardinal", ""), ("1.2.3", "cardinal", ""), ("1.5", "ordinal", ""), ("IIII", "ordinal", ""),
        ("a1", "digits", ""), ("-", "digits", ""), ("☃", "characters", ""), ("", "characters", ""), ("31/02/2024", "date", "dmy"),
        ("2024-13-01", "date", ""), ("1/2", "date", "dmy"), ("1/2/3/4", "date", ""), ("1", "date", "iso"), ("0", "date", "y"),
        ("13:00", "time", "hms12"), ("25:00", "time", ""), ("2:60", "time", ""), ("2pm", "time", "hms24"), ("0pm", "time", ""),
        ("12x", "telephone", ""), ("+", "telephone", ""), ("12", "telephone", "US"), ("x" * 1001, "characters", ""),
    ],
)  # fmt: skip
def test_what_is_nothing_of_the_kind(text, kind, form):
    with pytest.raises(Unspeakable):
        say_as(text, kind, form, "en")


@given(
    st.text(st.sampled_from("0123456789-/.:+ ,()apmAXIV第年月日時①½٣é"), max_size=14),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(("", "1", *DATE_FORMATS, *TIME_FORMATS)),
    st.sampled_from(LANGUAGES),
)
def test_words_or_an_error(text, kind, form, language):
    try:
        words = say_as(text, kind, form, language)
    except Unspeakable:
        return
    assert any(map(str.isalpha, words))
    assert not any(map(str.isdecimal, words))
