"""``python -m models.training.data DATA --hours 5``: speech by the teacher, in shards of three minutes.

    DATA/shard-00017/features.npy   float16 [frames, 512], at 80 Hz
                     source.npy     float16 [300 * frames], at 24 kHz
                     sound.npy      float16 [300 * frames], what the teacher makes of them
                     style.npy      float32 [utterances, 128]
                     texts.json     utterances: text, language, voice, speed, first frame, frames

A shard is determined by its seed and number, so a killed run goes on where it was, several processes may share a folder
(``--turn 0/2`` and ``--turn 1/2``), and what is lost comes again. Arrays are mapped, not read: training on many hours
takes no memory. An hour takes 0.65 GB.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.catalog import BUILT_IN
from models.errors import Unspeakable
from models.kokoro.frontend import KokoroFrontEnd
from models.training.sentences import sentence
from models.training.teacher import HOP, STYLE, Spoken, TeacherVocoder, TextSide, read_graph

SHARD = 180.0  # seconds of speech in a shard, at least
LANGUAGES = {"zh": 0.6, "en": 0.22, "ja": 0.18}  # shares of the utterances: Mandarin's consonants are the hardest
GUESTS = 0.12  # share of English sentences that a Chinese or Japanese voice says
HELD_OUT = ("bf_emma", "zf_xiaobei")  # voices that are judged and not trained on
SPEEDS = (0.8, 1.25)
FEWEST = 4  # tokens of an utterance
SENTENCES = (1, 1, 1, 2, 2, 3)  # of a text, at random: short ones and whole paragraphs


@dataclass(frozen=True, slots=True)
class Line:
    """An utterance of a shard."""

    text: str
    language: str
    voice: str
    speed: float
    first: int  # frame
    frames: int


class Shard(NamedTuple):
    """The arrays of a folder, mapped, and its utterances."""

    features: NDArray[np.float16]  # [frames, 512]
    source: NDArray[np.float16]  # [300 * frames]
    sound: NDArray[np.float16]  # [300 * frames]
    style: NDArray[np.float32]  # [utterances, 128]
    lines: Sequence[Line]


class Teacher:
    """The teacher: text in, features and sound out, by any of the bundle's voices."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.bundle = Bundle.read(BUILT_IN / "kokoro.toml")
        graph = read_graph(self.bundle)
        self._graph, self._folder, self._threads = graph, folder, threads
        self._text_side = TextSide(graph, threads)
        self.refresh()
        self._front_end = KokoroFrontEnd(self.bundle)
        self._styles: dict[str, NDArray[np.float32]] = {}

    def refresh(self) -> None:
        """Open the vocoder anew: the runtime keeps what it has prepared for every length, 10 MB an utterance."""
        self._vocoder = TeacherVocoder(self._graph, self._folder, self._threads)

    def voices(self, language: str, *, guests: bool = False) -> list[str]:
        """Voices whose own language it is, or with ``guests`` those that speak it as well."""
        return [
            v.name for v in self.bundle.voices if language in v.languages and (v.languages[0] != language) == guests
        ]

    def features(self, text: str, language: str, voice: str, speed: float) -> list[Spoken]:
        """Return what a vocoder is given for a text. Raises Unspeakable."""
        style = self._style(voice)
        tokens = [u.tokens for u in self._front_end.prepare(text, language) if len(u.tokens) >= FEWEST]
        return [self._text_side(t, style[len(t) - 1 : len(t)], speed) for t in tokens]

    def sound(self, spoken: Spoken) -> NDArray[np.float32]:
        """Samples [300 * frames] by the teacher."""
        return self._vocoder(spoken)

    def _style(self, voice: str) -> NDArray[np.float32]:
        if voice not in self._styles:
            name = self.bundle.speaker(voice).file
            table = np.load(self.bundle.path(name), allow_pickle=False)
            self._styles[voice] = (table[voice] if name.endswith(".npz") else table).reshape(-1, 2 * STYLE)
        return self._styles[voice].astype(np.float32)


def make_shard(teacher: Teacher, target: Path, seed: str, seconds: float = SHARD) -> None:
    """Speak a shard's sentences and put its folder in place, whole."""
    chance = random.Random(seed)
    lines: list[Line] = []
    spoken: list[Spoken] = []
    sounds: list[NDArray[np.float32]] = []
    frames = 0
    while frames * HOP < seconds * teacher.bundle.sample_rate:
        text, language, voice, speed = _chosen(teacher, chance)
        try:
            said = teacher.features(text, language, voice, speed)
        except Unspeakable:  # a word of the lexicon in letters that have no sound
            continue
        for utterance in said:
            length = utterance.features.shape[1]
            lines.append(Line(text, language, voice, speed, frames, length))
            spoken.append(utterance)
            sounds.append(teacher.sound(utterance))
            frames += length
    folder = target.with_name(f".{target.name}")  # left over, if a run was killed here
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    np.save(folder / "features.npy", np.concatenate([s.features.T for s in spoken]).astype(np.float16))
    np.save(folder / "source.npy", np.concatenate([s.source for s in spoken]).astype(np.float16))
    np.save(folder / "sound.npy", np.concatenate(sounds).astype(np.float16))
    np.save(folder / "style.npy", np.stack([s.style for s in spoken]))
    (folder / "texts.json").write_text(json.dumps([asdict(line) for line in lines], ensure_ascii=False), "utf-8")
    folder.rename(target)


def _chosen(teacher: Teacher, chance: random.Random) -> tuple[str, str, str, float]:
    """A text, its language, a voice that is not held out, and a speed in hundredths."""
    language = chance.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    guests = language == "en" and chance.random() < GUESTS
    voices = [voice for voice in teacher.voices(language, guests=guests) if voice not in HELD_OUT]
    joint = " " if language == "en" else ""
    text = joint.join(sentence(language, chance) for _ in range(chance.choice(SENTENCES)))
    return text, language, chance.choice(voices), round(chance.uniform(*SPEEDS), 2)


def read_shard(folder: Path) -> Shard:
    """A shard's arrays, mapped."""
    features, source, sound = (
        np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("features", "source", "sound")
    )
    lines = [Line(**line) for line in json.loads((folder / "texts.json").read_text("utf-8"))]
    return Shard(features, source, sound, np.load(folder / "style.npy"), lines)


def shards(data: Path) -> list[Path]:
    """The folders of all shards that are whole, in the order of their numbers."""
    return sorted(data.glob("shard-*"))


def main() -> None:
    """Make the shards of one turn that are not there yet."""
    parser = argparse.ArgumentParser(prog="python -m models.training.data", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--hours", type=float, default=5.0, help="of speech, of all turns together")
    parser.add_argument("--seed", default="light-1")
    parser.add_argument("--turn", default="0/1", help="N/M: makes every Mth shard, from the Nth")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    turn, turns = (int(figure) for figure in asked.turn.split("/"))
    asked.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        teacher = Teacher(Path(folder), asked.threads)
        for number in range(turn, round(asked.hours * 3600 / SHARD), turns):
            target = asked.data / f"shard-{number:05d}"
            if not target.exists():
                make_shard(teacher, target, f"{asked.seed}/{number}")
                print(target, flush=True)
                teacher.refresh()


if __name__ == "__main__":
    main()
