"""Whatever a file of SSML, a deck or a lexicon holds: our errors, and nothing else.

Good files are cut, and bytes or words of the format put in, anywhere; in a deck, in any of its parts.
"""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import NarrationError
from producer import lexicon, readers
from producer.plan.cut import cut_block

ROOT = Path(__file__).parents[2]
TRIES = int(os.environ.get("NARRATOR_FUZZ_EXAMPLES", "40"))
many = settings(
    max_examples=TRIES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
DECK = (ROOT / "examples" / "formats" / "04-slides.pptx").read_bytes()
GOOD = {
    "lesson.ssml": (ROOT / "examples" / "torture" / "05-marks.ssml").read_bytes(),
    "lexicon.toml": (ROOT / "examples" / "torture" / "lexicon.toml").read_bytes(),
    "lexicon.pls": b"""<?xml version="1.0"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en">
  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
  <lexeme><grapheme>tomato</grapheme><phoneme>t\xc9\x99\xcb\x88m\xc9\x91\xcb\x90t\xc9\x99\xca\x8a</phoneme></lexeme>
</lexicon>""",
}
WORDS = (
    b"<", b">", b"&#0;", b"&#x10FFFF;", b"&lt;", b"<s>", b"</s>", b"<p>", b"<speak>", b"<break time='1e9s'/>", b"<!--",
    b"]]>", b"<![CDATA[", b"<?x?>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"xml:lang=''", b"time='-1s'", b"rate='0%'",
    b"alphabet='ipa' ph='\xc9\x99'", b"<say-as interpret-as='date' format='ymd'>", b"\x00", b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"[words]", b"[[words]]", b'"a" = 1', b'"" = ""', b"{ipa = 1}", b"ipa = 'a'", b"language = 'xx'",
    b"\r", b"\xe2\x80\xa8",
    b"9" * 400, b"<lexeme>", b"<grapheme/>", b"<a:t>", b"r:id='rId99'",
    b"Target='/etc/passwd'",
    b"xmlns:a='x'",
)  # fmt: skip
edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True), st.integers(0, 60), st.one_of(st.sampled_from(WORDS), st.binary(max_size=8))
    ),
    min_size=1,
    max_size=4,
)


def edited(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    for place, cut, put in changes:
        at = int(place * (len(data) + 1))
        data = data[:at] + put + data[at + cut :]
    return data


def take(path: Path) -> None:
    """Read a lesson as planning does."""
    for lesson in readers.read_lessons(path):
        for block in readers.read_body(lesson).blocks:
            assert all(one.written.text for one in cut_block(block, "en"))


@pytest.mark.parametrize("name", list(GOOD))
def test_ssml_and_lexicons(tmp_path: Path, name: str) -> None:
    @many
    @given(edits)
    def check(changes: list[tuple[float, int, bytes]]) -> None:
        path = tmp_path / name
        path.write_bytes(edited(GOOD[name], changes))
        try:
            if name.startswith("lexicon"):
                lexicon.read_lexicon(path)
            else:
                take(path)
        except NarrationError:
            return

    check()


def test_decks(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(DECK)) as deck:
        members = {name: deck.read(name) for name in deck.namelist()}

    @many
    @given(st.sampled_from(sorted(members)), edits, st.sampled_from(["part", "part", "part", "gone", "file"]))
    def check(member: str, changes: list[tuple[float, int, bytes]], where: str) -> None:
        path = tmp_path / "deck.pptx"
        with zipfile.ZipFile(path, "w") as made:
            for name, data in members.items():
                if name != member:
                    made.writestr(name, data)
                elif where != "gone":
                    made.writestr(name, edited(data, changes) if where == "part" else data)
        if where == "file":
            path.write_bytes(edited(DECK, changes))
        try:
            take(path)
        except NarrationError:
            return

    check()
