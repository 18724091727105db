"""``python -m models.training.judge CHECKPOINT OUT``: a student beside its teacher, on sentences and voices held out.

    OUT/zh-03-zf_xiaobei.teacher.wav and .light.wav    to hear, and for a recogniser (tests.benchmarks.light)
        figures.json    a sentence each, and the summary that is printed

Log-spectrum error and SNR are against the teacher, who is given the same features. DNSMOS (P.835, without its
polynomial) comes from the package speechmos, where it is installed. Times are CPU seconds a second of sound, on one
thread, student and today's int8 vocoder by turns.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from models.session import open_session
from models.training.data import HELD_OUT, Teacher
from models.training.export import exported, read_weights
from models.training.sentences import HERE
from models.training.teacher import RATE, Spoken, TeacherVocoder, read_graph
from models.training.train import errors

TIMED = 3  # every so many sentences are said by the int8 vocoder as well
DNSMOS_RATE = 16_000
DNSMOS_SECONDS = 9.01
MARKS = ("dnsmos_speech", "dnsmos_background", "dnsmos_overall")  # as the graph gives them

Sound = NDArray[np.float32]


class Student:
    """A checkpoint, exported and run as workers would run it."""

    def __init__(self, checkpoint: Path) -> None:
        self._session = open_session(exported(read_weights(checkpoint)).model().SerializeToString())

    def __call__(self, spoken: Spoken) -> Sound:
        """Samples [300 * frames], with noise that is the same every time."""
        noise = np.random.default_rng(0).standard_normal(len(spoken.source), np.float32)
        feeds = {"features": spoken.features, "source": spoken.source, "style": spoken.style, "noise": noise}
        sound: Sound = self._session.run(None, feeds)[0]
        return sound


def held_out_sentences(teacher: Teacher) -> Iterator[tuple[str, str, str, str]]:
    """Name, text, language and voice of what is judged by: every other one by a held-out voice, where there is one."""
    listed = tomllib.loads((HERE / "held_out.toml").read_text("utf-8"))
    for language, texts in listed.items():
        voices = teacher.voices(language)
        unheard = [voice for voice in voices if voice in HELD_OUT]
        learnt = [voice for voice in voices if voice not in HELD_OUT]
        for number, text in enumerate(texts):
            among = unheard if unheard and number % 2 else learnt
            voice = among[number // 2 % len(among)] if unheard else among[number % len(among)]
            yield f"{language}-{number:02d}-{voice}", text, language, voice


def marker() -> Callable[[Sound], dict[str, float]]:
    """DNSMOS of a sound; of nothing where speechmos is not installed."""
    try:
        place = importlib.metadata.distribution("speechmos").locate_file("speechmos/dnsmos_models/sig_bak_ovr.onnx")
    except importlib.metadata.PackageNotFoundError:
        return lambda _: {}
    session = open_session(Path(str(place)))

    def mark(sound: Sound) -> dict[str, float]:
        heard = soxr.resample(sound, RATE, DNSMOS_RATE).astype(np.float32)
        wanted = round(DNSMOS_SECONDS * DNSMOS_RATE)
        heard = np.tile(heard, -(-wanted // len(heard)))[:wanted]
        found = session.run(None, {session.get_inputs()[0].name: heard[None]})[0][0]
        return dict(zip(MARKS, map(float, found), strict=True))

    return mark


def judge(checkpoint: Path, out: Path, every: int = 1) -> list[dict[str, object]]:
    """The figures of every so many sentences; both sounds of each in ``out``."""
    student, mark = Student(checkpoint), marker()
    figures: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        teacher = Teacher(Path(folder))
        quantised = TeacherVocoder(read_graph(teacher.bundle), Path(folder), quantised=True)
        for number, (name, text, language, voice) in enumerate([*held_out_sentences(teacher)][::every]):
            said = teacher.features(text, language, voice, 1.0)
            truth = np.concatenate([teacher.sound(spoken) for spoken in said])
            began = process_time()
            light = np.concatenate([student(spoken) for spoken in said])
            seconds = len(light) / RATE
            times = {"rtf": (process_time() - began) / seconds}
            if number % TIMED == 0:
                began = process_time()
                for spoken in said:
                    quantised(spoken)
                times["rtf_int8"] = (process_time() - began) / seconds
            error, snr = errors(torch.from_numpy(light), torch.from_numpy(truth))
            marks = {f"{key}_teacher": value for key, value in mark(truth).items()} | mark(light)
            kind = "unheard voice" if voice in HELD_OUT else "learnt voice"
            figures.append(
                {"name": name, "text": text, "language": language, "voice": voice, "kind": kind, "seconds": seconds}
                | {"log_spectrum_db": error, "snr_db": snr, **times, **marks}
            )
            for kind_of_sound, sound in (("teacher", truth), ("light", light)):
                soundfile.write(out / f"{name}.{kind_of_sound}.wav", sound, RATE, subtype="PCM_16")
    return figures


def summary(figures: list[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Means of all sentences, of each language, and of voices that were learnt and not."""
    groups: dict[str, list[dict[str, object]]] = {"all": figures}
    for figure in figures:
        for key in ("language", "kind"):
            groups.setdefault(str(figure[key]), []).append(figure)
    return {name: {"sentences": float(len(group)), **_means(group)} for name, group in groups.items()}


def _means(group: list[dict[str, object]]) -> dict[str, float]:
    keys = list(dict.fromkeys(key for figure in group for key, value in figure.items() if isinstance(value, float)))
    return {key: float(np.mean([v for f in group if isinstance(v := f.get(key), float)])) for key in keys}


def main() -> None:
    """Judge, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m models.training.judge", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--every", type=int, default=1, help="sentences: 7 for a quick look in all three languages")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    figures = judge(asked.checkpoint, asked.out, asked.every)
    means = summary(figures)
    content = {"checkpoint": asked.checkpoint.name, "summary": means, "sentences": figures}
    (asked.out / "figures.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    print("| | " + " | ".join(means) + " |\n| --- |" + " --- |" * len(means))
    for key in means["all"]:
        print(f"| {key} | " + " | ".join(f"{group.get(key, float('nan')):.3f}" for group in means.values()) + " |")


if __name__ == "__main__":
    main()
