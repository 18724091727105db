"""SSML, spoken by Kokoro and heard by Whisper: what say-as, sub and a change of voice ask for is what is heard."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from producer.cli import main
from tests.acceptance.listen import error_rate, transcribe
from worker.contract.manifest import Manifest

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]

LESSON = """<speak version="1.1" xml:lang="en">
  <p>
    <s>The meeting is on <say-as interpret-as="date" format="dmy">03/05/2026</say-as>.</s>
    <s>Please call <say-as interpret-as="telephone">2065550123</say-as> today.</s>
    <s>The rules were written by the <sub alias="World Wide Web Consortium">W3C</sub> long ago.</s>
    <s>The <mark name="moon"/>moon follows the earth around the sun.</s>
  </p>
  <voice name="bf_emma"><p>A second teacher reads this sentence aloud.</p></voice>
  <p><prosody volume="-6dB">The sea was quiet in the evening.</prosody></p>
  <p>The sea was quiet in the evening.</p>
  <p><prosody rate="70%">The sea was quiet in the evening.</prosody></p>
</speak>
"""
HEARD = (
    "The meeting is on the third of May twenty twenty six",
    "Please call two zero six five five five zero one two three today",
    "The rules were written by the World Wide Web Consortium long ago",
    "The moon follows the earth around the sun",
    "A second teacher reads this sentence aloud",
)
SAME = {"3rd": "third", "2026": "twenty twenty six", "206": "two zero six", "555": "five five five",
        "0123": "zero one two three", "oh": "zero"}  # fmt: skip


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    source = folder / "marks.ssml"
    source.write_text(LESSON, encoding="utf-8")
    out = folder / "audio"
    made = CliRunner().invoke(main, ["make", str(source), "--out", str(out), "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["failed"] == 0
    manifest = Manifest.model_validate_json(next(out.glob("*/marks/manifest.json")).read_bytes())
    samples, rate = soundfile.read(str(next(out.glob("*/marks/marks.wav"))), dtype="float32")
    return manifest, samples, rate


def test_what_was_asked_for_is_heard(lesson):
    manifest, samples, rate = lesson
    heard = [transcribe(samples[cue.start : cue.end], rate, "en") for cue in manifest.cues[: len(HEARD)]]
    print("\n".join(heard))
    assert error_rate(list(HEARD), [_in_words(text) for text in heard], "en") <= 0.08


def test_captions_and_voices_are_the_authors(lesson):
    cues = lesson[0].cues
    assert cues[2].caption == "The rules were written by the W3C long ago."
    assert [cue.segment.voice.partition("/")[2] for cue in cues[3:6]] == ["af_heart", "bf_emma", "af_heart"]


def test_volume_rate_and_marks_are_as_asked(lesson):
    manifest, samples, _ = lesson
    soft, plain, slow = manifest.cues[-3:]
    assert soft.key == plain.key
    levels = [np.std(samples[cue.start : cue.end]) for cue in (soft, plain)]
    assert 20 * np.log10(levels[0] / levels[1]) == pytest.approx(-6, abs=0.1)
    assert (slow.end - slow.start) / (plain.end - plain.start) == pytest.approx(1 / 0.7, rel=0.15)
    (mark,) = manifest.marks
    assert (mark.name, mark.timing) == ("moon", "word")
    words = {text: start for text, start, _ in manifest.cues[3].words}
    assert mark.sample == words["moon"]


def _in_words(text):
    """Figures as Whisper writes them in the words that were said."""
    bare = "".join(c if c.isalnum() or c.isspace() else " " if c in "-.," else "" for c in text)
    return " ".join(SAME.get(word, word) for word in bare.split())
