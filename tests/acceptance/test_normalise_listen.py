"""Sentences full of figures, spoken by Kokoro and heard by Whisper: what was written is what a listener gets.

The recogniser writes figures its own way ("$12.50", "twelve fifty"), so what it heard is normalised, too, before the
two are compared: English in words, Chinese in syllables without tones, Japanese in kana. All of it takes six minutes
of a processor.
"""

from __future__ import annotations

import re
from pathlib import Path

import jiwer
import pytest

from models.catalog import Catalogue
from models.text.normalise import normalise
from models.text.segment import punctuated
from models.voice import Speech, SpeechRequest
from tests.acceptance.listen import allowed, comparable_words, sample, transcribe
from tests.tables import rows

pytestmark = [pytest.mark.listen, pytest.mark.timeout(1800)]
SENTENCES = Path(__file__).parents[1] / "data" / "normalise" / "spoken.tsv"
SIZES = {"en": 60, "zh": 60, "ja": 40}
BOUNDS = {"en": 0.05, "zh": 0.05, "ja": 0.12}


def sentences(language: str) -> list[str]:
    own = [text for of, text in rows(SENTENCES) if of == language]
    assert len(own) == SIZES[language]
    return list(sample(own))


def compared(text: str, language: str) -> str:
    """Text in the units that are compared, apart by spaces."""
    text = comparable_words(normalise(text, language), language)
    if language == "zh":
        from pypinyin import lazy_pinyin

        return " ".join(lazy_pinyin(text.replace(" ", "")))
    # "A M", "AM" and "a.m." are the same letters
    return re.sub(r"\b(\w) (?=\w\b)", r"\1", text) if language == "en" else text


@pytest.mark.parametrize("language", list(BOUNDS))
def test_figures_are_understood(language, voice, record_testsuite_property):
    front_end, engine = voice
    speaker = Catalogue.load().default(language).speaker
    said, heard, lines = [], [], []
    for text in sentences(language):
        utterances = tuple(front_end.prepare(punctuated(text, language), language))
        ((_, speech),) = engine.speak([SpeechRequest(utterances, speaker, seed=1)])
        assert isinstance(speech, Speech), speech
        transcript = transcribe(speech.samples, speech.sample_rate, language)
        said.append(compared(text, language))
        heard.append(compared(transcript, language))
        rate = jiwer.wer(said[-1], heard[-1])
        lines.append(f"{rate:5.0%}  {text}  |  {normalise(text, language)}  |  {transcript.strip()}")
    rate = float(jiwer.wer(said, heard))
    units = sum(len(text.split()) for text in said)
    print("\n".join(lines), f"{language}: {rate:.4f} of {units} units", sep="\n")
    record_testsuite_property(f"figures misheard, {language}", f"{rate:.4f}")
    assert rate <= allowed(BOUNDS[language], units), f"{language}: {rate:.1%} misheard\n" + "\n".join(lines)
