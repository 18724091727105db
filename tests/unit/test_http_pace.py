"""Who is let in to wait for a segment, by how fast the others' get done."""

from __future__ import annotations

import pytest

from producer.errors import Busy
from producer.http.pace import ENOUGH, BundlePace

PATIENCE = 60.0


def measured(seconds_a_segment: float, segments: int = 10) -> BundlePace:
    pace = BundlePace()
    for n in range(segments):
        pace.settled(n * seconds_a_segment, still_waiting=1)
    return pace


def test_at_first_everybody_is_let_in() -> None:
    BundlePace().admit(200, PATIENCE)
    measured(10.0, ENOUGH - 1).admit(200, PATIENCE)


@pytest.mark.parametrize("waiting", [0, 10, 28])
def test_whoever_can_be_served_in_time_is_let_in(waiting: int) -> None:
    measured(2.0).admit(waiting, PATIENCE)


def test_whoever_cannot_is_told_at_once_and_when_to_ask_again() -> None:
    with pytest.raises(Busy, match="39 segments wait already, which take 80 s") as found:
        measured(2.0).admit(39, PATIENCE)
    assert found.value.seconds == 20
    with pytest.raises(Busy) as far:
        measured(2.0).admit(1_000, PATIENCE)
    assert far.value.seconds == 60


def test_a_pause_in_which_nobody_waits_slows_no_measure() -> None:
    pace = measured(0.1)
    pace.settled(2.0, still_waiting=0)
    pace.settled(5_000.0, still_waiting=3)
    assert pace.seconds_for(100) == 0
    pace.admit(200, PATIENCE)
    for n in range(1, ENOUGH):
        pace.settled(5_000.0 + n, still_waiting=3)
    assert pace.seconds_for(100) == pytest.approx(100)
