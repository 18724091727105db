"""The near side of a helper process: work with engines and other heavy libraries, which never enter this process.

``models.helper_process`` is the far side and has the protocol.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

from models.errors import NarrationError, Permanent
from worker.contract.settings import Settings, settings_environment


class HelperProcess:
    """A context manager: inside it a Python module runs as a process, and answers one request after the other."""

    def __init__(self, module: str, settings: Settings | None = None) -> None:
        """``settings`` are those that a module of the worker's side sees."""
        self._module = module
        self._settings = settings

    def __enter__(self) -> HelperProcess:
        self._said = TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=settings_environment(self._settings) if self._settings else None,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind:
            self._process.kill()
        with suppress(BrokenPipeError):
            self._process.communicate()  # nothing more is asked: it ends
        self._said.close()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises Permanent with the helper's reason, NarrationError where it crashed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it has ended, and has said why
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._failure()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _failure(self) -> NarrationError:
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        if code == 2 and said:
            return Permanent(said.splitlines()[-1])
        return NarrationError(f"{self._module} ended with {code}:\n{said}")
