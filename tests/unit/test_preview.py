"""The page of a course: what stands in it, what is new in it, and that no text can break out of its place."""

from __future__ import annotations

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.errors import Permanent
from producer.cli import main
from producer.outputs import preview as module
from producer.outputs.preview import courses, preview
from tests.delivered import cue, deliver, part

VOID = {"meta", "link", "br", "source"}
HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "<!-- <b>bold</b> --> &lt;i&gt; &amp;amp;",
    "$title ${record} $$ %(x)s {0}",
    "]]> \\u003c/script\\u003e ­ \u2028 ﷽ 👩‍🔬",
]


class Page(HTMLParser):
    """A page's elements: (path of tags, attributes, text)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str]]] = []
        self.open: list[tuple[str, dict[str, str], list[str]]] = []
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = ("/".join([*(e[0].rpartition("/")[2] for e in self.open), tag]), {k: v or "" for k, v in attrs}, [])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0].rpartition("/")[2] == tag

    def handle_data(self, data: str) -> None:
        for _, _, text in self.open:
            text.append(data)

    def find(self, tag: str, of: str = "") -> list[tuple[str, dict[str, str], str]]:
        """(path, attributes, text) of each element of that tag, and of that class if one is named."""
        return [
            (path, found, "".join(text))
            for path, found, text in self.elements
            if path.rpartition("/")[2] == tag and (not of or of in found.get("class", "").split())
        ]

    def cues(self) -> list[str]:
        return [text for _, _, text in self.find("a", of="cue")]

    def new(self) -> list[str]:
        return [text for _, _, text in self.find("a", of="new")]

    def record(self) -> dict[str, object]:
        return json.loads(next(text for _, found, text in self.find("script") if found.get("id")))


def test_blocks_are_what_the_author_wrote(tmp_path: Path) -> None:
    cues = [
        cue("The sea", "heading"),
        cue("The sea is wide.", "sentence"),
        cue("Its water is salt.", "paragraph"),
        cue("What lives there", "heading"),
        cue("Fish,", "clause"),
        cue("of course.", "list_item"),
        cue("鲸鱼。", "sentence", "zh"),
        cue("也有海豚。", "list_item", "zh"),
        cue("That is all.", "paragraph"),
    ]
    page = Page(preview(deliver(tmp_path, "sea", cues, title="The sea")))
    assert page.cues() == [cue.caption for cue in cues]
    assert [text for _, _, text in page.find("h2")] == ["The sea"]
    assert [text for _, _, text in page.find("h3")] == ["What lives there"]
    assert [text for _, _, text in page.find("ul")] == ["Fish, of course.鲸鱼。也有海豚。"]
    assert [text for _, _, text in page.find("li")][-2:] == ["Fish, of course.", "鲸鱼。也有海豚。"]
    scripted = [text for path, _, text in page.find("p") if path.endswith("section/div/p")][1:]
    assert scripted == ["The sea is wide. Its water is salt.", "That is all."]
    links = [found for _, found, _ in page.find("a", of="cue")]
    assert [float(link["data-at"]) for link in links] == list(range(9))
    assert [link.get("lang") for link in links] == [None] * 6 + ["zh"] * 2 + [None]
    assert [link.get("tabindex") for link in links] == [None] + ["-1"] * 8
    about = next(text for _, _, text in page.find("p", of="about"))
    assert about == "0:09 · English, Chinese · tiny/en, tiny/zh · −19.0 LUFS · wav vtt"


def test_a_title_that_is_not_spoken_still_stands_there(tmp_path: Path) -> None:
    page = Page(preview(deliver(tmp_path, "sea", [cue("Waves", "heading"), cue("Hm.", "paragraph")], title="海")))
    (heading,) = page.find("h2")
    assert heading[2] == "海"
    assert page.cues() == ["Waves", "Hm."]


def test_words_are_timed_where_all_of_them_are_known(tmp_path: Path) -> None:
    words = (("a<b", 0, 2000), ("a", 2000, 4000), ("$3.50", 4000, 8000))
    cues = [
        cue("“a<b”: a — $3.50!", "paragraph", words=words),
        cue("a<b a and $3.50", "paragraph", words=words),  # "and" has no time
        cue("a<b a $3.50 more", "paragraph", words=words),  # nor has "more"
        cue("three dollars", "paragraph", words=words),
        cue("光合作用", "paragraph", "zh", words=(("光合", 0, 3000), ("作用", 3000, 8000))),
    ]
    page = Page(preview(deliver(tmp_path, "a", cues)))
    assert page.cues() == [cue.caption for cue in cues]
    found = [(float(attributes["data-at"]), text) for _, attributes, text in page.find("span", of="word")]
    assert found == [(0, "a<b"), (0.25, "a"), (0.5, "$3.50"), (4, "光合"), (4.375, "作用")]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    for number, text in enumerate(HOSTILE):
        course = deliver(tmp_path, f"lesson{number}", [cue(text, "heading"), *map(cue, HOSTILE)], title=text)
    strange = course / 'a "b" <c> #d?e%20&amp;f'
    (course / "lesson0").rename(strange)
    page = Page(preview(course))
    assert page.cues() == [caption for title in HOSTILE for caption in (title, *HOSTILE)]
    assert len(page.find("script")) == 2
    assert not page.find("img")
    assert not [name for _, found, _ in page.elements for name in found if name.startswith("on") or name == "autofocus"]
    assert page.find("source")[0][1]["src"] == "a%20%22b%22%20%3Cc%3E%20%23d%3Fe%2520%26amp%3Bf/lesson0.wav"
    assert strange.name in {found["id"] for _, found, _ in page.find("section")}
    assert page.record()["keys"]


def test_nothing_is_fetched_and_only_the_own_script_runs(tmp_path: Path) -> None:
    page = Page(preview(deliver(tmp_path, "sea", [cue("Hello.", "paragraph")])))
    addresses = [found[name] for _, found, _ in page.elements for name in ("href", "src") if name in found]
    assert [a for a in addresses if not a.startswith(("#", "sea/", "data:,"))] == []
    assert not re.search(r"https?:|@import|url\(", page.source)
    policy = next(found["content"] for _, found, _ in page.find("meta") if "http-equiv" in found)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_what_was_rendered_since_the_last_page_is_marked(tmp_path: Path) -> None:
    first, second, third = cue("One.", "paragraph"), cue("Two.", "paragraph"), cue("Three.", "paragraph")
    course = deliver(tmp_path, "a", [first, second], submitted=1_000_000)
    deliver(tmp_path, "b", [third], submitted=2_000_000)
    page = preview(course)
    assert Page(page).new() == []
    assert "since" not in "".join(text for _, _, text in Page(page).find("header"))

    deliver(tmp_path, "a", [first, cue("Second.", "paragraph"), third], submitted=3_000_000)  # one moved, one edited
    assert Page(preview(course)).new() == ["Second."]
    header = next(text for _, _, text in Page(page).find("header"))
    assert "1 sentence new since 1970-01-01 00:00 UTC." in header
    assert [text for _, _, text in Page(page).find("span", of="count")] == ["1 new"]

    before = page.stat().st_ino
    preview(course)
    assert page.stat().st_ino == before  # right already
    deliver(tmp_path, "b", [third], title="B", submitted=4_000_000)
    assert Page(preview(course)).new() == ["Second."]  # nothing rendered: the marks stand
    assert Page(page).record()["since"] == 2_000_000

    deliver(tmp_path, "a", [first, third], submitted=5_000_000)
    assert Page(preview(course)).new() == []
    assert "Nothing rendered since" in next(text for _, _, text in Page(page).find("header"))


def test_a_record_of_another_version_compares_with_nothing(tmp_path: Path) -> None:
    course = deliver(tmp_path, "a", [cue("One.", "paragraph")])
    page = preview(course)
    page.write_text(page.read_text().replace('{"version":1,', '{"version":2,'))
    deliver(tmp_path, "a", [cue("Two.", "paragraph")])
    assert Page(preview(course)).new() == []


def test_somebody_elses_page_is_never_overwritten(tmp_path: Path) -> None:
    course = deliver(tmp_path, "a", [cue("One.", "paragraph")])
    for name, inline in (("physics.html", True), ("index.html", False)):
        (course / name).write_text("<p>mine")
        with pytest.raises(Permanent, match=rf"{name} is not a preview that narrator wrote: move it away"):
            preview(course, inline=inline)
        assert (course / name).read_text() == "<p>mine"


def test_one_file_holds_everything(tmp_path: Path) -> None:
    course = deliver(tmp_path, "a", [cue("One.", "paragraph")])
    deliver(tmp_path, "b", [cue("Two.", "paragraph")])
    (course / "b" / "b.mp3").write_bytes(b"\xff\xfbmusic")
    deliver(tmp_path, "b", [cue("Two.", "paragraph")], parts=[part(course / "b" / f"b.{s}") for s in ("wav", "mp3")])
    beside = preview(course).read_bytes()
    page = preview(course, inline=True)
    assert page == course / "physics.html"
    assert (course / "index.html").read_bytes() == beside
    sources = [found["src"] for _, found, _ in Page(page).find("source")]
    assert [source.partition(",")[0] for source in sources] == ["data:audio/wav;base64", "data:audio/mpeg;base64"]
    data = [base64.b64decode(source.partition(",")[2]) for source in sources]
    assert data == [(course / "a" / "a.wav").read_bytes(), b"\xff\xfbmusic"]
    assert [a["href"] for _, a, _ in Page(page).find("a") if not a["href"].startswith("#")] == []
    linked = [found["src"] for _, found, _ in Page(course / "index.html").find("source")]
    assert linked == ["a/a.wav", "b/b.wav", "b/b.mp3"]


def test_too_much_for_one_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = deliver(tmp_path, "a", [cue("One.", "paragraph")])
    monkeypatch.setattr(module, "INLINE_LIMIT", 1000)
    with pytest.raises(Permanent, match=r"do not go into one page.*--outputs mp3"):
        preview(course, inline=True)
    assert not (course / "physics.html").exists()


def test_broken_deliveries_are_named(tmp_path: Path) -> None:
    course = deliver(tmp_path, "a", [cue("One.", "paragraph")])
    (course / "a" / "a.wav").unlink()
    with pytest.raises(Permanent, match=r"a\.wav is missing; deliver the lesson again"):
        preview(course)
    (course / "a" / "manifest.json").write_text("{")
    with pytest.raises(Permanent, match=r"a/manifest\.json cannot be read"):
        preview(course)
    with pytest.raises(Permanent, match="no lesson in it"):
        preview(tmp_path)
    assert not (course / "index.html").exists()
    deliver(tmp_path, "a", [cue("One.", "paragraph")])
    (course / "index.html").mkdir()
    with pytest.raises(Permanent, match=r"index\.html: Is a directory"):
        preview(course)


def test_lessons_stand_in_natural_order(tmp_path: Path) -> None:
    for name in ("lesson10", "lesson2", "appendix", "1-start", "10-end", "9-more"):
        course = deliver(tmp_path, name, [cue("One.", "paragraph")])
    order = [found["id"] for _, found, _ in Page(preview(course)).find("section")]
    assert order == ["1-start", "9-more", "10-end", "appendix", "lesson2", "lesson10"]


def test_the_command_takes_a_course_or_all(tmp_path: Path) -> None:
    physics = deliver(tmp_path, "a", [cue("One.", "paragraph")])
    music = deliver(tmp_path, "a", [cue("One.", "paragraph")], course="music")
    music.rename(tmp_path / ".narrator")  # the store's folder is no course
    music = deliver(tmp_path, "a", [cue("One.", "paragraph")], course="music")
    assert courses(tmp_path) == [music, physics]
    assert courses(music) == [music]
    run = CliRunner()
    done = run.invoke(main, ["preview", str(tmp_path)])
    assert (done.exit_code, done.output.split()) == (0, [str(music / "index.html"), str(physics / "index.html")])
    done = run.invoke(main, ["preview", str(music), "--inline"])
    assert (done.exit_code, done.output.split()) == (0, [str(music / "music.html")])
    done = run.invoke(main, ["preview", str(music / "a")])
    assert done.exit_code == 2
    assert "no lesson in it or in a course in it" in done.output


def test_no_other_take_is_offered_of_a_voice_that_has_none(tmp_path: Path) -> None:
    """Kokoro says a sentence in one way only, and the command would refuse."""
    drawn, fixed = cue("One."), cue("Two.")
    fixed = fixed.model_copy(update={"segment": fixed.segment.model_copy(update={"voice": "kokoro/af_heart"})})
    written = preview(deliver(tmp_path, "numbers", [drawn, fixed])).read_text()
    assert re.findall(r'data-command="([^"]*)"', written) == ["retake 3:1", "explain 3"]
