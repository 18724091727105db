"""The ledger over the real server, as the integration tests have it; a copy of infra/ with secrets of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.infra.tools import INFRA, run
from tests.integration.conftest import ledger

__all__ = ["infra_copy", "ledger"]


@pytest.fixture
def infra_copy(tmp_path: Path) -> Path:
    """infra/ as a clone has it, and the secrets that its own script makes."""
    copy = tmp_path / "infra"
    shutil.copytree(INFRA, copy, ignore=shutil.ignore_patterns("requirements", "secrets", "__pycache__"))
    (copy / "secrets").mkdir()
    run("sh", str(copy / "compose" / "secrets.sh"))
    return copy
