"""Fuzz a reader with atheris: python -m tests.fuzz_reader .ssml CORPUS -max_total_time=600

for a lesson's suffix, ``marp`` (slides in Markdown), ``lexicon.toml`` or ``lexicon.pls``. Only NarrationError may come
out of reading, parsing and cutting a file; libFuzzer keeps what does otherwise as ``crash-*``. CORPUS is a folder that
the run fills; it starts with the format's own words, in FORMATS of the unit test.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["producer.readers", "producer.lexicon", "producer.plan.segments", "models.text"]
):
    from models.errors import NarrationError
    from producer import lexicon
    from producer.plan.cut import cut_block
    from producer.readers.formats import BY_SUFFIX, format_of
    from tests.unit import test_hostile_files as hostile
    from tests.unit.test_nothing_disappears import FORMATS, Format

    for form in BY_SUFFIX.values():
        form.reader()  # which happens at first use, too late to be instrumented

TAGS = re.compile(r"<[^<>]*>|\[[^\]]*\]|[^<\[{}]+")
ATTRIBUTES = (
    "xml:lang", "name", "time", "strength", "rate", "volume", "level", "interpret-as", "format", "alias", "ph",
)  # fmt: skip
VALUES = (
    "en", "zh-CN", "x", "1s", "500ms", "strong", "80%", "+10%", "fast", "+6dB", "loud", "reduced", "date", "time",
    "mdy", "telephone", "cardinal", "ordinal", "digits", "characters", "ym", "hms12", "1",
)  # fmt: skip


def main() -> None:
    """Run until the time given is over, or something breaks."""
    kind = sys.argv.pop(1)
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    if kind.startswith("lexicon"):
        seeds, words, check = _lexicons(folder / kind)
    elif kind == ".pptx":
        seeds, words, check = _decks(folder / "deck.pptx")
    else:
        seeds, words, check = _texts(kind)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    escaped = ("".join(f"\\x{byte:02x}" for byte in word) for word in sorted(words))
    (corpus.parent / "words.dict").write_text("".join(f'"{word}"\n' for word in escaped))

    def caught(data: bytes) -> None:
        with contextlib.suppress(NarrationError):
            check(data)

    longest = max(600, *map(len, seeds))
    atheris.Setup([*sys.argv, f"-dict={corpus.parent / 'words.dict'}", f"-max_len={longest}"], caught)
    atheris.Fuzz()


Target = tuple[list[bytes], set[bytes], Callable[[bytes], None]]  # seeds, words, what is done with an input


def _texts(kind: str) -> Target:
    """Lessons in text. Bytes after a "#" stand for a row of the format's own words."""
    form = _form(kind)
    words = {word for around in (*form.around, form.whole) for word in TAGS.findall(around)}
    words |= {f'{name}="{value}"' for name in ATTRIBUTES for value in VALUES} if kind == ".ssml" else set()
    seeds = [form.whole.replace("{}", around.replace("{}", "word 1 ")).encode() for around in form.around]
    parted = [*form.around, *sorted(words)]
    path = Path(f"course/fuzz{form.suffix}")
    reader = format_of(path).reader()

    def check(data: bytes) -> None:
        if data[:1] == b"#":
            data = form.whole.replace("{}", "".join(parted[byte % len(parted)] for byte in data[1:])).encode()
        for lesson in reader.read(path, data):
            for block in reader.body(lesson).blocks:
                for piece in (one.written for one in cut_block(block, "en")):
                    assert piece.text

    return [*seeds, b"#" + bytes(range(100))], {word.encode() for word in words}, check


def _form(kind: str) -> Format:
    if kind == "marp":
        return next(form for form in FORMATS if "marp: true" in form.whole)
    return next(form for form in FORMATS if form.suffix == kind)


def _lexicons(path: Path) -> Target:
    def check(data: bytes) -> None:
        path.write_bytes(data)
        lexicon.read_lexicon(path)

    return [hostile.GOOD[path.name]], set(hostile.WORDS), check


def _decks(path: Path) -> Target:
    """PowerPoint: the first byte says which part of a good deck is replaced by the others."""
    with zipfile.ZipFile(io.BytesIO(hostile.DECK)) as deck:
        members = {name: deck.read(name) for name in sorted(deck.namelist())}

    def check(data: bytes) -> None:
        which = list(members)[data[0] % len(members)] if data else ""
        with zipfile.ZipFile(path, "w") as made:
            for name, part in members.items():
                made.writestr(name, data[1:] if name == which else part)
        hostile.take(path)

    small = [bytes([n]) + part for n, part in enumerate(members.values()) if len(part) < 20_000]
    return small, set(hostile.WORDS), check


if __name__ == "__main__":
    main()
