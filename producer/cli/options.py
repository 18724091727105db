"""The options that several commands share. Heavy imports wait."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from producer.lessons.options import NarrationOptions, Option, Place, options_of

P = ParamSpec("P")
R = TypeVar("R")
READING = ("language", "encoding", "lenient", "voice", "lexicon")  # all that matters where nothing is spoken


def lessons_argument(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the lesson files and folders to work on, as ``paths``."""
    return click.argument(
        "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="LESSON_OR_DIR..."
    )(command)


def narration_options(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command the options of a narration, those named or all; it gets them as ``options``."""
    known = options_of(Place.COMMAND)
    taken = {name: known[name] for name in names or known}

    def decorate(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            said: dict[str, Any] = {name: kwargs.pop(name) for name in taken}
            kwargs["options"] = NarrationOptions(**{name: value for name, value in said.items() if value})
            return command(*args, **kwargs)

        decorated: Callable[P, R] = wrapper
        for name, option in reversed(taken.items()):
            decorated = _click_option(name, option)(decorated)
        return decorated

    return decorate


def _click_option(name: str, option: Option) -> Callable[[Callable[P, R]], Callable[P, R]]:
    if option.kind is bool:
        return click.option(f"--{name.replace('_', '-')}", name, is_flag=True, help=option.help)
    type_: click.ParamType[Any] | None = None
    if option.bounds:
        type_ = click.FloatRange(*option.bounds)
    elif option.kind is Path:
        type_ = click.Path(path_type=Path, exists=True, dir_okay=False)

    def checked(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        if value and option.several:
            value = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
        if value and (fault := option.fault(value)):
            raise click.BadParameter(fault)
        return value

    choices = f": {', '.join(option.choices)}." if option.choices else "."
    text = option.help.rstrip(".") + choices
    return click.option(f"--{name}", name, type=type_, metavar=option.metavar, callback=checked, help=text)


listen_back_option = click.option(
    "--listen-back", is_flag=True, help="Let a recogniser (extra [listen]) list what is hard to understand."
)
processes_option = click.option(
    "--processes", type=click.IntRange(1, 256), metavar="N", help="Worker processes [default: cores available]."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, for machines.")


def out_option(help: str, *, file: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a command ``--out``, the folder or the file that it writes."""
    kind = click.Path(path_type=Path, dir_okay=not file, file_okay=file)
    return click.option("--out", required=True, type=kind, metavar="FILE" if file else "DIR", help=help)
