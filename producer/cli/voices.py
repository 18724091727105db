"""Voices: list them, add them, convert public checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from producer.cli.shared import console, json_option

if TYPE_CHECKING:
    pass


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def voices(ctx: click.Context, as_json: bool) -> None:
    """List voices: what is installed, languages, licence, sample rate, size.

    \b
    narrator voices
    narrator voices add path/to/piper-voice/
    """
    if ctx.invoked_subcommand:
        return
    from producer.run.status import voices as all_voices

    rows = all_voices()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for heading in ("voice", "languages", "sample rate", "MB", "licence", "title", ""):
        table.add_column(heading, justify="right" if heading in ("sample rate", "MB") else "left")
    for row in rows:
        state = "" if row["installed"] else f"not installed: {escape(row['remedy'])}"  # [kokoro] is no markup
        size = f"{row['bytes'] / 1e6:.0f}"
        table.add_row(row["id"], " ".join(row["languages"]), f"{row['sample_rate']:,}", size, row["licence"],
                      row["title"], state)  # fmt: skip
    console().print(table)


@voices.command("add")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@json_option
def add_voice(folder: Path, as_json: bool) -> None:
    """Install a Piper voice (X.onnx beside X.onnx.json) or a bundle (voice.toml) from a folder.

    \b
    narrator voices add ~/Downloads/en_GB-alan-medium
    narrator voices add cosyvoice
    """
    from models.install import install_bundle
    from worker.contract.settings import load_settings

    bundle = install_bundle(folder, load_settings().voices_dir)
    if as_json:
        voices = [{"id": f"{bundle.id}/{voice.name}", "languages": voice.languages} for voice in bundle.voices]
        click.echo(json.dumps({"bundle": bundle.id, "licence": bundle.licence, "voices": voices}))
        return
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
@click.option(
    "--backend",
    type=click.Choice(["onnxruntime", "openvino"]),
    default="onnxruntime",
    show_default=True,
    help="What runs flow and vocoder; openvino is for CPUs with AMX.",
)
@click.option("--vocoder", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="A converted HiFi-GAN to carry along.")  # fmt: skip
@click.option(
    "--speech-tokens",
    type=click.IntRange(2, 20),
    metavar="N",
    help="For random weights, in tests: N speech tokens a text token, whatever the model says. Part of every key.",
)
@json_option
def convert_cosyvoice(
    checkpoint: Path,
    out: Path,
    precision: str,
    parts: tuple[str, ...],
    backend: str,
    vocoder: Path | None,
    speech_tokens: int | None,
    as_json: bool,
) -> None:
    """CosyVoice-300M-SFT into a bundle; its folder's name is the bundle's.

    \b
    narrator voices convert cosyvoice CosyVoice-300M-SFT ~/.local/share/narrator/voices/cosyvoice
    narrator voices convert cosyvoice CosyVoice-300M-SFT voices/small --precision int8 --part decoder=int4
    """
    from producer.tools.convert import convert

    wrong = [part for part in parts if "=" not in part]
    if wrong:
        raise click.UsageError(f"--part takes PART=PRECISION, not {wrong[0]!r}")
    chosen = dict(part.split("=", 1) for part in parts)
    made = convert(
        "cosyvoice",
        checkpoint,
        out,
        precision=precision,
        parts=chosen,
        backend=backend,
        vocoder=vocoder,
        speech_tokens_per_text_token=speech_tokens,
    )
    _converted(made, out, as_json)


@convert_voice.command("hifigan")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
@json_option
def convert_hifigan(source: Path, out: Path, as_json: bool) -> None:
    """A generator in the public HiFi-GAN format (config.json beside it) into a vocoder for CosyVoice bundles."""
    from producer.tools.convert import convert

    _converted(convert("hifigan", source, out), out, as_json)


def _converted(made: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    size = sum(path.stat().st_size for path in out.iterdir())
    click.echo(f"{out}: {made['title']}, {made['licence']}, {size / 1e6:.1f} MB")
    for name, value in made["record"].items():
        click.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
