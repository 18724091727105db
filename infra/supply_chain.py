"""The licences of narrator's dependencies, and known holes in them: ``make licences``, ``make audit``.

python infra/supply_chain.py licences infra/requirements/image-kokoro.txt
python infra/supply_chain.py audit infra/requirements/image-kokoro.txt
"""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

PIN = re.compile(r"^([A-Za-z0-9][\w.\-]*)==", re.MULTILINE)
COPYLEFT = re.compile(r"\bA?GPL|Affero|(?<!Lesser )(?<!Library )General Public", re.IGNORECASE)
UNREACHED = ("ConnectionError", "Max retries", "ServiceError", "ProxyError", "timed out")
REACH_SECONDS = 300


def licence(distribution: importlib.metadata.Distribution) -> str:
    """As its metadata names it: an SPDX expression, else its classifiers, else the first line of its text."""
    about = distribution.metadata
    classes = [line.rpartition(":: ")[2] for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    text = (about.get("License") or "").strip().partition("\n")[0][:80]
    return about.get("License-Expression") or ", ".join(classes) or text


def licences(pins: Path) -> int:
    """Print a table; 1 where a licence would bind narrator's users (GPL, AGPL), or where one names none."""
    bad = 0
    for name in sorted(set(PIN.findall(pins.read_text(encoding="utf-8"))), key=str.lower):
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            print(f"{name:32} (not for this platform, or not installed)")
            continue
        said = licence(found)
        wrong = "" if said and not COPYLEFT.search(said) else "  <-- not allowed outside the extra [piper]"
        bad += bool(wrong)
        print(f"{name:32} {found.version:16} {said or 'names no licence'}{wrong}")
    return int(bad > 0)


def audit(pins: Path) -> int:
    """Ask the database of advisories about the pins; says so, and gives 0, where it cannot be reached."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(pins), "--disable-pip", "--progress-spinner=off"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=REACH_SECONDS, check=False)
        said, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired:
        said, code = UNREACHED[0], 1
    if code and any(word in said for word in UNREACHED):
        print(f"audit skipped: the database of advisories cannot be reached from here ({pins} was not checked)")
        return 0
    print(said.strip())
    return code


if __name__ == "__main__":
    sys.exit({"licences": licences, "audit": audit}[sys.argv[1]](Path(sys.argv[2])))
