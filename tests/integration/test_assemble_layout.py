"""Where everything stands in a lesson, whatever the rates, lengths and pauses."""

from __future__ import annotations

from tempfile import TemporaryFile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import Permanent
from tests.integration.test_assemble import plan_of, segment
from worker.assemble.sound import LessonSound, Spool, lay_out

PIECES = st.lists(
    st.tuples(st.integers(1, 5000), st.sampled_from([8000, 22050, 24000]), st.integers(0, 700)), min_size=1, max_size=30
)
SPOKEN = segment("Hm.")


@given(PIECES)
def test_every_entry_is_where_the_sum_of_all_before_puts_it(pieces: list[tuple[int, int, int]]) -> None:
    with TemporaryFile() as file:
        spool = Spool(file)
        for length, rate, _ in pieces:
            spool.add(np.full(length, 1000, np.int16), rate)
        lesson = lay_out(plan_of(*[(SPOKEN, pause) for _, _, pause in pieces]), spool)
        sound = np.concatenate(list(lesson.blocks()))
    assert lesson.rate == max(rate for _, rate, _ in pieces)
    assert len(sound) == lesson.samples
    at = 0
    pauses = 0
    for (length, rate, pause), (start, end) in zip(pieces, lesson.spans, strict=True):
        assert abs(end - start - length * lesson.rate / rate) <= 0.5
        assert abs(start - at - pauses * lesson.rate / 1000) <= 0.5
        at += end - start
        pauses += pause
        sound[start:end] = 0
    assert abs(lesson.samples - at - pauses * lesson.rate / 1000) <= 0.5
    assert not sound.any()


def test_a_lesson_too_long_for_a_wav_is_refused() -> None:
    with TemporaryFile() as file:
        spool = Spool(file)
        for _ in range(160):
            spool.add(np.zeros(10, np.int16), 24000)
        plan = plan_of(*[(SPOKEN, 600_000)] * 160)
        with pytest.raises(Permanent, match=r"physics/waves would last 26\.7 h, too long for a WAV file: divide it"):
            lay_out(plan, spool)


def test_a_long_pause_is_made_in_pieces() -> None:
    with TemporaryFile() as file:
        spool = Spool(file)
        spool.add(np.zeros(10, np.int16), 24000)
        lesson: LessonSound = lay_out(plan_of((SPOKEN, 600_000)), spool)
        assert max(map(len, lesson.blocks())) <= 1 << 16


def test_an_entry_with_a_time_begins_then_or_as_soon_as_it_can() -> None:
    plan = plan_of(*[(SPOKEN, 0)] * 4)
    times = (500, None, 2500, 2600)
    plan = plan.model_copy(
        update={
            "entries": tuple(
                e.model_copy(update={"at_ms": at, "pause_ms": 100}) for e, at in zip(plan.entries, times, strict=True)
            )
        }
    )
    with TemporaryFile() as file:
        spool = Spool(file)
        for _ in times:
            spool.add(np.full(8000, 1000, np.int16), 8000)  # a second each
        lesson = lay_out(plan, spool)
        sound = np.concatenate(list(lesson.blocks()))
    starts = [start / 8 for start, _ in lesson.spans]
    assert starts == [500, 1600, 2700, 3800]  # the third is 200 ms late, the fourth 1200
    assert len(sound) == lesson.samples == 8 * 4900
    for start, end in lesson.spans:
        assert (sound[start:end] == 1000).all()
        sound[start:end] = 0
    assert not sound.any()
