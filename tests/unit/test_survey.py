"""How lessons came out: medians, and sentences out of line with their voice."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from producer.cli import main
from producer.outputs.survey import SurveyedSentence, outliers, survey
from tests.delivered import cue, deliver


def spoken(
    number: int, rate: float | None = 15.0, pitch: float | None = 200.0, voice: str = "tiny/en"
) -> SurveyedSentence:
    return SurveyedSentence(f"sea.md:{number}", f"Sentence {number}.", voice, "en", rate, pitch)


def test_a_sentence_far_from_its_voices_median_is_an_outlier() -> None:
    usual = [spoken(n, 15 + n % 3, 200 + n % 5) for n in range(20)]
    slow, high, other = spoken(30, 8.0), spoken(31, None, 320.0), [spoken(n, 8.0, 110.0, "tiny/zh") for n in range(20)]
    found = outliers([*usual, slow, high, *other])
    assert {(one.where, o.measure) for one, all_ in found.items() for o in all_} == {
        ("sea.md:30", "rate"), ("sea.md:31", "pitch"),
    }  # fmt: skip
    assert found[slow][0].score < -3.5 < 3.5 < found[high][0].score
    assert found[slow][0].usual == 16.0


def test_small_differences_and_few_sentences_are_no_outliers() -> None:
    assert not outliers([*(spoken(n) for n in range(20)), spoken(30, 18.0, 220.0)])  # a spread of nothing
    assert not outliers([*(spoken(n) for n in range(6)), spoken(30, 5.0)])
    assert not outliers([spoken(n, None, None) for n in range(20)])


def test_a_report_of_delivered_lessons(tmp_path: Path) -> None:
    usual = [cue("Twelve letters and more.", "paragraph", speech_ms=1500, pitch=2000 + n) for n in range(12)]
    slow = cue("It is 12 o'clock now.", "paragraph", speech_ms=5000, pitch=2000)
    short = cue("Hm.", "paragraph", speech_ms=300, pitch=None)
    course = deliver(tmp_path, "sea", [*usual, slow, short])
    (found,) = survey(tmp_path)
    assert found.rate == 16.0  # 24 letters in 1.5 s
    assert found.pitch == 200.5
    (outlier,) = found.outliers
    assert (outlier.where, outlier.measure, outlier.text) == ("sea.md:3", "rate", "It is 12 o'clock now.")
    assert outlier.value < 6
    done = CliRunner().invoke(main, ["report", str(course)])
    assert done.exit_code == 0, done.output
    first, second, third = done.output.splitlines()
    assert first == "physics/sea: 14.0 s, 16.0 letters/s, 200 Hz, -19.0 LUFS"
    assert second.startswith("sea.md:3: spoken at ")
    assert third.strip() == "narrator retake sea.md:3"
    record = json.loads(CliRunner().invoke(main, ["report", str(course), "--json"]).output)
    assert record["lessons"][0]["outliers"][0]["measure"] == "rate"
    assert len(record["lessons"][0]["segments"]) == 14
    assert record["lessons"][0]["loudness"]["integrated"] == -2246


def test_lessons_of_an_older_version_have_no_figures(tmp_path: Path) -> None:
    deliver(tmp_path, "sea", [cue("One.", "paragraph")])
    (found,) = survey(tmp_path)
    assert (found.rate, found.pitch, found.outliers) == (None, None, ())
