"""``make`` leaves a page a course, and marks in it what it has rendered since the page before."""

from __future__ import annotations

import re
from pathlib import Path

import producer
from tests.conftest import TINY_VOICES
from worker.contract.settings import Settings

NEW = re.compile(r'class="cue new"[^>]*>([^<]*)<')


def test_a_course_its_page_and_an_edit(tmp_path: Path) -> None:
    lessons = tmp_path / "physics"
    lessons.mkdir()
    (lessons / "sea.md").write_text("---\nvoice: tiny/one\n---\n# The sea\n\nThe sea is wide. Its water is salt.\n")
    out, settings = tmp_path / "out", Settings(voices_dir=TINY_VOICES, sweep_seconds=0.3)
    page = out / "physics" / "index.html"

    report = producer.make([lessons], out, processes=1, settings=settings)
    assert report.as_json()["preview"] == (str(page),)
    assert "Its water is salt." in page.read_text()
    assert NEW.findall(page.read_text()) == []

    (lessons / "sea.md").write_text("---\nvoice: tiny/one\n---\n# The sea\n\nThe sea is deep. Its water is salt.\n")
    report = producer.make([lessons], out, processes=1, settings=settings)
    assert (report.rendered, report.preview) == (1, (str(page),))
    assert NEW.findall(page.read_text()) == ["The sea is deep."]

    page.write_text("<p>mine")
    report = producer.make([lessons], out, settings=settings)  # nothing to do but the page, which is somebody's own
    assert (report.results, report.preview, report.failed_lessons) == ((str(page.parent / "sea"),), (), 0)
    assert report.exit_code == 1
    assert "move it away" in report.failures[0].reason
