"""The example course, narrated once for all acceptance tests by the real command with real voices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.catalog import Catalogue
from models.family import load_engine, load_frontend
from models.voice import Engine, FrontEnd
from tests.guard import run_folder
from tests.shared import once

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without settings, with the project's commands first on the path."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NARRATOR_")}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept['PATH']}", **more}


@pytest.fixture(scope="session")
def narrated() -> tuple[Path, dict[str, Any]]:
    """The folder that ``narrator make`` filled, to be read only, and its report.

    NARRATOR_TEST_NARRATED may name a folder that the same command filled before, as ``make demo`` does: then its
    segments are taken from there.
    """
    out = run_folder() / "narrated"

    def make() -> dict[str, Any]:
        if before := os.environ.get("NARRATOR_TEST_NARRATED"):
            shutil.copytree(ROOT / before / ".narrator" / "segments", out / ".narrator" / "segments")
        command = ["narrator", "make", "examples/everyday-science", "--out", str(out), "--json"]
        done = subprocess.run(
            command, capture_output=True, text=True, env=clean_environment(), cwd=ROOT, timeout=1500, check=False
        )
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    return out, once("narrated", make)


@pytest.fixture(scope="session")
def voice() -> tuple[FrontEnd, Engine]:
    """Kokoro, all of its languages."""
    bundle = Catalogue.load().bundle("kokoro")
    if not all(bundle.installed(voice.name) for voice in bundle.voices):
        pytest.skip("narrator[kokoro] is not installed")
    return load_frontend(bundle), load_engine(bundle, threads=2)
