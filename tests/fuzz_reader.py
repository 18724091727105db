"""Fuzz a reader with atheris: python -m tests.fuzz_reader .ssml CORPUS -max_total_time=300

Only NarrationError may come out of reading, parsing and cutting a file; libFuzzer keeps what does otherwise as
``crash-*``. CORPUS is a folder that the run fills; the words of the format are in FORMATS of the unit test.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["producer.readers", "producer.draft", "models.text"]):
    from models.voice import NarrationError
    from producer import readers
    from producer.draft import parts
    from tests.unit.test_nothing_disappears import FORMATS

TAGS = re.compile(r"<[^<>]*>|\[[^\]]*\]|[^<\[{}]+")


def main() -> None:
    """Run until the time given is over, or something breaks."""
    suffix = sys.argv.pop(1)
    form = next(form for form in FORMATS if form.suffix == suffix)
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, around in enumerate(form.around):
        (corpus / f"seed-{number}").write_text(form.whole.replace("{}", around.replace("{}", "word 1 ")), "utf-8")
    words = {word for around in (*form.around, form.whole) for word in TAGS.findall(around)}
    words |= {f'{name}="{value}"' for name in ATTRIBUTES for value in VALUES} if suffix == ".ssml" else set()
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in sorted(words))
    (corpus.parent / "words.dict").write_text("".join(f'"{word}"\n' for word in escaped))
    (corpus / "seed-words").write_bytes(b"#" + bytes(range(100)))
    reader, parted = readers.reader_of(Path(f"x{suffix}")), [*form.around, *sorted(words)]

    def check(data: bytes) -> None:
        if data[:1] == b"#":  # every other byte string is a file; this one a row of the format's own words
            data = form.whole.replace("{}", "".join(parted[byte % len(parted)] for byte in data[1:])).encode()
        try:
            for lesson in reader.read(Path(f"course/fuzz{suffix}"), data):
                for block in reader.body(lesson).blocks:
                    for piece, _, _ in parts(block, "en"):
                        assert piece.text
        except NarrationError:
            pass

    atheris.Setup([*sys.argv, f"-dict={corpus.parent / 'words.dict'}", "-max_len=600"], check)
    atheris.Fuzz()


ATTRIBUTES = (
    "xml:lang",
    "name",
    "time",
    "strength",
    "rate",
    "volume",
    "level",
    "interpret-as",
    "format",
    "alias",
    "ph",
)
VALUES = (
    "en", "zh-CN", "x", "1s", "500ms", "strong", "80%", "+10%", "fast", "+6dB", "loud", "reduced", "date", "time",
    "mdy", "telephone", "cardinal", "ordinal", "digits", "characters", "ym", "hms12", "1",
)  # fmt: skip

if __name__ == "__main__":
    main()
