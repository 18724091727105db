"""HyperPyYAML, read without executing anything.

``!new:`` and ``!name:`` tags name Python classes, ``!ref <name>`` points to another entry. Here tags only label
mappings, and sections that nobody asks for are never looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from models.conversion.torch_files import refuse_pointer
from models.errors import Permanent
from models.records import read_description


@dataclass(slots=True)
class Tagged:
    """A value under ``!new:`` or another tag of the file."""

    tag: str
    value: Any


@dataclass(slots=True)
class Section:
    """A mapping of the file, with its place for error messages; ``!ref`` is resolved on access."""

    path: Path
    root: dict[str, Any]
    name: str
    values: dict[str, Any]
    tag: str = ""

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; without a default the key must be there."""
        if key not in self.values:
            if default is None:
                raise Permanent(f"{self.path}: {self._full(key)} is missing")
            return default
        return self._resolve(self.values[key])

    def number(self, key: str, default: int | None = None) -> int:
        """Return a positive integer."""
        value = self.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 24:
            raise Permanent(f"{self.path}: {self._full(key)} is {value!r}, expected a positive integer")
        return value

    def real(self, key: str, default: float) -> float:
        """Return a number."""
        value = self.get(key, default)
        if not isinstance(value, int | float):
            raise Permanent(f"{self.path}: {self._full(key)} is {value!r}, expected a number")
        return float(value)

    def numbers(self, key: str, default: list[int]) -> tuple[int, ...]:
        """Return a list of positive integers."""
        value = self.get(key, default)
        if not isinstance(value, list) or not value or not all(isinstance(n, int) and n > 0 for n in value):
            raise Permanent(f"{self.path}: {self._full(key)} is {value!r}, expected a list of positive integers")
        return tuple(value)

    def section(self, key: str, required: bool = True) -> Section:
        """Return a mapping within this one; an empty one where it is absent and not required."""
        value = self.get(key, None if required else {})
        tag, value = (value.tag, value.value) if isinstance(value, Tagged) else ("", value)
        if not isinstance(value, dict):
            raise Permanent(f"{self.path}: {self._full(key)} is not a section")
        return Section(self.path, self.root, self._full(key), value, tag)

    def must_be(self, key: str, expected: object) -> None:
        """Refuse a setting that would need other code than ours."""
        value = self._resolve(self.values.get(key, expected))
        if value != expected:
            raise Permanent(f"{self.path}: {self._full(key)} is {value!r}; this converter knows {expected!r} only")

    def _full(self, key: str) -> str:
        return f"{self.name}.{key}".lstrip(".")

    def _resolve(self, value: Any) -> Any:
        for _ in range(16):
            if not (isinstance(value, Tagged) and value.tag == "!ref"):
                return value
            target = re.fullmatch(r"<([\w.]+)>", str(value.value))
            if not target:
                raise Permanent(f"{self.path}: {self.name}: cannot read the reference {value.value!r}")
            value = self.root
            for part in target[1].split("."):
                value = value.value if isinstance(value, Tagged) and value.tag != "!ref" else value
                if not isinstance(value, dict) or part not in value:
                    raise Permanent(f"{self.path}: {self.name}: {target[0]} refers to nothing")
                value = value[part]
        raise Permanent(f"{self.path}: {self.name}: references go in a circle")


class _Loader(yaml.SafeLoader):
    """Safe YAML in which every unknown tag becomes a label."""


def _label(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Tagged:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_scalar(node)  # type: ignore[arg-type]
    return Tagged("!" + tag, value)


_Loader.add_multi_constructor("!", _label)


def read_sections(path: Path) -> dict[str, Any]:
    """Read the file's top level, tags as labels. Raises Permanent naming the file and what is wrong with it."""
    if not path.is_file():
        others = sorted(p.name for p in path.parent.glob("cosyvoice*.yaml"))
        hint = f" (there is {others[0]}: CosyVoice 2 and 3 are other models)" if others else ""
        raise Permanent(f"{path} is missing{hint}; give the directory of a CosyVoice-300M-SFT checkpoint")
    data = read_description(path, "a configuration")
    refuse_pointer(path, data)
    try:
        root = yaml.load(data.decode("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader of our own
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Permanent(f"{path}: not readable as YAML: {error}") from None
    if not isinstance(root, dict):
        raise Permanent(f"{path}: not a mapping")
    return root
