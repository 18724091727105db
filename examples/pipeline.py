"""A pipeline that narrates a folder of lessons and publishes what is ready: no command line involved.

python examples/pipeline.py lessons/ audio/
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import producer


def narrate(lessons: Path, audio: Path) -> dict[str, float]:
    """Narrate every lesson; gives {"course/lesson": seconds of audio} of those that are ready."""
    report = producer.make([lessons], audio)
    for trouble in report.failures:
        print(f"{trouble.where}: {trouble.reason}", file=sys.stderr)
    ready = {}
    for folder in map(Path, report.results):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        ready[f"{manifest['course']}/{manifest['lesson']}"] = manifest["samples"] / manifest["sample_rate"]
    return ready


if __name__ == "__main__":
    print(json.dumps(narrate(Path(sys.argv[1]), Path(sys.argv[2])), indent=2))
