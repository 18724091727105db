"""Segments of one voice without queue or store: ``python -m worker.render.standalone`` reads them from standard input.

Each is spoken, finished and checked like any segment, with the same seed, so what is heard is what a lesson would get.
"""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path

from pydantic import Field

from models.catalog import Catalogue
from models.errors import NarrationError, Permanent, SpeechRejected
from models.family import load_engine, load_frontend
from models.voice import Engine, FrontEnd, Speech, SpeechRequest, Utterance
from worker.audio.checks import check_speech
from worker.audio.finishing import finish_segment
from worker.audio.wav import Pcm, to_pcm
from worker.contract.messages import Message, Segment, seed
from worker.contract.settings import load_settings
from worker.render.batch import DRAWS


class Sound(Message):
    """What to say, and the WAV file to write."""

    segment: Segment
    out: str = Field(min_length=1)


class Say(Message):
    """Sounds to be made, all with voices of one bundle."""

    sounds: tuple[Sound, ...] = Field(min_length=1, max_length=100)


def say(request: Say) -> list[float]:
    """Write the WAV files, each whole or not at all; gives their seconds of audio. Raises NarrationError."""
    bundle = Catalogue.load(load_settings().voices_dir).bundle(request.sounds[0].segment.bundle)
    engine = load_engine(bundle)
    return [_write(sound, engine, load_frontend(bundle)) for sound in request.sounds]


def _write(request: Sound, engine: Engine, frontend: FrontEnd) -> float:
    segment = request.segment
    utterances = tuple(frontend.prepare(segment.text, segment.language, segment.readings))
    pcm, rate = _speak(engine, segment, utterances)
    out = Path(request.out)
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
    return len(pcm) / rate


def _speak(engine: Engine, segment: Segment, utterances: tuple[Utterance, ...]) -> tuple[Pcm, int]:
    """Finished 16-bit samples (n,) and their rate; what is rejected is drawn again with another seed."""
    for attempt in range(DRAWS):
        drawn = seed(segment.key(), attempt)
        request = SpeechRequest(utterances, segment.speaker, drawn, segment.speed / 1000, segment.options)
        ((_, speech),) = engine.speak([request])
        try:
            if not isinstance(speech, Speech):
                raise speech
            finished = finish_segment(speech.samples, speech.sample_rate).samples
            text = " ".join(utterance.text for utterance in utterances)  # numbers are words there
            speed, relaxed = segment.speed / 1000, segment.relaxed
            check_speech(
                finished, speech.sample_rate, text=text, language=segment.language, speed=speed, relaxed=relaxed
            )
        except SpeechRejected:
            if attempt == DRAWS - 1:
                raise
        else:
            return to_pcm(finished), speech.sample_rate
    raise AssertionError("every draw returns or raises")


def main() -> int:
    """Exit code 2 with the reason on standard error, or the seconds of audio as JSON on standard output."""
    try:
        seconds = say(Say.model_validate_json(sys.stdin.buffer.read()))
    except NarrationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps({"seconds": seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
