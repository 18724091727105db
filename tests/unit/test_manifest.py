"""The manifest's published schema is what the code writes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

import worker.contract.manifest as module
from worker.contract.manifest import LessonPart, manifest_schema


def test_the_committed_schema_is_in_step() -> None:
    committed = Path(module.__file__).with_name("manifest.schema.json").read_text(encoding="utf-8")
    assert committed == manifest_schema(), "python -m worker.contract.manifest > worker/contract/manifest.schema.json"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(manifest_schema()))


@pytest.mark.parametrize("name", ["", "../waves.wav", "a/b.wav", "a\\b.wav", "x" * 251])
def test_a_parts_name_never_leaves_its_folder(name: str) -> None:
    with pytest.raises(ValidationError):
        LessonPart(kind="audio", name=name, media_type="audio/wav", size=1, sha256="0" * 64)
