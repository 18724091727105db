"""``make bench``: figures on this machine, each a command of its own too.

    python -m tests.benchmarks queue      segments a second through queue, ledger and store, with the tiny voice
    python -m tests.benchmarks queue seaweedfs radosgw    the same into S3 servers on this machine, and what bounds them
    python -m tests.benchmarks cached     a fully cached course of 10,000 segments in a store that holds 200,000 others
    python -m tests.benchmarks nights     `narrator sync` over 1,000 lessons of which none has changed
    python -m tests.benchmarks kokoro     Kokoro through the whole system, kokoro-onnx beside it, interleaved
    python -m tests.benchmarks planning   reading, segmenting and keying 200,000 words, by format
    python -m tests.benchmarks http       the HTTP API: first sound with Kokoro, alone and beside bulk work; 50 clients
    python -m tests.benchmarks start      how long `narrator --help` takes

Without a name all of them run. Ratios travel between machines, absolute figures do not.
"""

from __future__ import annotations

import sys

from tests.benchmarks import cached, http, kokoro, nights, planning, queue, start

BENCHMARKS = {
    "start": start.main,
    "planning": planning.main,
    "queue": queue.main,
    "cached": cached.main,
    "nights": nights.main,
    "kokoro": kokoro.main,
    "http": http.main,
}

if __name__ == "__main__":
    for name in sys.argv[1:2] or BENCHMARKS:
        if name not in BENCHMARKS:
            raise SystemExit(__doc__)
        print(f"== {name}: {(BENCHMARKS[name].__doc__ or '').splitlines()[0]}", flush=True)
        BENCHMARKS[name](*sys.argv[2:])
