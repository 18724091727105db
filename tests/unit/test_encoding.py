"""Encodings: detected where one stands out, declared where not, never guessed into nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import NarrationError, Permanent
from models.text.normalise import normalise
from producer import readers
from producer.errors import LessonError
from producer.lessons.encodings import codec_of
from producer.lessons.options import NarrationOptions
from producer.readers.encoding import utf8

CHINESE = "光合作用是植物利用阳光，把二氧化碳和水变成糖的过程。"
TRADITIONAL = "光合作用是植物利用陽光，把二氧化碳和水變成糖的過程。"
JAPANESE = "雨はどこから来るのでしょうか。海の水が太陽で温められて、水蒸気になります。"
KOREAN = "비는 어디에서 올까요? 바닷물이 태양에 데워져 수증기가 됩니다."
WESTERN = "The café’s naïve résumé – “quoted” text. It goes on in plain English for a while."


@pytest.fixture
def lesson(tmp_path):
    def lesson(data: bytes, encoding: str | None = None, name: str = "x.txt"):
        path = tmp_path / name
        path.write_bytes(data)
        return readers.read_lessons(path, encoding)[0]

    return lesson


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(CHINESE, "gb18030"), (TRADITIONAL, "big5"), (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), (KOREAN, "euc_kr"),
     (WESTERN, "cp1252")],
)  # fmt: skip
def test_what_stands_out_is_taken_and_said(lesson, text, encoding):
    found = lesson(text.encode(encoding))
    assert found.text == text
    assert found.notes == (f"encoding assumed to be {codec_of(encoding)}; --encoding NAME says otherwise",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_needs_no_guess(lesson, encoding):
    found = lesson(CHINESE.encode(encoding))
    assert (found.text, found.notes) == (CHINESE, ())


def test_what_could_be_several_is_an_error_until_it_is_declared(lesson):
    data = "雨はどこから".encode("euc_jp")
    with pytest.raises(LessonError, match=r":1: byte B1 is not UTF-8.*--encoding NAME \(perhaps it is .*euc_jp"):
        lesson(data)
    assert lesson(data, "euc-jp").text == "雨はどこから"
    assert lesson(JAPANESE.encode("iso2022_jp"), "iso-2022-jp").text == JAPANESE


def test_a_declared_encoding_leaves_files_in_utf8_alone(lesson):
    assert lesson(CHINESE.encode(), "shift_jis").text == CHINESE
    assert lesson(("\ufeff" + CHINESE).encode("utf-16-le"), "shift_jis").text == CHINESE


def test_a_fault_in_utf8_is_no_other_encoding(lesson):
    with pytest.raises(LessonError, match=r":3: byte FF is not UTF-8: save the file as UTF-8"):
        lesson(f"{CHINESE}\n\n{JAPANESE}".encode() + b"\xff" + KOREAN.encode())


def test_bytes_that_the_declared_encoding_lacks(lesson):
    with pytest.raises(LessonError, match=r":2: byte FF is not gb18030"):
        lesson("雨\n海".encode("gb18030") + b"\xff", "gb2312")


@pytest.mark.parametrize("name", ["klingon", "rot13", "base64", "unicode_escape", "utf-7", "idna", "a\0b", ""])
def test_names_that_are_no_encoding(name):
    with pytest.raises(Permanent, match=r"encoding: .* is unknown: such as utf-8"):
        NarrationOptions(encoding=name)


@pytest.mark.parametrize(
    "head",
    ['<?xml version="1.0" encoding="gb2312"?>', '<html><meta charset="gbk">', "<meta content='x;charset=GB18030'>"],
)
def test_xml_and_html_declare_their_own(head):
    data, note = utf8(Path("x"), f"{head}糖".encode("gb18030"))
    assert (data.decode(), note) == (f"{head}糖", "")


def test_a_declaration_of_nonsense_is_an_error():
    with pytest.raises(LessonError, match="x:1: unknown encoding 'klingon'"):
        utf8(Path("x"), b"<?xml version='1.0' encoding='klingon'?>\xb1")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("ＡＢＣ１２３", "en", "ABC one hundred and twenty-three"),
        ("価格は１，２００円です。", "ja", normalise("価格は1,200円です。", "ja")),
        ("共有１２％的人", "zh", normalise("共有12%的人", "zh")),
        ("ﾃｽﾄ", "ja", "テスト"),
    ],
)
def test_full_width_forms_are_read_as_what_they_are(text, language, expected):
    assert normalise(text, language) == expected


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([None, "gb18030", "shift_jis", "iso2022_jp", "utf-16", "cp1252"]))
def test_only_our_errors_come_out(data, encoding):
    try:
        found, _ = utf8(Path("x"), data, encoding)
    except NarrationError:
        return
    assert found.decode("utf-16" if found[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8") is not None
