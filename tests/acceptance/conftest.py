"""The example course, narrated once for all acceptance tests by the real command with real voices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.catalog import Catalogue
from models.family import load_engine, load_frontend
from models.voice import Engine, FrontEnd

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without settings, with the project's commands first on the path."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NARRATOR_")}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept['PATH']}", **more}


@pytest.fixture(scope="session")
def narrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder that ``narrator make`` filled, and its report."""
    out = tmp_path_factory.mktemp("narrated")
    command = ["narrator", "make", "examples/everyday-science", "--out", str(out), "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), cwd=ROOT, timeout=1500, check=False
    )
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


@pytest.fixture(scope="session")
def voice() -> tuple[FrontEnd, Engine]:
    """Kokoro, all of its languages."""
    bundle = Catalogue.load().bundle("kokoro")
    if not all(bundle.installed(voice.name) for voice in bundle.voices):
        pytest.skip("narrator[kokoro] is not installed")
    return load_frontend(bundle), load_engine(bundle, threads=2)
