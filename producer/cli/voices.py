"""Voices: list them, add them, convert public checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from producer.cli.help import Group
from producer.cli.options import json_option
from producer.cli.printing import print_table


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def voices(ctx: click.Context) -> None:
    """List voices, add them, convert public checkpoints.

    \b
    narrator voices
    narrator voices add path/to/piper-voice/
    """
    if not ctx.invoked_subcommand:
        ctx.invoke(list_voices, as_json=False)


@voices.command("list")
@json_option
def list_voices(as_json: bool) -> None:
    """List voices: what is installed, languages, licence, sample rate, size.

    \b
    narrator voices list
    narrator voices list --json
    """
    from producer.run.status import voices as all_voices

    rows = all_voices()
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    table.add_column("voice", no_wrap=True, overflow="fold")  # a name cut off is of no use
    for heading in ("languages", "sample rate", "MB", "licence", "title", ""):
        table.add_column(heading, justify="right" if heading in ("sample rate", "MB") else "left")
    for row in rows:
        state = "" if row["installed"] else f"not installed: {escape(row['remedy'])}"  # [kokoro] is no markup
        size = f"{row['bytes'] / 1e6:.0f}"
        table.add_row(row["id"], " ".join(row["languages"]), f"{row['sample_rate']:,}", size, row["licence"],
                      row["title"], state)  # fmt: skip
    print_table(table)


@voices.command("add")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@json_option
def add_voice(folder: Path, as_json: bool) -> None:
    """Install a Piper voice (X.onnx, X.onnx.json) or a bundle (voice.toml) from a FOLDER.

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
    """Turn a public checkpoint into a bundle. Needs torch: pip install 'narrator[convert]'.

    \b
    narrator voices convert cosyvoice CosyVoice-300M-SFT cosyvoice
    narrator voices convert hifigan generator.pt hifigan
    """


@convert_voice.command("cosyvoice")
@click.argument("checkpoint", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--precision",
    type=click.Choice(["fp32", "int8", "int4", "auto"]),
    default="auto",
    show_default=True,
    help="Of the weights; auto has 4 bits where that is heard least.",
)
@click.option("--part", "parts", multiple=True, metavar="PART=PRECISION", help="Another precision for one graph.")
@click.option(
    "--backend",
    type=click.Choice(["onnxruntime", "openvino"]),
    default="onnxruntime",
    show_default=True,
    help="What runs flow and vocoder; openvino is for CPUs with AMX.",
)
@click.option(
    "--vocoder",
    "hifigan",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="A converted HiFi-GAN to carry along.",
)
@click.option(
    "--speech-tokens",
    type=click.IntRange(2, 20),
    metavar="N",
    help="Of random weights, in tests: so many a text token, whatever they say.",
)
@json_option
def convert_cosyvoice(
    checkpoint: Path,
    out: Path,
    precision: str,
    parts: tuple[str, ...],
    backend: str,
    hifigan: Path | None,
    speech_tokens: int | None,
    as_json: bool,
) -> None:
    """Convert a CHECKPOINT of CosyVoice-300M-SFT into a bundle, the folder OUT.

    \b
    narrator voices convert cosyvoice CosyVoice-300M-SFT cosyvoice
    narrator voices convert cosyvoice CosyVoice-300M-SFT small --precision int8 --part decoder=int4
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
        vocoder=hifigan,
        speech_tokens_per_text_token=speech_tokens,
    )
    _converted(made, out, as_json=as_json)


@convert_voice.command("hifigan")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
def convert_hifigan(source: Path, out: Path) -> None:
    """Convert a HiFi-GAN generator, config.json beside it, into a vocoder.

    \b
    narrator voices convert hifigan generator.pt hifigan
    narrator voices convert cosyvoice CosyVoice-300M-SFT cosyvoice --vocoder hifigan
    """
    from producer.tools.convert import convert

    _converted(convert("hifigan", source, out), out, as_json=False)


def _converted(made: dict[str, Any], out: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    size = sum(path.stat().st_size for path in out.iterdir())
    click.echo(f"{out}: {made['title']}, {made['licence']}, {size / 1e6:.1f} MB")
    for name, value in made["record"].items():
        click.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
