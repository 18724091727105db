"""The ledger over the real server, as the integration tests have it."""

from tests.integration.conftest import ledger

__all__ = ["ledger"]
