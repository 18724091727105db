"""PowerPoint decks: the notes of each slide, under its number; what is broken, hidden or hostile."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation

from models.errors import NarrationError
from producer import readers
from producer.errors import LessonError
from producer.readers import powerpoint

NOTES = ("First.\nSecond paragraph.", None, "Hidden.", "Line one,\vline two. [pause 1s]\n\n第四张。", "🎉")


def write(path: Path, notes: tuple[str | None, ...] = NOTES, *, title: str = "", hidden: int = 3) -> Path:
    deck = Presentation()
    deck.core_properties.title = title
    for number, text in enumerate(notes, 1):
        slide = deck.slides.add_slide(deck.slide_layouts[5])
        slide.shapes.title.text_frame.text = f"Slide {number}"
        if text is not None:
            slide.notes_slide.notes_text_frame.text = text
        if number == hidden:
            slide.element.set("show", "0")
    deck.save(str(path))
    return path


def body(path: Path):
    return readers.read_body(*readers.read_lessons(path))


def changed(path: Path, name: str, data: bytes) -> Path:
    """The deck with another content of one part."""
    out = path.with_name("changed.pptx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, data if part == name else old.read(part))
    return out


def test_notes_by_slide(tmp_path):
    found = body(write(tmp_path / "My Deck.pptx"))
    assert [(b.text, b.line, b.id) for b in found.blocks] == [
        ("First.", 1, "slide-1"),
        ("Second paragraph.", 1, "slide-1"),
        ("Line one,", 4, "slide-4"),
        ("line two.", 4, "slide-4"),
        ("第四张。", 4, "slide-4"),
    ]
    assert all(block.line_at(len(block.text)) == block.line for block in found.blocks)
    assert found.notes == (
        "2: slide without notes", "3: hidden slide, not spoken", "5: no letter or digit, not spoken",
    )  # fmt: skip
    assert found.title == "Slide 1"
    assert readers.read_lessons(tmp_path / "My Deck.pptx")[0].id == "my-deck"


def test_titles(tmp_path):
    assert body(write(tmp_path / "a.pptx", title="Light")).title == "Light"
    assert body(write(tmp_path / "b.pptx", title="PowerPoint Presentation")).title == "Slide 1"


def test_errors_name_the_slide(tmp_path):
    path = write(tmp_path / "a.pptx", ("One.", "Two [pause 5] three."))
    with pytest.raises(LessonError, match=r"a\.pptx:2: \[pause 5\] is no pause"):
        body(path)
    with pytest.raises(LessonError, match=r"nothing to speak in this lesson .1: slide without notes"):
        body(write(tmp_path / "b.pptx", (None,)))


def test_escaped_control_characters(tmp_path):
    path = write(tmp_path / "a.pptx", ("One_x000B_two_x0041_.",))
    assert [b.text for b in body(path).blocks] == ["One", "two_x0041_."]
    with pytest.raises(LessonError, match=r":1: control character U\+0001"):
        body(write(tmp_path / "b.pptx", ("One_x0001_",)))


@pytest.mark.parametrize("data", [b"", b"text", b"\xd0\xcf\x11\xe0" * 100, b"PK\x05\x06" + bytes(18)])
def test_what_is_no_deck(tmp_path, data):
    path = tmp_path / "a.pptx"
    path.write_bytes(data)
    with pytest.raises(LessonError, match=r"a\.pptx: no (PowerPoint deck|\.pptx file)"):
        body(path)


def test_an_absent_part_and_broken_xml(tmp_path):
    path = write(tmp_path / "a.pptx")
    for data in (b"", b"<a", b"<a/>", b"\xff" * 50):
        for name in ("ppt/presentation.xml", "ppt/slides/slide1.xml", "ppt/notesSlides/notesSlide1.xml"):
            with pytest.raises(LessonError):
                body(changed(path, name, data))


def test_bombs_are_refused_before_they_are_parsed(tmp_path, monkeypatch):
    path = changed(write(tmp_path / "a.pptx"), "ppt/slides/slide1.xml", b"<a>" + b" " * (2 << 20))
    monkeypatch.setattr(powerpoint, "MAX_XML", 1 << 20)
    with pytest.raises(LessonError, match="more than 1 MB of XML"):
        body(path)


def test_entities_are_refused(tmp_path):
    path = write(tmp_path / "a.pptx", ("One.",))
    name = "ppt/notesSlides/notesSlide1.xml"
    with zipfile.ZipFile(path) as deck:
        head, rest = deck.read(name).decode().split("?>", 1)
    bomb = head + '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + rest.replace("One.", "One&e;.")
    with pytest.raises(LessonError, match=r"notesSlide1\.xml declares entities"):
        body(changed(path, name, bomb.encode()))


def test_pictures_are_never_unpacked(tmp_path, monkeypatch):
    path = write(tmp_path / "a.pptx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as deck:
        deck.writestr("ppt/media/film.mp4", bytes(8 << 20))
    monkeypatch.setattr(powerpoint, "MAX_XML", 2 << 20)
    assert len(powerpoint._without_media(path)) < 2 << 20
    assert body(path).blocks


@pytest.fixture(scope="module")
def deck() -> bytes:
    out = io.BytesIO()
    made = Presentation()
    made.slides.add_slide(made.slide_layouts[5]).notes_slide.notes_text_frame.text = "Words."
    made.save(out)
    return out.getvalue()


@settings(max_examples=60, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.booleans())
def test_only_our_errors_come_out(tmp_path_factory, deck, at, byte, cut):
    path = tmp_path_factory.getbasetemp() / "fuzz.pptx"
    place = int(at * len(deck))
    path.write_bytes(deck[:place] if cut else deck[:place] + bytes([byte]) + deck[place + 1 :])
    try:
        assert body(path).blocks
    except NarrationError:
        return
