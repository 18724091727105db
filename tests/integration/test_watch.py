"""The estimate of the time left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from producer.run import watch
from producer.run.run import nothing_to_do
from producer.run.watch import Pace


def test_the_pace_is_that_of_the_segments_done_since_first_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    progress = replace(nothing_to_do("run"), segments=100, remaining=90)
    pace = Pace()
    assert pace.remaining_seconds(progress) is None
    now[0] += 10
    assert pace.remaining_seconds(replace(progress, remaining=70)) == pytest.approx(35.0)
    assert pace.remaining_seconds(replace(progress, remaining=0)) == 0.0


def test_the_pace_begins_anew_with_a_run_that_was_submitted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(watch.time, "monotonic", lambda: now[0])
    progress = replace(nothing_to_do("run"), segments=100, remaining=50)
    pace = Pace()
    pace.remaining_seconds(progress)
    now[0] += 1000
    assert pace.remaining_seconds(replace(progress, segments=50, remaining=50)) is None
    now[0] += 10
    assert pace.remaining_seconds(replace(progress, segments=50, remaining=40)) == pytest.approx(40.0)
