"""Front matter: the settings in YAML at the head of a Markdown or text file."""

from __future__ import annotations

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from producer.errors import LessonError
from producer.lessons.model import Lesson
from producer.lessons.options import HEAD, NarrationOptions
from producer.readers.encoding import decode_text
from producer.readers.lesson_head import check_id, lesson_head

MAX_HEAD = 64 << 10  # characters of front matter
MAX_DEPTH = 3  # of front matter; deep nesting overflows the stack of the YAML library, which is the process's end
# What the front matter of a Marp deck may say beside our settings (https://marpit.marp.app/directives).
MARP = (
    "marp", "theme", "style", "headingDivider", "size", "math", "paginate", "header", "footer", "class", "color",
    "backgroundColor", "backgroundImage", "backgroundPosition", "backgroundRepeat", "backgroundSize", "transition",
    "author", "description", "keywords", "url", "image", "lang", "auto-scaling", "date",
)  # fmt: skip

_HEAD_END = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """A value at the head of a file, and its line."""

    node: yaml.Node
    line: int


def lesson_of(path: Path, data: bytes) -> Lesson:
    """Return the head of a file that is one lesson, by its front matter in YAML."""
    head, text, first_line = split(path, decode_text(path, data))
    settings, marp = _settings(path, head)
    given = {name: READ[name](path, name, setting) for name, setting in settings.items()}
    return lesson_head(
        path,
        hashlib.sha256(data).hexdigest(),
        text,
        course=given.pop("course", ""),
        lesson=given.pop("lesson", ""),
        title=given.pop("title", None),
        options=NarrationOptions(**given),
        first_line=first_line,
        lines={name: setting.line for name, setting in settings.items()},
        marp=marp,
    )


def split(path: Path, text: str) -> tuple[str, str, int]:
    """Return front matter, the rest, and the line at which the rest begins."""
    if not re.match(r"---[ \t]*(?:\n|\Z)", text):
        return "", text, 1
    begin = text.find("\n") + 1
    match = _HEAD_END.search(text, begin) if begin else None
    if not match:
        raise LessonError(path, 1, "the front matter is not closed: end it with a line of three hyphens")
    if match.start() - begin > MAX_HEAD:
        raise LessonError(path, 1, f"front matter of more than {MAX_HEAD >> 10} KB")
    return text[begin : match.start()], text[match.end() :], text.count("\n", 0, match.end()) + 1


def _settings(path: Path, head: str) -> tuple[dict[str, Setting], bool]:
    """Return the settings, and whether they are those of a Marp deck, whose own are passed over."""
    try:
        _check_depth(path, head)
        root = yaml.compose(head, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise LessonError(path, line, f"broken front matter: {error.problem}") from None
    except yaml.YAMLError as error:
        raise LessonError(path, 1, f"broken front matter: {error}") from None
    if root is None:
        return {}, False
    if not isinstance(root, yaml.MappingNode):
        raise LessonError(path, 2, "front matter must be settings such as `title: Leaves`")
    marp = any(key.value == "marp" and value.value == "true" for key, value in root.value)
    found = _mapping(path, root, "setting", {**READ, **dict.fromkeys(MARP)} if marp else READ)
    return {name: setting for name, setting in found.items() if name in READ}, marp


def mapping_names(text: str) -> set[str]:
    """Return the names of a YAML mapping; empty for what is none."""
    try:
        _check_depth(Path(), text)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, LessonError):
        return set()
    return {str(key.value) for key, _ in root.value} if isinstance(root, yaml.MappingNode) else set()


def _check_depth(path: Path, head: str) -> None:
    depth = 0
    for event in yaml.parse(head, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 2 if event.start_mark else 1
            raise LessonError(path, line, f"front matter nested more than {MAX_DEPTH} deep")


def _mapping(path: Path, node: yaml.MappingNode, what: str, known: Mapping[str, Any]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 2  # the first line of the file is ---
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise LessonError(path, line, f"unknown {what} {name!r}: {remedy}")
        if name in found:
            raise LessonError(path, line, f"{what} {name!r} is given twice")
        found[name] = Setting(value, line)
    return found


def _text(path: Path, name: str, setting: Setting) -> str:
    node = setting.node
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip() or node.tag.endswith(":null"):
        raise LessonError(path, setting.line, f"{name}: must be a text")
    return unicodedata.normalize("NFC", node.value.strip())


def _id(path: Path, name: str, setting: Setting) -> str:
    return check_id(path, setting.line, name, _text(path, name, setting))


def _option(path: Path, name: str, setting: Setting) -> Any:
    try:
        return HEAD[name].parse(_text(path, name, setting))
    except ValueError as error:
        raise LessonError(path, setting.line, f"{name}: {error}") from None


def _several(path: Path, name: str, setting: Setting) -> tuple[Any, ...] | None:
    nodes = setting.node.value if isinstance(setting.node, yaml.SequenceNode) else [setting.node]
    chosen = [_option(path, name, Setting(node, node.start_mark.line + 2)) for node in nodes]
    return tuple(dict.fromkeys(chosen)) or None


def _voices(path: Path, name: str, setting: Setting) -> dict[str, str]:
    if not isinstance(setting.node, yaml.MappingNode):
        raise LessonError(path, setting.line, f"{name}: must be languages with voices, such as `zh: zf_xiaobei`")
    known = dict.fromkeys(HEAD["language"].choices)
    return {key: _text(path, key, value) for key, value in _mapping(path, setting.node, "language", known).items()}


READ: Mapping[str, Callable[[Path, str, Setting], Any]] = {
    "course": _id,
    "lesson": _id,
    "title": _text,
    **{name: _several if option.several else _option for name, option in HEAD.items()},
    "voices": _voices,
}
