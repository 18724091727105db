"""The page of a course in a real browser: it loads from a folder, plays, follows the sound and obeys mouse and keys."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from producer.outputs.preview import preview
from tests.acceptance.browser import CHROMIUM, Browser
from tests.delivered import cue, deliver
from tests.unit.test_preview import HOSTILE

pytestmark = pytest.mark.root
CURRENT = "document.querySelector('.cue[aria-current]')?.id"
FIRST, SECOND = "document.querySelectorAll('audio')[0]", "document.querySelectorAll('audio')[1]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if "chromium" in os.environ.get("NARRATOR_TEST_REQUIRE", "").split(","):
            pytest.fail("NARRATOR_TEST_REQUIRE names chromium: apt-get install chromium")
        pytest.skip("chromium is not installed")
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lessons, one second a sentence; one sentence of the second is new."""
    out = tmp_path_factory.mktemp("course #1 100%")  # a path that must be escaped
    numbered = [(f"Sentence {n}.", (("Sentence", 800, 4000), (str(n), 4000, 7200))) for n in range(2, 41)]
    said = [cue(text, "paragraph", words=words) for text, words in numbered]
    sea = [cue("The sea", "heading"), *said, *map(cue, HOSTILE)]
    deliver(out, "1-sea", sea, title="The sea")
    course = deliver(out, "2-海", [cue("海", "heading", "zh"), cue("水。", "paragraph", "zh")], language="zh")
    preview(course)
    deliver(out, "2-海", [cue("海", "heading", "zh"), cue("海水。", "paragraph", "zh")], language="zh")
    preview(course)
    preview(course, inline=True)
    return course


@pytest.fixture(params=["index.html", "physics.html"])
def page(request: pytest.FixtureRequest, course: Path, browser: Browser) -> Iterator[Browser]:
    """The page loaded, with its files beside it or alone; nothing may have been complained of or fetched in the end."""
    browser.open(course / request.param)
    yield browser
    assert browser.complaints == []
    assert [address for address in browser.requests if not address.startswith(("file:", "data:"))] == []


def test_the_page_loads_and_its_sound_too(page: Browser) -> None:
    page.until(f"{FIRST}.readyState >= HTMLMediaElement.HAVE_METADATA")
    assert page.value(f"{FIRST}.duration") == 46
    assert page.value("document.title") == "Physics"
    assert page.value(CURRENT) is None  # nothing is said yet
    hostile = page.value("[...document.querySelectorAll('.cue')].slice(40, 46).map((cue) => cue.textContent)")
    assert hostile == HOSTILE
    assert page.value("document.documentElement.scrollWidth <= innerWidth")


WATCH = """
window.marked = [];
new MutationObserver((changes) => {
  const at = document.querySelector("audio").currentTime;
  for (const { target } of changes) if (target.ariaCurrent) marked.push([target.id, at]);
}).observe(document.querySelector("main"), { subtree: true, attributeFilter: ["aria-current"] })
"""  # notes each sentence as it is marked, and where the sound is then


def test_a_click_plays_from_the_sentence_and_the_mark_follows(page: Browser) -> None:
    page.value(WATCH)
    page.click("[id='1-sea:3']")
    page.until("marked.length === 4")
    assert [name for name, _ in page.value("marked")] == [f"1-sea:{n}" for n in range(3, 7)]
    late = [at - start for (_, at), start in zip(page.value("marked"), range(2, 6), strict=True)]
    assert all(-0.03 < seconds < 0.3 for seconds in late), late
    assert page.value("document.querySelectorAll('.cue[aria-current]').length") == 1
    assert page.value("location.hash") == "#1-sea%3A3"


def test_the_word_spoken_is_marked(page: Browser) -> None:
    word = "document.querySelector('.word.now')"
    for at, expected in ((2.05, None), (2.1, "Sentence"), (2.49, "3"), (3.2, "Sentence"), (3.6, "4")):
        page.value(f"{FIRST}.currentTime = {at}")
        page.until(f"{word}?.textContent == {json.dumps(expected)}")
    page.value(f"{FIRST}.currentTime = 0.5")  # the heading's words are not timed
    page.until(f"!{word} && {CURRENT} === '1-sea:1'")


def test_the_sentence_spoken_is_scrolled_to(page: Browser) -> None:
    page.click("[id='1-sea:2']")
    page.value(f"{FIRST}.currentTime = 35.9")
    page.until(f"{CURRENT} === '1-sea:37'")
    box = page.value("document.getElementById('1-sea:37').getBoundingClientRect().toJSON()")
    player = page.value("document.querySelector('.player').getBoundingClientRect().toJSON()")
    assert box["bottom"] <= 800
    assert box["top"] >= player["bottom"] > player["top"] >= 0  # the player stays in view and covers nothing


def test_keys(page: Browser) -> None:
    page.press(" ")
    page.until(f"!{FIRST}.paused")
    page.press(" ")
    assert page.value(f"{FIRST}.paused")
    page.value(f"{FIRST}.currentTime = 5.5")
    page.press("ArrowRight")
    assert page.value(f"[{CURRENT}, {FIRST}.currentTime]") == ["1-sea:7", 6]
    page.press("ArrowLeft")
    page.press("ArrowLeft")
    assert page.value(f"[{CURRENT}, {FIRST}.currentTime, {FIRST}.paused]") == ["1-sea:5", 4, True]
    tabbed = page.value(
        "[...document.querySelectorAll('#\\\\31 -sea .cue')].filter((c) => c.tabIndex === 0).map((c) => c.id)"
    )
    assert tabbed == ["1-sea:5"]  # one stop for the Tab key, where the reader is
    page.value("document.getElementById('1-sea:5').focus()")
    page.press("ArrowRight")
    assert page.value("document.activeElement.id") == "1-sea:6"
    page.press("Enter")
    page.until(f"!{FIRST}.paused")
    page.press(" ")
    assert page.value("scrollY + innerHeight <= document.documentElement.scrollHeight")


def test_one_lesson_plays_at_a_time_and_new_sentences_are_found(page: Browser) -> None:
    page.click("[id='1-sea:2']")
    page.until(f"!{FIRST}.paused")
    assert page.value("[...document.querySelectorAll('.new')].map((cue) => cue.textContent)") == ["海水。"]
    page.click("#next-new")
    page.until(f"!{SECOND}.paused && {FIRST}.paused")
    assert page.value("[...document.querySelectorAll('nav a')].map((a) => a.getAttribute('aria-current'))") == [
        None,
        "true",
    ]
    assert page.value(f"{SECOND}.currentTime") >= 1
    assert page.value("document.querySelector('.new').closest('[lang]').lang") == "zh"


def test_the_command_for_another_take_of_the_sentence_stands_there(page: Browser) -> None:
    place = "document.querySelector('.place')"
    assert page.value(f"{place}.hidden")
    page.click("[id='1-sea:2']")
    page.until(f"!{place}.hidden")
    assert page.value(f"{place}.querySelector('code').textContent") == "narrator retake 1-sea.md:3:2"
    page.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.click(".place button")
    page.until(f"{place}.querySelector('button').textContent === 'Copied' || String(getSelection()) !== ''")


def test_chapters_lead_to_their_first_sentence(browser: Browser, tmp_path: Path) -> None:
    said = [cue(text, role) for text, role in (("Sea", "heading"), ("It is wide.", "paragraph"), ("Fish", "heading"))]
    deliver(tmp_path, "sea", said, title="Sea")
    browser.open(preview(deliver(tmp_path, "sky", [cue("Blue.", "paragraph")])))
    shown = "[...document.querySelectorAll('.chapter')].filter((a) => a.checkVisibility()).map((a) => a.textContent)"
    assert browser.value(shown) == []  # of a lesson that is not played
    browser.click("[id='sea:2']")
    assert browser.value(shown) == ["Fish"]
    browser.click(".chapters li:last-child a")
    browser.until(f"{CURRENT} === 'sea:3' && !{FIRST}.paused")
    assert browser.complaints == []


def test_an_address_with_a_sentence_leads_there(browser: Browser, course: Path) -> None:
    browser.open((course / "index.html").as_uri() + "#1-sea%3A30")
    assert browser.value(f"[{CURRENT}, {FIRST}.currentTime, {FIRST}.paused]") == ["1-sea:30", 29, True]
    browser.press(" ")
    browser.until(f"{CURRENT} === '1-sea:31'")
    assert browser.complaints == []


def test_a_page_without_its_folder_says_so(browser: Browser, course: Path, tmp_path: Path) -> None:
    shutil.copy(course / "index.html", tmp_path)
    browser.open(tmp_path / "index.html")
    browser.click("[id='1-sea:2']")
    browser.until("!document.querySelector('.lost').hidden")
    assert not [complaint for complaint in browser.complaints if "ERR_FILE_NOT_FOUND" not in complaint]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1200])
def test_light_and_dark_narrow_and_wide(browser: Browser, course: Path, width: int, dark: bool) -> None:
    browser.open(course / "index.html", width=width, dark=dark)
    assert browser.value("document.documentElement.scrollWidth") <= width
    browser.click("[id='1-sea:2']")
    browser.until(CURRENT)
    for selector in (".about", ".cue", ".cue[aria-current]", ".changes", "nav a span:last-child"):
        assert browser.value(CONTRAST % selector) >= 4.5, selector  # WCAG 2, level AA
    browser.until("document.querySelector('.word.now')")
    assert browser.value(CONTRAST % ".word.now") >= 4.5


# The contrast of an element's text against the first background behind it, by WCAG 2's definition.
CONTRAST = """(() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => rgb(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const text = document.querySelector("%s");
  let behind = text;
  while (rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const [a, b] = [text, behind].map((it, i) => light(getComputedStyle(it)[i ? "backgroundColor" : "color"]));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
})()"""
