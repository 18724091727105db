"""The command line: the only folder that prints or exits. Heavy imports wait until a command needs them."""

from __future__ import annotations

import sys
from typing import Any

import click

from producer.cli import lessons, machines, nightly, outputs, runs, store, voices
from producer.cli.help import Group
from producer.cli.printing import COULD_NOT_RUN, INTERRUPTED


class Shell(Group):
    """The whole command line: a NarrationError is one line on stderr and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; say what went wrong without a traceback, unless it is our own bug."""
        from models.errors import NarrationError

        try:
            return super().invoke(ctx)
        except NarrationError as error:
            click.secho(f"narrator: {error}", fg="red", err=True)
            sys.exit(COULD_NOT_RUN)
        except KeyboardInterrupt:
            click.echo("narrator: stopped; run the same command again to carry on", err=True)
            sys.exit(INTERRUPTED)


@click.group(cls=Shell, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="narrator", message="narrator %(version)s")
def main() -> None:
    """Narrate courses: lessons in, audio with captions out. What is already rendered is never rendered again.

    \b
    narrator make lessons/ --out audio/           on this machine, everything included
    narrator say "Hello there." --out hello.wav   one sentence, to try a voice
    """


for command in (
    lessons.make,
    lessons.plan,
    lessons.explain,
    lessons.words,
    lessons.say,
    outputs.preview,
    outputs.report,
    outputs.takes,
    outputs.retake,
    voices.voices,
    machines.doctor,
    runs.submit,
    runs.runs,
    nightly.sync,
    store.pull,
    store.store,
    machines.worker,
    machines.serve,
):
    main.add_command(command)
