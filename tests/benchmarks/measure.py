"""A command's answer, how long it took, and what it took of the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from resource import struct_rusage
from typing import Any


def measured(command: list[str], environment: Mapping[str, str]) -> tuple[dict[str, Any], float, struct_rusage]:
    """What the command printed as JSON, seconds by the clock, and its use of processor and memory.

    Ends this process where the command fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[1]} ended with {process.returncode}")
    return json.loads(output), seconds, usage
