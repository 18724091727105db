"""A bare engine process: front-end and engine over texts from standard input, no queue, no store, nothing written."""

from __future__ import annotations

import json
import sys
import time

from models.catalog import Catalogue
from models.family import load_engine, load_frontend
from models.voice import Speech
from tests.speech import request_for


def main() -> None:
    """``{"voice": "kokoro/af_heart", "language": "en", "texts": [...]}`` -> seconds of audio and of work."""
    asked = json.load(sys.stdin)
    catalogue = Catalogue.load()
    voice = catalogue.find(asked["voice"])
    bundle = catalogue.bundle(voice.bundle)
    frontend, engine = load_frontend(bundle), load_engine(bundle, threads=1)
    frontend.prepare("Ready.", asked["language"])
    began, samples = time.perf_counter(), 0
    for text in asked["texts"]:
        prepared = frontend.prepare(text, asked["language"])
        for _, speech in engine.speak([request_for(bundle, prepared, voice.speaker)]):
            assert isinstance(speech, Speech), speech
            samples += len(speech.samples)
    json.dump({"audio": samples / engine.sample_rate, "seconds": time.perf_counter() - began}, sys.stdout)


if __name__ == "__main__":
    main()
