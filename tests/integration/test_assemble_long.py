"""A lesson of two hours is assembled in the memory of one of two minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.integration.test_assemble import message_for, plan_of, speak
from worker.contract.manifest import Manifest
from worker.contract.messages import Loudness
from worker.store.directory import DirectoryStore

RATE = 8000  # the lowest there is: the test is about memory, and 58 million samples are enough
SECONDS = 10.0
MEASURE = """
import resource, sys
from pathlib import Path
from worker.contract.messages import AssembleLesson, LessonPlan
from worker.assemble.lesson import assemble_lesson
from worker.store.directory import DirectoryStore
store, plan, message = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
plan = LessonPlan.model_validate_json(plan.read_bytes())
assemble_lesson(DirectoryStore(store), plan, AssembleLesson.model_validate_json(message))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_maxrss // (1024 if sys.platform == "linux" else 1024 * 1024))
"""


def peak_memory(store: DirectoryStore, folder: Path, entries: int) -> int:
    """MB that a fresh process needed at most to assemble a lesson of this many segments."""
    spoken = [speak(store, f"Segment {number}.", rate=RATE, seconds=SECONDS) for number in range(3)]
    plan = plan_of(*[(spoken[number % 3], 1500) for number in range(entries)], loudness=Loudness(lufs=-1900))
    path = folder / "plan.json"
    path.write_text(plan.model_dump_json(), encoding="utf-8")
    command = [sys.executable, "-c", MEASURE, store.url, str(path), message_for(plan, entries).model_dump_json()]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_memory_does_not_grow_with_the_lesson(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    short = peak_memory(store, tmp_path, 10)
    long = peak_memory(store, tmp_path, 630)
    manifest = Manifest.model_validate_json(store.get("lessons/physics/waves/manifest.json")[0])
    audio = manifest.parts[0]
    assert manifest.samples / RATE > 2 * 3600 - 60
    assert audio.size > 100_000_000
    assert long - short < 25, f"{long} MB for two hours, {short} MB for two minutes"
    with store.open(f"lessons/physics/waves/{audio.name}") as file:  # the last segment stands where it should
        file.seek(audio.size - 2 * (manifest.samples - manifest.cues[-1].start))
        last = np.frombuffer(file.read(2 * int(RATE * SECONDS)), "<i2")
    assert np.count_nonzero(last) > 0.99 * len(last)
