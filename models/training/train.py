"""``python -m models.training.train DATA RUN --steps 20000``: the student, from shards of speech to checkpoints.

    RUN/step-0012000.pt   network, averaged weights, optimiser, random state: the last two are kept
        curve.csv         step, seconds of work, loss, distance to the teacher, rate of learning; and every
                          --judged steps: log-spectrum error in dB, wave SNR in dB, on shards that are not learnt

A killed run goes on from its last checkpoint when the same command is given again; more shards may come while it runs.
SIGTERM saves a checkpoint first. Every 20th shard is kept for judging.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.training.data import Shard, read_shard, shards
from models.training.losses import energy_distance
from models.training.network import LightVocoder
from models.training.teacher import HOP

CROP = 60  # frames: 0.75 s
BATCH = 16  # crops: 12 s of speech
EDGE = 900  # samples at both ends of a crop, which lack their neighbours and are not judged
WARM_UP = 200  # steps
LOWEST = 0.03  # of the rate, at the end
AVERAGED = 0.999  # share of the averaged weights that a step leaves
JUDGED_SHARDS = 20  # one of so many is kept
JUDGED_LINES = 12
COLUMNS = ("step", "seconds", "loss", "distance", "rate", "log_spectrum_db", "snr_db")

Crop = tuple[Tensor, Tensor, Tensor, Tensor]  # features [512, frames], source [300 * frames], style [128], sound


def crop(shard: Shard, line: int, first: int, frames: int) -> Crop:
    """A stretch of an utterance, beginning with its frame ``first``."""
    start = shard.lines[line].first + first
    samples = slice(start * HOP, (start + frames) * HOP)
    features = np.asarray(shard.features[start : start + frames], np.float32).T
    source, sound = (np.asarray(array[samples], np.float32) for array in (shard.source, shard.sound))
    return (
        torch.from_numpy(features),
        torch.from_numpy(source),
        torch.tensor(shard.style[line]),
        torch.from_numpy(sound),
    )


class Crops:
    """Batches at random from all shards that are there, shards that come later as well."""

    def __init__(self, data: Path, size: int = BATCH) -> None:
        self._data, self._size = data, size
        self._shards: dict[Path, Shard] = {}
        self.chance = random.Random(0)
        self.refresh()

    def refresh(self) -> None:
        """Look for new shards."""
        for folder in shards(self._data):
            if folder not in self._shards and not kept(folder):
                self._shards[folder] = read_shard(folder)

    @property
    def hours(self) -> float:
        """Hours of speech to learn from."""
        return sum(len(shard.features) for shard in self._shards.values()) / 80 / 3600

    def batch(self) -> Crop:
        """Crops, each array with a first axis for them; long utterances come more often."""
        drawn: list[Crop] = []
        while len(drawn) < self._size:
            shard = self.chance.choice(list(self._shards.values()))
            line = self.chance.choices(range(len(shard.lines)), [at.frames for at in shard.lines])[0]
            if shard.lines[line].frames > CROP:
                first = self.chance.randrange(shard.lines[line].frames - CROP + 1)
                drawn.append(crop(shard, line, first, CROP))
        features, source, style, sound = (torch.stack(part) for part in zip(*drawn, strict=True))
        return features, source, style, sound


def kept(folder: Path) -> bool:
    """Tell whether the shard is for judging, not for learning."""
    return int(folder.name.partition("-")[2]) % JUDGED_SHARDS == 0


def judged(data: Path) -> Iterator[Crop]:
    """Whole utterances of the first shard that is kept for judging."""
    for folder in [folder for folder in shards(data) if kept(folder)][:1]:
        shard = read_shard(folder)
        for line in range(min(JUDGED_LINES, len(shard.lines))):
            yield crop(shard, line, 0, shard.lines[line].frames)


def errors(sound: Tensor, truth: Tensor) -> tuple[float, float]:
    """Log-spectrum error and wave SNR of [samples], both in dB."""
    one, other = (
        torch.stft(x, 1024, 256, window=torch.hann_window(1024), return_complex=True).abs() for x in (sound, truth)
    )
    apart = 20 / math.log(10) * (torch.log(one + 1e-3) - torch.log(other + 1e-3)).abs().mean()
    snr = 10 * torch.log10(truth.square().mean() / (truth - sound).square().mean())
    return float(apart), float(snr)


class Training:
    """A network on its way, which a checkpoint holds whole."""

    def __init__(self, crops: Crops, run: Path, steps: int, rate: float, *, half: bool = False) -> None:
        """``half``: the network's products in bfloat16, half again as fast on a CPU that has it."""
        self.network = LightVocoder()
        self.averaged = LightVocoder().requires_grad_(requires_grad=False)
        self._optimiser = torch.optim.AdamW(self.network.parameters(), rate, betas=(0.9, 0.99), weight_decay=1e-3)
        self._crops, self._run, self._steps, self._highest = crops, run, steps, rate
        self._half = half
        self.rate = 0.0
        self._noise = torch.Generator().manual_seed(0)
        self.step = 0
        self.seconds = 0.0

    def begin(self, start: Path | None) -> None:
        """Begin from the run's last checkpoint, from weights, or from nothing: features are then scaled."""
        found = sorted(self._run.glob("step-*.pt"))
        if found:
            self._restore(torch.load(found[-1], weights_only=True))
        elif start:
            self.network.load_state_dict(torch.load(start, weights_only=True)["weights"])
            self.averaged.load_state_dict(self.network.state_dict())
        else:
            seen = torch.cat([self._crops.batch()[0] for _ in range(20)])
            for network in (self.network, self.averaged):
                network.mean.copy_(seen.mean((0, 2))[None, :, None])
                network.spread.copy_(seen.std((0, 2))[None, :, None] + 1e-3)

    def advance(self) -> tuple[float, float]:
        """Take one step; return its loss, and of it the distance to the teacher."""
        began = time.monotonic()
        self.rate = self._highest * min(1.0, (self.step + 1) / WARM_UP) * self._annealed()
        for group in self._optimiser.param_groups:
            group["lr"] = self.rate
        features, source, style, sound = self._crops.batch()
        spectrum = self.network.spectrum.analyse(source)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            gains = self.network.decide(features, spectrum, style)
        one, other = (
            self.network.render(gains, torch.randn(sound.shape, generator=self._noise))[:, EDGE:-EDGE] for _ in range(2)
        )
        loss, away = energy_distance(one, other, sound[:, EDGE:-EDGE], source[:, EDGE:-EDGE])
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self.step += 1
        share = min(AVERAGED, self.step / (self.step + 10))
        with torch.no_grad():
            for slow, quick in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
                slow.lerp_(quick, 1 - share)
        self.seconds += time.monotonic() - began
        return loss.item(), away.item()

    def _annealed(self) -> float:
        done = min(1.0, self.step / self._steps)
        return LOWEST + (1 - LOWEST) * (1 + math.cos(math.pi * done)) / 2

    @torch.no_grad()
    def judge(self, data: Path) -> tuple[float, float] | None:
        """Log-spectrum error and SNR of the averaged weights, in dB; None while there is nothing to judge by."""
        noise = torch.Generator().manual_seed(1)
        found = []
        for features, source, style, truth in judged(data):
            said = self.averaged(features[None], source[None], style[None], torch.randn(1, len(truth), generator=noise))
            found.append(errors(said[0], truth))
        return (float(np.mean([e for e, _ in found])), float(np.mean([s for _, s in found]))) if found else None

    def save(self) -> None:
        """A checkpoint in place of the last but one."""
        state = {
            "step": self.step,
            "seconds": self.seconds,
            "weights": self.averaged.state_dict(),
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "noise": self._noise.get_state(),
        }
        path = self._run / f"step-{self.step:07d}.pt"
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
        for older in sorted(self._run.glob("step-*.pt"))[:-2]:
            older.unlink()

    def _restore(self, state: dict[str, Any]) -> None:
        self.step, self.seconds = state["step"], state["seconds"]
        self.averaged.load_state_dict(state["weights"])
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._noise.set_state(state["noise"])
        self._crops.chance.seed(self.step)  # not where it was, but nowhere it has been


def train(training: Training, crops: Crops, asked: argparse.Namespace) -> None:
    """Steps up to the number asked for, with lines for the curve and a checkpoint every ``asked.minutes``."""
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    saved = time.monotonic()
    losses: list[tuple[float, float]] = []
    while training.step < asked.steps and not stopped:
        losses.append(training.advance())
        if training.step % asked.noted == 0 or training.step == asked.steps:
            found = training.judge(asked.data) if training.step % asked.judged == 0 else None
            means = [round(float(mean), 4) for mean in np.mean(losses, 0)]
            figures = [round(figure, 2) for figure in found or ()]
            _note(
                asked.run / "curve.csv",
                [training.step, round(training.seconds), *means, round(training.rate, 6), *figures],
            )
            print(
                f"step {training.step} of {asked.steps}, {crops.hours:.1f} h of speech: loss {means}",
                *figures,
                flush=True,
            )
            losses = []
            crops.refresh()
        if time.monotonic() - saved > asked.minutes * 60 or training.step == asked.steps or stopped:
            training.save()
            saved = time.monotonic()


def _note(path: Path, row: Sequence[float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(([COLUMNS] if fresh else []) + [row])


def main(arguments: Sequence[str] | None = None) -> None:
    """Begin, or go on."""
    parser = argparse.ArgumentParser(prog="python -m models.training.train", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--steps", type=int, default=20_000, help="the rate falls towards them")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=BATCH, help="crops of 0.75 s in a step")
    parser.add_argument("--start", type=Path, help="a checkpoint to begin from, where the run has none of its own")
    parser.add_argument("--bfloat16", action="store_true", help="for CPUs that compute in it: half again as fast")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=10.0, help="between checkpoints")
    parser.add_argument("--noted", type=int, default=50, help="steps between lines of the curve")
    parser.add_argument("--judged", type=int, default=500, help="steps between judgements")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    asked.run.mkdir(parents=True, exist_ok=True)
    crops = Crops(asked.data, asked.batch)
    if not crops.hours:
        raise SystemExit(f"{asked.data}: no shard to learn from. Remedy: python -m models.training.data {asked.data}")
    training = Training(crops, asked.run, asked.steps, asked.rate, half=asked.bfloat16)
    training.begin(asked.start)
    train(training, crops, asked)


if __name__ == "__main__":
    main()
