"""Every image that infra names is in the list of images that a release checks."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.infra.tools import INFRA

OURS = "narrator:0.1.0"
NAMED = re.compile(r"^[\s-]*(?:x-image:|image:|clientImage:|ARG BASE=)\s*(?:&\w+\s+)?([\w./-]+:[\w.-]+)\s*$", re.M)
LISTED = re.compile(r"^\| `([^`]+)`", re.M)


def named() -> set[str]:
    files = [*INFRA.glob("*.yaml"), *INFRA.glob("compose/*.yaml"), INFRA / "helm" / "narrator" / "values.yaml"]
    return {image for file in [*files, INFRA / "Dockerfile"] for image in NAMED.findall(file.read_text())} - {OURS}


def listed() -> list[str]:
    return LISTED.findall((INFRA / "images.md").read_text())


def test_the_list_has_the_images_that_are_named_and_no_others() -> None:
    assert sorted(listed()) == sorted(named())
    assert len(named()) >= 8


def test_every_line_that_names_an_image_was_understood() -> None:
    files = [path for path in INFRA.rglob("*.yaml") if "templates" not in path.parts and "monitoring" not in path.parts]
    for file in files:
        for line in re.findall(r"^.*\b(?:image|clientImage|x-image):[ \t]*[^\s#].*$", file.read_text(), re.M):
            assert NAMED.search(line) or re.search(r"image: \*image$", line), f"{file}: {line}"


def test_templates_name_no_image_of_their_own() -> None:
    for file in (INFRA / "helm" / "narrator" / "templates").iterdir():
        for image in re.findall(r"\bimage: (.+)$", file.read_text(), re.M):
            assert image.startswith("{{"), f"{file}: {image}"


def test_the_check_asks_for_each_and_fails_where_one_is_gone(tmp_path: Path) -> None:
    """With a docker that knows all but one."""
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\ncase "$*" in "manifest inspect redis:"*) exit 1 ;; "manifest inspect "*) exit 0 ;; esac; exit 2\n'
    )
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([INFRA / "ci" / "images.sh"], env=environment, capture_output=True, text=True, check=False)
    said = [line.split() for line in done.stdout.splitlines()]
    assert [image for _, image in said] == listed()
    assert [image for word, image in said if word == "GONE"] == ["redis:7.2.5-alpine"]
    assert done.returncode == 1
