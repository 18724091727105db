"""One utterance without queue or store, for trying a voice: the worker's own entry, started as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from models.voice import NarrationError, Permanent


def say(text: str, out: Path, *, voice: str | None = None, language: str | None = None, speed: float = 1.0) -> float:
    """Speak a text into a WAV file; gives its seconds of audio.

    Without a voice the language's default speaks, without a language that of the voice, or the one the text is
    written in. Raises NarrationError with the reason.
    """
    request = {"text": text, "out": str(out.absolute()), "voice": voice, "language": language, "speed": speed}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "worker.say"], input=json.dumps(request).encode(), capture_output=True, check=False
    )
    if done.returncode == 0:
        return float(json.loads(done.stdout)["seconds"])
    reason = done.stderr.decode(errors="replace").strip()
    raise (Permanent if done.returncode == 2 else NarrationError)(reason or f"worker.say ended with {done.returncode}")
