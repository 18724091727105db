"""Faults planted in real speech: what the acceptance checks refuse, and that they refuse nothing else.

Twelve of the sentences that docs/checks.md reports on.
"""

from __future__ import annotations

import pytest

from tests.benchmarks.checks import EVERY, GOOD, rates, speech

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
ALWAYS = (
    "ends after a quarter",
    "said three times",
    "silence of 2 s inside",
    "clipped, 30 dB too loud",
    "50 dB too quiet",
    "silence",
    "one sample not a number",
)


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, float]]:
    return rates(list(speech(10)))


def test_good_speech_passes(found):
    assert found[GOOD] == dict.fromkeys(EVERY, 0.0)


@pytest.mark.parametrize("fault", ALWAYS)
def test_a_gross_fault_is_always_found(found, fault):
    assert found[fault] == dict.fromkeys(EVERY, 1.0)


def test_most_of_the_text_lost_is_nearly_always_found(found):
    assert min(found["two thirds dropped"].values()) >= 0.5
