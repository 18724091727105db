"""The far side of a helper process: JSON requests on standard input, JSON answers on standard output, one a line.

``producer.helper_process`` is the near side. The process ends with its input, exit code 0, or with the first
error: one line on standard error, exit code 2. What libraries print goes to standard error, too, and spoils no answer.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from models.errors import NarrationError, Permanent
from models.records import from_json

MAX_REQUEST: Final = 16 << 20  # bytes

R = TypeVar("R", bound=BaseModel)


def answer_requests(kind: type[R], answer: Callable[[R], Mapping[str, Any]]) -> int:
    """Answer every request of this kind until there are no more; gives the process's exit code."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        try:
            while line := sys.stdin.buffer.readline(MAX_REQUEST + 1):
                if len(line) > MAX_REQUEST:
                    raise Permanent(f"a request is larger than {MAX_REQUEST} bytes")
                answers.write(json.dumps(answer(from_json(kind, line, "request"))).encode() + b"\n")
                answers.flush()
        except NarrationError as error:
            return _failed(str(error))
        except OSError as error:  # no place, no right to write
            return _failed(f"{error.filename or kind.__name__.lower()}: {error.strerror or error}")
    return 0


def _failed(reason: str) -> int:
    sys.stderr.write(" ".join(reason.splitlines()) + "\n")
    return 2
