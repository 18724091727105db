"""Chinese sentences with English words, spoken by two of Kokoro's voices and heard by Whisper, against a baseline.

The two languages are scored apart. Chinese: syllables without tones that are missing from the transcript, or are
others. English: words that the recogniser understands neither in their sentence nor alone, cut out by the times of the
voice's words and heard as English. What is heard in between is not counted: it belongs to the other language.

``python -m tests.acceptance.test_mixed_listen`` (four minutes of a processor) writes the baseline anew, and with it the
figures in docs/normalisation.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jiwer
import numpy as np
import pytest

from models.catalog import Catalogue
from models.family import load_engine, load_frontend
from models.text.languages import HAN, spans
from models.text.segment import punctuated
from models.voice import Engine, FrontEnd, PreparedUtterance, Samples, Speech
from tests.acceptance.listen import comparable_words, sample, transcribe
from tests.speech import request_for
from tests.tables import rows
from worker.audio.word_times import timed_words, word_spans

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]
BASELINE = Path(__file__).parents[1] / "data" / "normalise" / "mixed.tsv"
PAGE = Path(__file__).parents[2] / "docs" / "normalisation.md"
MARKS = ("<!-- mixed: begin -->\n", "<!-- mixed: end -->\n")
SENTENCES = 30
SLACK = 3  # syllables or words: processors differ in the last bit, and then the recogniser in a word or two
QUIETER = 12.0  # dB that English may be below the Chinese around it


class Score(NamedTuple):
    """One sentence: what is missed of how many syllables and words, and what was heard in it and of its English."""

    text: str
    chinese_missed: int
    chinese: int
    english_missed: int
    english: int
    heard: str
    alone: str


def baseline() -> list[Score]:
    return [Score(row[0], *map(int, row[1:5]), *row[5:]) for row in rows(BASELINE)[1:]]


class Listener:
    """The Mandarin voice, with its guest, and who hears them."""

    def __init__(self, front_end: FrontEnd, engine: Engine) -> None:
        self.front_end, self.engine = front_end, engine
        self.speaker = Catalogue.load().default("zh").speaker

    def score(self, text: str) -> Score:
        """Have a sentence spoken, and listen to it. Fails where its English is hardly louder than nothing."""
        prepared = self.front_end.prepare(punctuated(text, "zh"), "zh")
        ((_, speech),) = self.engine.speak([request_for(Catalogue.load().bundle("kokoro"), prepared, self.speaker)])
        assert isinstance(speech, Speech), speech
        english = _english(speech, prepared)
        assert english is not None, f"no English word is timed: {text}"
        assert _level(english) > _level(speech.samples) - QUIETER, f"the English is not audible: {text}"
        heard = transcribe(speech.samples, speech.sample_rate, "zh").strip()
        alone = transcribe(english, speech.sample_rate, "en").strip()
        own = "".join(span.text for span in spans(text, "zh") if span.language == "zh")
        syllables = _syllables(own)
        compared = jiwer.process_words(syllables, _syllables(heard) or "-")
        said = " ".join(span.text for span in spans(text, "zh") if span.language == "en").lower()
        understood = [re.sub("[^a-z]", "", both.lower()) for both in (heard, alone)]
        names = re.findall("[a-z]+", said)
        missed = [name for name in names if not any(name in letters for letters in understood)]
        return Score(
            text, compared.substitutions + compared.deletions, len(syllables.split()), len(missed), len(names), heard,
            alone,
        )  # fmt: skip


def _english(speech: Speech, prepared: Sequence[PreparedUtterance]) -> Samples | None:
    """From the first English word to the end of the last, with some silence around."""
    words = timed_words(word_spans(prepared), speech.token_times or (), len(speech.samples))
    own = [(start, end) for word, start, end in words if re.search("[A-Za-z]", word)]
    if not own:
        return None
    margin = speech.sample_rate // 20
    return np.pad(speech.samples[max(0, own[0][0] - margin) : own[-1][1] + margin], 4 * margin)


def _level(samples: Samples) -> float:
    """dB of what is sound in it."""
    return float(10 * np.log10(np.mean(np.square(samples[np.abs(samples) > 1e-3])) + 1e-12))


def _syllables(text: str) -> str:
    from pypinyin import lazy_pinyin

    return " ".join(lazy_pinyin("".join(re.findall(f"[{HAN}]", comparable_words(text, "zh")))))


def _missed(scores: list[Score]) -> tuple[int, int]:
    """Syllables and words."""
    return sum(score.chinese_missed for score in scores), sum(score.english_missed for score in scores)


def section(scores: list[Score]) -> str:
    """The figures as the page has them."""
    chinese, english = _missed(scores)
    syllables, names = sum(score.chinese for score in scores), sum(score.english for score in scores)
    missed = ", ".join(f"{score.text} ({score.heard} / {score.alone})" for score in scores if score.english_missed)
    return (
        "| | compared by | not understood |\n| --- | --- | --- |\n"
        f"| Chinese | syllables without tones | {chinese / syllables:.1%} of {syllables} |\n"
        f"| English | words, in the sentence or alone | {english / names:.1%} of {names} |\n\n"
        f"Not understood, with what was heard: {missed}\n"
    )


def test_both_languages_are_understood_as_they_were(voice: tuple[FrontEnd, Engine], record_testsuite_property):
    recorded = baseline()
    assert len(recorded) == SENTENCES
    recorded = list(sample(recorded))
    listener = Listener(*voice)
    scores = [listener.score(score.text) for score in recorded]
    print(*scores, sep="\n")
    for language, now, before in zip(("Chinese", "English"), _missed(scores), _missed(recorded), strict=True):
        record_testsuite_property(f"mixed sentences, {language} not understood", now)
        assert now <= before + SLACK, f"{language}: {now} not understood, {before} before\n{scores}"


def test_the_page_has_the_figures():
    _, figures, _ = re.split("|".join(MARKS), PAGE.read_text("utf-8"))
    assert figures == section(baseline()), "run: python -m tests.acceptance.test_mixed_listen"


def write() -> None:
    """Listen to all sentences; write the baseline and the page."""
    bundle = Catalogue.load().bundle("kokoro")
    listener = Listener(load_frontend(bundle), load_engine(bundle, threads=2))
    scores = [listener.score(row[0]) for row in rows(BASELINE)[1:]]
    lines = ["\t".join(Score._fields), *("\t".join(map(str, score)) for score in scores)]
    BASELINE.write_text("\n".join(lines) + "\n", "utf-8")
    before, _, after = re.split("|".join(MARKS), PAGE.read_text("utf-8"))
    PAGE.write_text(before + MARKS[0] + section(scores) + MARKS[1] + after, "utf-8")
    print(*scores, sep="\n")


if __name__ == "__main__":
    write()
