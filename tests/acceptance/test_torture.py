"""A deliberately nasty course, examples/torture, is narrated by ``narrator make`` and read as a careful reader would.

Two judges. By eye: what is spoken is what ``tests/data/normalise/torture.tsv`` says, checked line by line. By ear:
Whisper hears each sentence, both sides are normalised as in test_normalise_listen, in four minutes of a processor.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import jiwer
import pytest
import soundfile

from models.text.normalise import normalise
from producer.tools.explain import explain
from tests.acceptance.conftest import ROOT
from tests.acceptance.listen import transcribe
from tests.acceptance.test_courses import narrated
from tests.acceptance.test_normalise_listen import compared
from tests.tables import rows
from tests.unit.test_normalise_table import heard as same

COURSE = ROOT / "examples" / "torture"
READINGS = Path(__file__).parents[1] / "data" / "normalise" / "torture.tsv"
# Of a lesson's words, syllables or kana, what is misheard. docs/normalisation.md says what that is.
BOUNDS = {
    "01-figures": 0.12,
    "02-figures-in-chinese": 0.15,
    "03-figures-in-japanese": 0.20,
    "04-mixed": 0.35,
    "05-marks": 0.20,
    "rows": 0.15,
}


def lessons() -> list[Path]:
    return sorted(path for path in COURSE.iterdir() if path.suffix != ".toml")


def test_every_sentence_is_read_as_listed() -> None:
    expected = rows(READINGS)
    given = [
        (path.name, str(found["normalised"]), str(found["language"]))
        for path in lessons()
        for found in explain(str(path))
    ]
    assert [name for name, _, _ in given] == [name for name, _ in expected]
    for (_, reading, language), (name, listed) in zip(given, expected, strict=True):
        assert same(reading, language) == same(listed, language), name


@pytest.mark.listen
@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_lesson_is_understood(tmp_path: Path, record_testsuite_property) -> None:
    course = tmp_path / COURSE.name
    course.mkdir()
    for path in [*lessons(), COURSE / "lexicon.toml"]:
        shutil.copy(path, course)
    lines, rates = [], {}
    for name, manifest in narrated(course, tmp_path / "out").items():
        folder = tmp_path / "out" / manifest.course / name
        samples, rate = soundfile.read(str(folder / f"{name}.wav"), dtype="float32")
        said, heard = [], []
        for cue in manifest.cues:
            language = cue.segment.language
            transcript = transcribe(samples[cue.start : cue.end], rate, language)
            said.append(compared(cue.segment.text, language))
            heard.append(compared(transcript, language))
            lines.append(f"{name} {language}  {normalise(cue.segment.text, language)}  |  {transcript.strip()}")
        rates[name] = float(jiwer.wer(said, heard))
        record_testsuite_property(f"torture, {name} misheard", f"{rates[name]:.4f}")
    print(*lines, rates, sep="\n")
    assert rates
    assert all(rate <= BOUNDS[name] for name, rate in rates.items()), f"{rates}\n" + "\n".join(lines)
