"""Audio in, words out: ``python -m worker.listen_back``, a helper process that hears lessons in the store.

What should have been said is none of its business: ``producer.run.listen_back`` compares.
"""

from __future__ import annotations

import sys

import numpy as np
import soundfile

from models.helper_process import answer_requests
from models.voice import Samples
from worker.contract.helper_requests import Hearing
from worker.contract.settings import load_settings
from worker.listen_back.recogniser import transcribe
from worker.store import open_store


def hear(hearing: Hearing) -> dict[str, list[str]]:
    """Hear the stretches of an audio file. Raises Missing, and Permanent where no recogniser is installed."""
    with open_store(load_settings()).open(hearing.name) as file, soundfile.SoundFile(file) as sound:
        rate = sound.samplerate  # in Opus it is not the lesson's
        return {
            "heard": [
                transcribe(_cut(sound, *(round(edge * rate / hearing.rate) for edge in edges)), rate, language).strip()
                for *edges, language in hearing.stretches
            ]
        }


def _cut(sound: soundfile.SoundFile, start: int, end: int) -> Samples:
    """Mono samples [start, end): (n,) float32."""
    sound.seek(start)
    samples = sound.read(end - start, dtype="float32", always_2d=True).mean(axis=1)
    return np.ascontiguousarray(samples, np.float32)


if __name__ == "__main__":
    sys.exit(answer_requests(Hearing, hear))
