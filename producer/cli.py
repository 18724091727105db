"""The command line: the only file that prints or exits. Heavy imports wait until a command needs them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from producer.plan import Options, Plan
    from producer.report import Report
    from worker.ledger import Progress

P = ParamSpec("P")
R = TypeVar("R")
ALL_DONE, SOME_FAILED, COULD_NOT_RUN, INTERRUPTED = 0, 1, 2, 130


class Shell(click.Group):
    """Commands in the order of a newcomer's first day; a NarrationError is one line on stderr and exit code 2."""

    def list_commands(self, _: click.Context) -> list[str]:
        """In the order of definition, not of the alphabet."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; say what went wrong without a traceback, unless it is our own bug."""
        from models.voice import NarrationError

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
    narrator make lessons/ --out audio/     on this machine, everything included
    narrator submit lessons/ --wait         to workers elsewhere (NARRATOR_REDIS_URL, NARRATOR_STORE)
    narrator say "Hello there." -o hi.wav   one sentence, to try a voice
    """


def _lesson_options(command: Callable[P, R]) -> Callable[P, R]:
    """What every command that plans lessons takes; handed on as one ``Options``."""

    @click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="LESSON_OR_DIR...")
    @click.option(
        "--voice", metavar="ID", help="Who speaks, where that voice speaks the language (see: narrator voices)."
    )
    @click.option("--language", metavar="CODE", help="Language for lessons that name none: en, zh, ja, yue, ko.")
    @click.option("--speed", type=click.FloatRange(0.25, 4.0), help="1.0 is the voice's own pace.")
    @click.option("--vocoder", type=click.Choice(["hift", "hifigan", "griffin-lim"]), help="Of CosyVoice voices.")
    @click.option("--loudness", type=click.Choice(["off", "-16", "-19", "-23"]), help="One gain a lesson, in LUFS.")
    @click.option(
        "--format",
        "outputs",
        multiple=True,
        type=click.Choice(["wav", "mp3", "opus", "flac"]),
        help="Audio files to make; may be repeated. WAV is the default.",
    )
    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from producer.plan import Options

        names = ("voice", "language", "speed", "vocoder", "loudness", "outputs")
        chosen: dict[str, Any] = {name: kwargs.pop(name) for name in names}
        chosen["outputs"] = chosen["outputs"] or None
        kwargs["options"] = Options(**{name: value for name, value in chosen.items() if value is not None})
        return command(*args, **kwargs)

    return wrapper


_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, for machines.")


@main.command()
@_lesson_options
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where results go.")
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes [default: cores available].")
@_json
def make(paths: tuple[Path, ...], options: Options, out: Path, workers: int | None, as_json: bool) -> None:
    """Narrate lessons on this machine: queue, workers and store included.

    \b
    narrator make intro.md --out audio/
    narrator make courses/ --out audio/ --voice af_heart --loudness -19 --format wav --format mp3

    Run it again after an edit: only what changed is rendered. Ctrl-C is safe at any moment.
    """
    from producer.embedded import make as make_here

    with _progress(as_json) as show:
        report = make_here(paths, out, options, processes=workers, on_progress=show)
    _finish(report, as_json)


@main.command()
@_lesson_options
@_json
def plan(paths: tuple[Path, ...], options: Options, as_json: bool) -> None:
    """Say what would be rendered and what reused, and how long it would take. Renders nothing.

    The store is NARRATOR_STORE; without one, everything counts as missing.

    \b
    NARRATOR_STORE=audio/.narrator narrator plan lessons/
    """
    from producer.plan import plan_with_settings

    made = plan_with_settings(paths, options)
    if as_json:
        click.echo(json.dumps(made.as_json(), ensure_ascii=False))
    else:
        _print_plan(made)
    sys.exit(SOME_FAILED if made.failures else ALL_DONE)


@main.command()
@click.argument("where", metavar="LESSON[:LINE]", required=False)
@click.option("--text", help="Explain this text instead of a lesson.")
@click.option("--voice", metavar="ID", help="Voice, where the lesson names none.")
@click.option("--language", metavar="CODE", help="Language, where the lesson names none.")
@_json
def explain(where: str | None, text: str | None, voice: str | None, language: str | None, as_json: bool) -> None:
    """Show how each segment is read: text, language, normalised text, phonemes, voice and key.

    \b
    narrator explain lessons/intro.md:12
    narrator explain --text "It costs $3.50 in 2026." --language en --json
    """
    from producer import explain as explaining

    if (where is None) == (text is None):
        raise click.UsageError("give either LESSON[:LINE] or --text")
    if text is not None:
        found: Any = explaining.explain_text(text, language, voice=voice)
    else:
        found = explaining.explain(str(where), voice=voice, language=language)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for segment in found if isinstance(found, list) else [found]:
        for name, value in segment.items():
            if value not in (None, "") and not (name == "tokens" and segment.get("phonemes")):
                click.echo(f"{click.style(name.rjust(12), dim=True)}  {_plain(value)}")
        click.echo()


@main.command()
@click.argument("text")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The WAV file.")
@click.option("--voice", metavar="ID", help="Voice [default: the language's first installed one].")
@click.option("--language", metavar="CODE", help="Language of the text [default: by its script].")
@click.option("--speed", type=click.FloatRange(0.25, 4.0), default=1.0, help="1.0 is the voice's own pace.")
@_json
def say(text: str, out: Path, voice: str | None, language: str | None, speed: float, as_json: bool) -> None:
    """Speak one text into a WAV file, without queue or store.

    \b
    narrator say "Welcome to lesson three." -o welcome.wav
    narrator say "欢迎来到第三课。" -o welcome.wav --voice zf_xiaobei
    """
    from producer.say import say as speak

    seconds = speak(text, out, voice=voice, language=language, speed=speed)
    click.echo(json.dumps({"out": str(out), "audio_seconds": seconds}) if as_json else f"{out}: {seconds:.1f} s")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="OUT_OR_COURSE_FOLDER")
@click.option("--inline", is_flag=True, help="One file a course with the audio inside, to be mailed.")
def preview(folder: Path, inline: bool) -> None:
    """Write a page a course to look at and listen to. `narrator make` has done so already.

    \b
    narrator preview audio/
    narrator preview audio/everyday-science --inline
    """
    from producer import preview as previewing

    for course in previewing.courses(folder):
        click.echo(previewing.preview(course, inline=inline))


@main.group(invoke_without_command=True)
@_json
@click.pass_context
def voices(ctx: click.Context, as_json: bool) -> None:
    """List voices: what is installed, languages, licence, sample rate, size.

    \b
    narrator voices
    narrator voices add path/to/piper-voice/
    """
    if ctx.invoked_subcommand:
        return
    from producer.status import voices as all_voices

    rows = all_voices()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for heading in ("voice", "languages", "sample rate", "MB", "licence", "title", ""):
        table.add_column(heading, justify="right" if heading in ("sample rate", "MB") else "left")
    for row in rows:
        state = "" if row["installed"] else f"not installed: {row['remedy']}"
        size = f"{row['bytes'] / 1e6:.0f}"
        table.add_row(row["id"], " ".join(row["languages"]), f"{row['sample_rate']:,}", size, row["licence"],
                      row["title"], state)  # fmt: skip
    _console().print(table)


@voices.command("add")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def add_voice(folder: Path) -> None:
    """Install a Piper voice (X.onnx beside X.onnx.json) or a bundle (voice.toml) from a folder."""
    from models.install import install_bundle
    from worker.settings import load

    bundle = install_bundle(folder, load().voices_dir)
    for voice in bundle.voices:
        click.echo(f"{bundle.id}/{voice.name}  {' '.join(voice.languages)}  {bundle.licence}")


@voices.group("convert")
def convert_voice() -> None:
    """Turn a public checkpoint into a bundle. Needs torch: pip install 'narrator[convert]'."""


@convert_voice.command("cosyvoice")
@click.argument("checkpoint", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--precision", type=click.Choice(["fp32", "int8", "int4", "auto"]), default="auto", show_default=True)
@click.option("--part", "parts", multiple=True, metavar="PART=PRECISION", help="Another precision for one graph.")
@click.option("--vocoder", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="A converted HiFi-GAN to carry along.")  # fmt: skip
@_json
def convert_cosyvoice(
    checkpoint: Path, out: Path, precision: str, parts: tuple[str, ...], vocoder: Path | None, as_json: bool
) -> None:
    """CosyVoice-300M-SFT into a bundle; its folder's name is the bundle's.

    \b
    narrator voices convert cosyvoice CosyVoice-300M-SFT ~/.local/share/narrator/voices/cosyvoice
    narrator voices convert cosyvoice CosyVoice-300M-SFT voices/small --precision int8 --part decoder=int4
    """
    from producer.convert import convert

    wrong = [part for part in parts if "=" not in part]
    if wrong:
        raise click.UsageError(f"--part takes PART=PRECISION, not {wrong[0]!r}")
    chosen = dict(part.split("=", 1) for part in parts)
    _converted(convert("cosyvoice", checkpoint, out, precision=precision, parts=chosen, vocoder=vocoder), out, as_json)


@convert_voice.command("hifigan")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
@_json
def convert_hifigan(source: Path, out: Path, as_json: bool) -> None:
    """A generator in the public HiFi-GAN format (config.json beside it) into a vocoder for CosyVoice bundles."""
    from producer.convert import convert

    _converted(convert("hifigan", source, out), out, as_json)


def _converted(made: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    size = sum(path.stat().st_size for path in out.iterdir())
    click.echo(f"{out}: {made['title']}, {made['licence']}, {size / 1e6:.1f} MB")
    for name, value in made["record"].items():
        click.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")


@main.command()
@_lesson_options
@click.option("--wait", is_flag=True, help="Stay until the run has ended, and report.")
@_json
def submit(paths: tuple[Path, ...], options: Options, wait: bool, as_json: bool) -> None:
    """Send lessons to the workers that NARRATOR_REDIS_URL and NARRATOR_STORE name.

    \b
    export NARRATOR_REDIS_URL=redis://localhost:6379/0 NARRATOR_STORE=s3://narration
    narrator submit courses/ --wait
    """
    from producer.run import plan_paths
    from producer.run import submit as send

    run = send(*plan_paths(paths, options))
    if wait:
        with _progress(as_json) as show:
            for progress in run.watch():
                show(progress)
        _finish(run.wait(), as_json)
    for failure in run.plan.failures:
        click.secho(str(failure), fg="red", err=True)
    if as_json:
        click.echo(json.dumps({"run": run.id, "lessons": len(run.work), "failures": len(run.plan.failures)}))
    else:
        click.echo(f"{run.id}: {len(run.work)} lessons submitted. Follow it: narrator status {run.id}")
    sys.exit(SOME_FAILED if run.plan.failures else ALL_DONE)


@main.command()
@click.argument("run")
@_json
def status(run: str, as_json: bool) -> None:
    """Say where a run stands, and what failed and why.

    \b
    narrator status 20261122-094502-k3f9
    """
    from dataclasses import asdict

    from producer.status import standing

    progress, failures, troubles = standing(run)
    if as_json:
        lists = {"failures": [asdict(failure) for failure in failures], "troubles": troubles}
        click.echo(json.dumps({**asdict(progress), **lists}, ensure_ascii=False))
    else:
        done = progress.segments - progress.remaining
        click.echo(f"{run}: {progress.state}")
        click.echo(f"  lessons   {progress.lessons_done} of {progress.lessons} done, {progress.lessons_failed} failed")
        click.echo(f"  segments  {done} of {progress.segments} done: {progress.rendered} rendered, "
                   f"{progress.reused} reused, {progress.failed} failed")  # fmt: skip
        for failure in failures:
            click.secho(f"  {failure.course}/{failure.lesson}: {failure.reason}", fg="red")
        for trouble in troubles:
            click.secho(f"  lately: {trouble}", fg="yellow")
    sys.exit(SOME_FAILED if failures else ALL_DONE)


@main.command()
@click.option("--voice", "bundles", multiple=True, metavar="BUNDLE", help="Bundle to serve; may be repeated.")
@click.option("--assemble", is_flag=True, help="Link lessons; alone, this worker needs no voice.")
@click.option("--processes", type=click.IntRange(1, 256), help="Worker processes [default: cores available].")
def worker(bundles: tuple[str, ...], assemble: bool, processes: int | None) -> None:
    """Serve the queues of NARRATOR_REDIS_URL until told to stop; SIGTERM gives unfinished work back.

    Without an option it serves what NARRATOR_SERVE says: by default Kokoro, and assembly.

    \b
    narrator worker
    narrator worker --voice kokoro --processes 4
    narrator worker --assemble --processes 1
    """
    import os

    from models.session import available_cores
    from worker.contract import assemble_queue, interactive_queue, render_queue
    from worker.settings import load

    prefix = load().queue_prefix
    queues = [queue(prefix, bundle) for bundle in bundles for queue in (interactive_queue, render_queue)]
    if assemble:
        queues.append(assemble_queue(prefix))
    # The worker takes this process's place, so that signals and the exit code are its own.
    arguments = ["--queues", ",".join(queues), "--processes", str(processes or available_cores())]
    os.execv(sys.executable, [sys.executable, "-P", "-m", "worker", *arguments])  # noqa: S606


@main.command()
@_json
def doctor(as_json: bool) -> None:
    """Check broker, store, voices and threads, and say what to mend."""
    from dataclasses import asdict

    from producer.doctor import doctor as examine

    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            sign = click.style("ok  ", fg="green") if check.ok else click.style("FAIL", fg="red")
            click.echo(f"{sign}  {check.name}: {check.detail}")
            if check.remedy and not check.ok:
                click.echo(f"      -> {check.remedy}")
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False))
    sys.exit(ALL_DONE if all(check.ok for check in checks) else SOME_FAILED)


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar with an ETA on a terminal's standard error; nothing in a log file or beside ``--json``."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    from producer.watch import Pace

    pace = Pace()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[eta]}"))
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        segments = bars.add_task("segments", total=None, eta="")
        lessons = bars.add_task("lessons", total=None, eta="")

        def show(progress: Progress) -> None:
            left = pace.remaining_seconds(progress)
            eta = "" if left is None else f"{_duration(left)} left"
            bars.update(segments, total=progress.segments, completed=progress.segments - progress.remaining, eta=eta)
            bars.update(lessons, total=progress.lessons, completed=progress.lessons_done + progress.lessons_failed)

        yield show


def _finish(report: Report, as_json: bool) -> None:
    """Print a run's report and exit with its code."""
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        sys.exit(report.exit_code)
    for trouble in report.failures:
        click.secho(f"{trouble.where}: {trouble.reason}", fg="red", err=True)
    kept = f", {report.unchanged} unchanged" if report.unchanged else ""
    lost = f", {report.failed_lessons} failed" if report.failed_lessons else ""
    click.echo(f"lessons    {report.lessons}{kept}{lost}")
    click.echo(
        f"segments   {report.segments}: {report.reused} reused, {report.rendered} rendered, {report.failed} failed"
    )
    for reason, count in sorted(report.reasons.items(), key=lambda pair: -pair[1]):
        click.echo(f"           {count}: {reason}")
    if report.rtf is not None:
        click.echo(f"speech     {_duration(report.audio_seconds)} rendered, real-time factor {report.rtf:.2f} per core")
    click.echo(f"took       {_duration(report.wall_seconds)}")
    for place in report.results:
        click.echo(place)
    for page in report.preview:
        click.echo(f"preview    {page}")
    sys.exit(report.exit_code)


def _print_plan(made: Plan) -> None:
    for failure in made.failures:
        click.secho(str(failure), fg="red", err=True)
    for lesson in made.lessons:
        state = "unchanged" if lesson.unchanged else f"{len(lesson.missing)} of {lesson.entries} to render"
        click.echo(f"{lesson.course}/{lesson.lesson}: {state}")
    click.echo(f"{made.segments} segments: {made.reused} reused, {made.missing} to render, "
               f"about {_duration(made.estimated_seconds)} on one core")  # fmt: skip


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _console() -> Any:
    from rich.console import Console

    return Console()
