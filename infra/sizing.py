"""How many cores, how much Redis and how much S3 a night's work needs: ``python -m infra.sizing --help``.

    work of a segment  w = audio x RTF + overhead                      seconds of one core
    core hours           = N x w / 3600
    cores                = N x w / (hours x 3600 x efficiency)         efficiency: what is left of a core for segments
    Redis                = N x bytes of a queued segment + base        everything queued before anything is rendered
    S3                   = N x audio x sample rate x 2                 segments, 16 bit
                         + lessons: the same once more, and what MP3 or Opus add
    requests             = N x 3 to S3 (look, write; read again for its lesson)

Only what is *not* in the store counts as N: a sentence that occurs twice, or was rendered last year, costs nothing.
``simulate`` plays a night through in events and says how far the formula is off; a test compares the two.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

# CPU seconds on one core (AMD EPYC, Zen 5), for a second of audio: engine only.
RTF = {"kokoro": 0.75, "piper-joe": 0.09, "cosyvoice": 1.2}
RATE = {"kokoro": 24_000, "piper-joe": 22_050, "cosyvoice": 22_050}  # Hz
AUDIO_SECONDS = 4.0  # of a sentence of 60 letters, the mean of the example course
OVERHEAD_SECONDS = 0.0045  # a segment's share of queue, ledger and a directory store: 441 segments/s on two cores
S3_SECONDS = 0.010  # more, where the store is S3: signing and sending on the client's side
EFFICIENCY = 0.92  # beside bare engines over two minutes; 0.95 over six
REDIS_BYTES = 1_200  # of a queued segment: its message, and its places in the ledger; a test measures it
REDIS_BASE = 5_000_000
ENCODED = {"wav": 0.0, "mp3": 16_000.0, "opus": 6_000.0, "flac": 0.0}  # bytes a second; FLAC: half of the WAV, below
TASK_SECONDS = 20.0  # NARRATOR_TASK_SECONDS


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be rendered, and by when."""

    sentences: int
    hours: float = 8.0
    voice: str = "kokoro"
    audio_seconds: float = AUDIO_SECONDS  # mean of a sentence
    rtf: float = 0.0  # 0: as measured for the voice
    outputs: Sequence[str] = ("wav",)
    s3: bool = True

    @property
    def work(self) -> float:
        """CPU seconds of one core that a sentence takes."""
        rtf = self.rtf or RTF[self.voice]
        return self.audio_seconds * rtf + OVERHEAD_SECONDS + (S3_SECONDS if self.s3 else 0.0)


@dataclass(frozen=True, slots=True)
class Size:
    """What that takes."""

    cores: float
    core_hours: float
    audio_hours: float
    redis_mb: float
    store_gb: float
    segments_per_second: float
    requests: int


def size(load: Load) -> Size:
    """The formula at the head of this file."""
    core_seconds = load.sentences * load.work
    audio = load.sentences * load.audio_seconds
    wav = RATE[load.voice] * 2.0
    lesson = sum({"wav": wav, "flac": wav / 2}.get(output, ENCODED[output]) for output in load.outputs)
    return Size(
        cores=core_seconds / (load.hours * 3600 * EFFICIENCY),
        core_hours=core_seconds / 3600,
        audio_hours=audio / 3600,
        redis_mb=(load.sentences * REDIS_BYTES + REDIS_BASE) / 1e6,
        store_gb=audio * (wav + lesson) / 1e9,
        segments_per_second=load.sentences / (load.hours * 3600),
        requests=3 * load.sentences,
    )


def simulate(load: Load, cores: int, seed: int = 1) -> float:
    """Hours until the last segment is stored, by discrete events: sentences of different lengths, gathered into tasks
    of 20 s, taken by whichever process is free; each process renders in its core, less what the machine takes.

    Lengths are log-normal (sigma 0.5, as in prose); a process needs 2 s to start and load its voice.
    """
    random = np.random.default_rng(seed)
    sigma = 0.5
    lengths = random.lognormal(np.log(load.audio_seconds) - sigma**2 / 2, sigma, load.sentences)
    rtf = load.rtf or RTF[load.voice]
    seconds = lengths * rtf + (load.work - load.audio_seconds * rtf)
    ends = np.cumsum(seconds)
    tasks = np.searchsorted(ends, np.arange(TASK_SECONDS, ends[-1] + TASK_SECONDS, TASK_SECONDS))
    tasks = np.unique(np.append(tasks[tasks < len(ends)], len(ends) - 1))
    sizes = np.diff(np.concatenate([[0.0], ends[tasks]]))
    free = [2.0] * cores
    last = 0.0
    for task in sizes:
        end = heapq.heappop(free) + float(task) / EFFICIENCY
        heapq.heappush(free, end)
        last = max(last, end)
    return last / 3600


def report(load: Load) -> str:
    """For people."""
    needed = size(load)
    return (
        f"{load.sentences:,} sentences in {load.hours:g} h with {load.voice}: {needed.cores:.1f} cores, "
        f"{needed.core_hours:,.0f} core hours, {needed.audio_hours:,.0f} h of audio; Redis {needed.redis_mb:,.0f} MB; "
        f"store {needed.store_gb:,.0f} GB; {needed.segments_per_second:.1f} segments/s"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m infra.sizing", description="What a night of narration needs.")
    parser.add_argument("--sentences", type=int, default=1_000_000, help="not in the store yet [1000000]")
    parser.add_argument("--hours", type=float, default=8.0, help="until they must be there [8]")
    parser.add_argument("--voice", choices=sorted(RTF), default="kokoro")
    parser.add_argument("--audio-seconds", type=float, default=AUDIO_SECONDS, help="of a sentence, the mean [4]")
    parser.add_argument("--rtf", type=float, default=0.0, help="on your cores (make bench) [as measured on ours]")
    parser.add_argument("--outputs", nargs="+", choices=sorted(ENCODED), default=["wav"])
    parser.add_argument("--simulate", action="store_true", help="and play the night through")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    load = Load(chosen.sentences, chosen.hours, chosen.voice, chosen.audio_seconds, chosen.rtf, tuple(chosen.outputs))
    needed = size(load)
    if chosen.json:
        print(json.dumps(asdict(needed)))  # noqa: T201
    else:
        print(report(load))  # noqa: T201
    if chosen.simulate:
        cores = max(1, int(np.ceil(needed.cores)))
        print(f"simulated with {cores} cores: {simulate(load, cores):.2f} h")  # noqa: T201


if __name__ == "__main__":
    main()
