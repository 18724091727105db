"""Segments spoken without queue or store: ``python -m worker.render.audition``, a helper process.

Each is spoken, finished and checked like any segment, with the same seed, so what is heard is what a lesson would get.
"""

from __future__ import annotations

import sys
import wave
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from models.bundle import Bundle
from models.catalog import Catalogue
from models.errors import NarrationError, Permanent
from models.family import load_engine, load_frontend
from models.helper_process import answer_requests
from models.voice import Engine, FrontEnd, Speech
from worker.audio.wav import Pcm, to_pcm
from worker.contract.helper_requests import Audition
from worker.contract.messages import Job
from worker.contract.settings import load_settings
from worker.render.speak import Accepted, Draw, finish_and_check, prepare_draw, speak_until_accepted


def speak_audition(audition: Audition) -> dict[str, float]:
    """Speak a segment into its WAV file; gives its ``seconds``. Raises NarrationError."""
    segment = audition.segment
    bundle, frontend, engine = _voices(segment.bundle)
    job = Job(key=segment.key(), segment=segment)

    def speak(draws: Sequence[Draw]) -> Iterator[tuple[Draw, Speech | NarrationError]]:
        for index, result in engine.speak([draw.request for draw in draws]):
            yield draws[index], result

    ((_, outcome),) = speak_until_accepted(
        [job],
        lambda job, attempt: prepare_draw(job, attempt, frontend, bundle),
        speak,
        lambda draw, speech: finish_and_check(draw, speech, engine),
    )
    if not isinstance(outcome, Accepted):
        raise outcome
    pcm, rate = to_pcm(outcome.finished.samples), outcome.speech.sample_rate
    _write(Path(audition.out), pcm, rate)
    return {"seconds": len(pcm) / rate}


@lru_cache(maxsize=1)
def _voices(bundle: str) -> tuple[Bundle, FrontEnd, Engine]:
    found: Bundle = Catalogue.load(load_settings().voices_dir).bundle(bundle)
    return found, load_frontend(found), load_engine(found)


def _write(out: Path, pcm: Pcm, rate: int) -> None:
    """Write a WAV file, whole or not at all."""
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("wb") as file, wave.open(file) as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(pcm.astype("<i2").tobytes())
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Permanent(f"{out}: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(answer_requests(Audition, speak_audition))
