"""How fast the segments that requests wait for get done, so that nobody is let in to wait in vain."""

from __future__ import annotations

import math
from collections import deque

from producer.errors import Busy

RECENT = 20  # segments that the pace is measured by
ENOUGH = 4  # fewer tell nothing
LONGEST_RETRY = 60  # seconds


class BundlePace:
    """The pace of one bundle's segments, by when the last ones were done without a pause between them."""

    def __init__(self) -> None:
        self._done: deque[float] = deque(maxlen=RECENT)

    def settled(self, now: float, still_waiting: int) -> None:
        """Note that a segment is done, at a time in seconds. Where nobody waits any more, the measure begins afresh."""
        self._done.append(now)
        if not still_waiting:
            self._done.clear()

    def seconds_for(self, segments: int) -> float:
        """Return how long so many segments will take; 0 while that is not known."""
        if len(self._done) < ENOUGH:
            return 0.0
        return segments * (self._done[-1] - self._done[0]) / (len(self._done) - 1)

    def admit(self, waiting: int, patience: float) -> None:
        """Raise Busy, with when to ask again, where those who wait already take longer than somebody would wait."""
        expected = self.seconds_for(waiting + 1)
        if expected > patience:
            again = min(LONGEST_RETRY, max(1, math.ceil(expected - patience)))
            raise Busy(f"{waiting} segments wait already, which take {expected:.0f} s", again)
