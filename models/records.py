"""Small records that describe something, in files or in messages: read with a bound, checked, digested."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import Permanent

MAX_DESCRIPTION = 1 << 20  # bytes

M = TypeVar("M", bound=BaseModel)


class FrozenRecord(BaseModel):
    """A frozen record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def digest(value: Mapping[str, Any]) -> str:
    """Return the sha256 of canonical JSON: sorted names, no white space, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_description(path: Path, what: str, *, remedy: str = "", most: int = MAX_DESCRIPTION) -> bytes:
    """Read a file of at most so many bytes, which is ``what``, such as "a description of a voice".

    Raises Permanent where it is larger, or cannot be read; the ``remedy`` is told then.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise Permanent(f"{path}: cannot be read: {error.strerror}{'; ' * bool(remedy)}{remedy}") from None
    if len(content) > most:
        raise Permanent(f"{path}: larger than {most} bytes: not {what}")
    return content


def from_json(model: type[M], content: bytes, where: Path | str) -> M:
    """Return the record that JSON holds. Raises Permanent naming the place, the fields and what is wrong with each."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise Permanent(f"{where}: {wrong(error)}") from None


def wrong(error: ValidationError, under: str = "") -> str:
    """Say what is wrong with a record, field by field; ``under`` goes before the names."""
    return "; ".join(
        f"{under}{'.'.join(map(str, one['loc']))}: {one['msg']}" if one["loc"] else one["msg"] for one in error.errors()
    )
