"""The ``--help`` pages: commands and options in groups, so that a page fits a screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

import click

T = TypeVar("T")
REST: Final = "Options"

COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "Write and listen, on this machine": ("make", "plan", "explain", "words", "say"),
    "Look at what came out": ("preview", "report", "takes", "retake"),
    "Set up": ("voices", "doctor"),
    "Many machines, through NARRATOR_REDIS_URL and NARRATOR_STORE": (
        "submit", "runs", "sync", "pull", "store", "worker", "serve",
    ),
}  # fmt: skip
OPTIONS: Final[Mapping[str, Sequence[str]]] = {
    "What to narrate": ("language", "encoding", "lenient", "follow_links", "text"),
    "How it sounds": ("voice", "speed", "loudness", "lexicon", "emoji", "vocoder"),
    "Where it goes": ("out", "outputs", "archives", "store"),
    "How it is done": ("processes", "here", "wait", "listen_back", "limit", "until", "prune", "yes"),
}


class Command(click.Command):
    """A command whose help has its options in groups; where all would be in one, they stay a plain list."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, the groups in the order of OPTIONS, each option under its own."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        rows = {str(option.name): row for option in options if (row := option.get_help_record(ctx))}
        groups = _grouped(rows, OPTIONS)
        if len(groups) <= 2:
            groups = {REST: list(rows.values())}
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records, col_max=26)


class Group(click.Group):
    """A group of commands in the order in which they are added; those of COMMANDS under their titles."""

    command_class = Command

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order in which they are added, not of the alphabet."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line a command: the first sentence of its help."""
        width = max(map(len, self.commands))
        limit = formatter.width - width - 6
        rows = {name: (name, self.commands[name].get_short_help_str(limit)) for name in self.list_commands(ctx)}
        for title, records in _grouped(rows, COMMANDS, rest="Commands").items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in records])


Group.group_class = Group


def _grouped(rows: Mapping[str, T], groups: Mapping[str, Iterable[str]], rest: str = REST) -> dict[str, list[T]]:
    """The rows under their groups' titles, empty ones left out; what is in no group comes last."""
    found = {title: [rows[name] for name in names if name in rows] for title, names in groups.items()}
    known = {name for names in groups.values() for name in names}
    found[rest] = [row for name, row in rows.items() if name not in known]
    return {title: group for title, group in found.items() if group}
