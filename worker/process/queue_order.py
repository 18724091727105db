"""The order in which a worker asks its queues."""

from __future__ import annotations

from kombu.utils.scheduling import priority_cycle

from worker.contract.messages import is_interactive

INTERACTIVE_IN_A_ROW = 3


class InteractiveFirst(priority_cycle):
    """Queues in the order given; only, after three segments that somebody waits for the other queues come first once.

    Else bulk work would wait for ever under a steady load of the interactive kind.
    """

    def __init__(self, it: list[str] | None = None) -> None:
        super().__init__(it)  # type: ignore[no-untyped-call]
        self._in_a_row = 0

    def consume(self, n: int) -> list[str]:
        """The queues to be asked, in order."""
        if self._in_a_row < INTERACTIVE_IN_A_ROW:
            return list(self.items[:n])
        return sorted(self.items[:n], key=is_interactive)

    def rotate(self, last_used: str) -> None:
        """Note that a message came from this queue."""
        self._in_a_row = self._in_a_row + 1 if is_interactive(last_used) else 0
