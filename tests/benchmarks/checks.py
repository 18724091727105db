"""The acceptance checks, calibrated: faults planted in real speech, how many are found, and how often good speech is.

    python -m tests.benchmarks.checks              Kokoro speaks 119 sentences, then faults are planted in each
    python -m tests.benchmarks.checks 5            every fifth sentence
    python -m tests.benchmarks.checks listen       for --listen-back: what it hears in 25 sentences, four ways

The sentences are those of the listening tests, half of them full of figures, and those of the example course. What was
spoken stays in ``.cache/checks``, four minutes of one core, until voice or text changes.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.catalog import Catalogue
from models.errors import SpeechRejected
from models.family import load_engine, load_frontend
from models.kokoro.guest_voices import guest
from models.voice import Speech, SpeechRequest, spoken_by
from producer.run.listen_back import MOST_WRONG
from producer.run.word_errors import error_rate
from tests.tables import rows
from worker.audio.checks import check_speech
from worker.audio.finishing import finish_segment
from worker.audio.word_times import timed_words, word_spans
from worker.listen_back.recogniser import transcribe

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "checks"
FIGURES = ROOT / "tests" / "data" / "normalise" / "spoken.tsv"
EVERY = {"en": 2, "zh": 2, "ja": 3}  # of the sentences full of figures

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence as an engine gave it; ``words`` are [start, end) in samples."""

    language: str
    speaker: str
    text: str  # numbers in words
    duration_ms: tuple[float, float]  # the least and the most that its tokens may take
    samples: Samples
    rate: int
    words: tuple[tuple[int, int], ...]


# --- speech
def sentences() -> list[tuple[str, str]]:
    """(language, text) of every sentence."""
    found = []
    for language, every in EVERY.items():
        found += [(language, text) for of, text in rows(FIGURES) if of == language][::every]
    from producer.lessons.options import NarrationOptions
    from producer.plan.planner import plan
    from producer.plan.voices import KnownVoices

    course = plan(
        [ROOT / "examples" / "everyday-science"], NarrationOptions(), KnownVoices(Catalogue.load(), load_frontend), None
    )
    for lesson in course.lessons:
        assert lesson.plan
        found += [(entry.segment.language, entry.segment.text) for entry in lesson.plan.entries]
    return list(dict.fromkeys(found))


def speech(every: int = 1, name: str = "kokoro") -> Iterator[Spoken]:
    """The sentences, spoken by the bundle's voices of their language in turn."""
    catalogue = Catalogue.load()
    bundle = catalogue.bundle(name)
    front_end, engine = load_frontend(bundle), None
    of = defaultdict(list)
    for voice in catalogue.voices:
        if voice.bundle == name:
            of[voice.languages[0]].append(voice.speaker)
    CACHE.mkdir(parents=True, exist_ok=True)
    for i, (language, text) in enumerate(sentences()[::every]):
        if language not in of:
            continue
        speaker = of[language][i % len(of[language])]
        prepared = front_end.prepare(text, language)
        utterances = spoken_by(prepared, lambda other, host=speaker: guest(bundle, host, other))
        asked = json.dumps([bundle.fingerprint(speaker), [asdict(u) for u in utterances]])
        engine = engine or load_engine(bundle)
        durations = engine.duration_ms
        path = CACHE / f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}.npz"
        if not path.exists():
            ((_, made),) = engine.speak([SpeechRequest(utterances, speaker, 0)])
            assert isinstance(made, Speech), made
            words = [
                (start, end)
                for _, start, end in timed_words(word_spans(prepared), made.token_times or (), len(made.samples))
            ]
            np.savez(path, samples=made.samples, rate=made.sample_rate, words=np.array(words).reshape(-1, 2))
        with np.load(path) as file:
            words = tuple((int(a), int(b)) for a, b in file["words"])
            said = " ".join(u.text for u in prepared)
            band = durations(utterances)
            yield Spoken(language, speaker, said, band, file["samples"], int(file["rate"]), words)


# --- faults
def _cut(spoken: Spoken, first: int, end: int) -> Samples:
    """Without the words [first, end)."""
    begin, resume = spoken.words[first][0], spoken.words[end - 1][1]
    return np.concatenate([spoken.samples[:begin], spoken.samples[resume:]])


def _loop(spoken: Spoken, times: int) -> Samples:
    """The two words in the middle, said ``times`` more."""
    middle = len(spoken.words) // 2
    begin, end = spoken.words[middle - 1][0], spoken.words[middle][1]
    return np.concatenate([spoken.samples[:end], np.tile(spoken.samples[begin:end], times), spoken.samples[end:]])


def _pause(spoken: Spoken, seconds: float) -> Samples:
    """Silence before the word in the middle."""
    at = spoken.words[len(spoken.words) // 2][0]
    return np.concatenate(
        [spoken.samples[:at], np.zeros(round(seconds * spoken.rate), np.float32), spoken.samples[at:]]
    )


def _not_a_number(spoken: Spoken) -> Samples:
    samples = spoken.samples.copy()
    samples[len(samples) // 2] = np.nan
    return samples


def _gain(spoken: Spoken, db: float) -> Samples:
    return np.clip(spoken.samples * np.float32(10 ** (db / 20)), -1, 1)


GOOD = "nothing: good speech"
FAULTS: dict[str, Callable[[Spoken], Samples]] = {
    GOOD: lambda s: s.samples,
    "one word dropped": lambda s: _cut(s, len(s.words) // 2, len(s.words) // 2 + 1),
    "a third dropped, in the middle": lambda s: _cut(s, len(s.words) // 3, len(s.words) // 3 + len(s.words) // 3),
    "the first half dropped": lambda s: _cut(s, 0, len(s.words) // 2),
    "two thirds dropped": lambda s: _cut(s, len(s.words) // 3, len(s.words)),
    "ends after three quarters": lambda s: _cut(s, 3 * len(s.words) // 4, len(s.words)),
    "ends after half": lambda s: _cut(s, len(s.words) // 2, len(s.words)),
    "ends after a quarter": lambda s: _cut(s, len(s.words) // 4, len(s.words)),
    "two words said twice": lambda s: _loop(s, 1),
    "two words said six times": lambda s: _loop(s, 5),
    "two words said sixteen times": lambda s: _loop(s, 15),
    "said twice": lambda s: np.concatenate([s.samples, s.samples]),
    "said three times": lambda s: np.tile(s.samples, 3),
    "silence of 2 s inside": lambda s: _pause(s, 2.0),
    "clipped, 30 dB too loud": lambda s: _gain(s, 30),
    "50 dB too quiet": lambda s: _gain(s, -50),
    "silence": lambda s: np.zeros_like(s.samples),
    "one sample not a number": _not_a_number,
}
LEAST_WORDS = 4  # in sentences that faults are planted in


def rejected(spoken: Spoken, samples: Samples) -> bool:
    """Whether the worker would refuse these samples for the sentence."""
    try:
        finished = finish_segment(samples, spoken.rate).samples
        check_speech(finished, spoken.rate, duration_ms=spoken.duration_ms)
    except SpeechRejected:
        return True
    return False


HEARD = {"en": 10, "zh": 10, "ja": 5}  # sentences that are listened to, of those with enough words
LISTENED = (GOOD, "one word dropped", "a third dropped, in the middle", "the first half dropped")


def listen() -> None:
    """Print how much of good and of damaged speech is misheard, and what ``--listen-back`` lists of it."""
    spoken = [one for one in speech(3) if len(one.words) >= LEAST_WORDS]  # enough to take these from
    print("| planted | language | wrong: least, median, most | listed |\n| --- | --- | --- | --- |")
    for language, number in HEARD.items():
        mine = [one for one in spoken if one.language == language]
        mine = mine[:: len(mine) // number][:number]
        for fault in LISTENED:
            heard = [transcribe(FAULTS[fault](one), one.rate, language) for one in mine]
            wrong = [error_rate(one.text, text, language) for one, text in zip(mine, heard, strict=True)]
            spread = ", ".join(f"{value:.0%}" for value in (min(wrong), np.median(wrong), max(wrong)))
            listed = sum(rate > MOST_WRONG[language] for rate in wrong)
            print(f"| {fault} | {language} | {spread} | {listed} of {len(mine)} |", flush=True)


def rates(spoken: list[Spoken]) -> dict[str, dict[str, float]]:
    """Share of sentences refused, by fault and language; of good speech these are false alarms."""
    found: dict[str, dict[str, float]] = {}
    for fault, plant in FAULTS.items():
        for language in EVERY:
            fit = [s for s in spoken if s.language == language and (fault == GOOD or len(s.words) >= LEAST_WORDS)]
            found.setdefault(fault, {})[language] = float(np.mean([rejected(s, plant(s)) for s in fit]))
    return found


def main(every: str = "1") -> None:
    """Print the table."""
    if every == "listen":
        listen()
        return
    spoken = list(speech(int(every)))
    print(f"{len(spoken)} sentences, {sum(len(s.samples) / s.rate for s in spoken):.0f} s of speech")
    print(f"| planted | {' | '.join(EVERY)} |\n| --- |{' --- |' * len(EVERY)}")
    for fault, by in rates(spoken).items():
        print(f"| {fault} | {' | '.join(f'{by[language]:.0%}' for language in EVERY)} |")
    others = list(speech(int(every), "piper-joe"))
    print(f"\nGood speech of another family: {sum(rejected(s, s.samples) for s in others)} of {len(others)} refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
