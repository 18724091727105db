"""The order in which a worker asks its queues: somebody waiting first, and bulk work never last for ever."""

from __future__ import annotations

from worker.contract.messages import assemble_queue, interactive_queue, render_queue
from worker.process.queue_order import INTERACTIVE_IN_A_ROW, InteractiveFirst

FAST, LINK, BULK = interactive_queue("n", "tiny"), assemble_queue("n"), render_queue("n", "tiny")


def served(waiting: dict[str, int], turns: int) -> list[str]:
    """The queues that messages are taken from, as BRPOP does, while so many wait in each."""
    cycle = InteractiveFirst()
    cycle.update([FAST, LINK, BULK])
    taken = []
    for _ in range(turns):
        found = next(name for name in cycle.consume(3) if waiting[name])
        waiting[found] -= 1
        cycle.rotate(found)
        taken.append(found)
    return taken


def test_somebody_waiting_comes_first() -> None:
    assert served({FAST: 2, LINK: 1, BULK: 1}, 4) == [FAST, FAST, LINK, BULK]


def test_bulk_work_has_its_turn_whatever_is_waiting() -> None:
    round_ = [FAST] * INTERACTIVE_IN_A_ROW + [BULK]
    assert served({FAST: 100, LINK: 0, BULK: 100}, 8) == round_ * 2
    assert served({FAST: 100, LINK: 0, BULK: 0}, 8) == [FAST] * 8
