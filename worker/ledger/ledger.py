"""A run's progress in Redis: todo, waiters, attempts, leases. Truth is in the store; all of this may vanish.

``runs`` has the author's side, ``work`` the worker's, ``waiting`` that of a process in which somebody waits for
segments, ``scripts`` what they share. Keys expire.
"""

from __future__ import annotations

from worker.ledger.runs import RunLedger
from worker.ledger.work import WorkLedger


class Ledger(RunLedger, WorkLedger):
    """The ledger of one namespace, seen from both sides."""
