"""Licences that bind narrator's users are found, and an audit without a network says that it was none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "infra" / "supply_chain.py"


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | variables
    return subprocess.run([sys.executable, str(SCRIPT), *words], env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ("License-Expression: MIT", 0),
        ("License-Expression: LGPL-2.1-or-later", 0),
        ("Classifier: License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)", 0),
        ("License-Expression: GPL-3.0-or-later", 1),
        ("License-Expression: AGPL-3.0-only", 1),
        ("License: GNU General Public License v3", 1),
        ("Classifier: License :: OSI Approved :: GNU Affero General Public License v3", 1),
        ("Summary: names none", 1),
    ],
)
def test_licences(tmp_path: Path, metadata: str, code: int) -> None:
    folder = tmp_path / "planted-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n{metadata}\n")
    (tmp_path / "pins.txt").write_text("planted==1.0 \\\n    --hash=sha256:00\n")
    done = run("licences", str(tmp_path / "pins.txt"), PYTHONPATH=str(tmp_path))
    assert (done.returncode, "planted" in done.stdout) == (code, True), done.stdout


def test_what_the_image_holds_binds_nobody() -> None:
    done = run("licences", str(ROOT / "infra" / "requirements" / "image-kokoro.txt"))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("\n") > 80


@pytest.mark.parametrize(
    ("said", "code", "expected"),
    [
        ("requests.exceptions.ConnectionError: no route", 0, "audit skipped"),
        ("Found 1 known vulnerability in 1 package", 1, "Found 1 known vulnerability"),
    ],
)
def test_an_audit(tmp_path: Path, said: str, code: int, expected: str) -> None:
    """With a stand-in for pip-audit, which is not among the tests' requirements: only what is made of its words."""
    (tmp_path / "pip_audit.py").write_text(f"import sys\nprint({said!r})\nsys.exit(1)\n")
    done = run("audit", "pins.txt", PYTHONPATH=str(tmp_path))
    assert done.returncode == code
    assert expected in done.stdout
