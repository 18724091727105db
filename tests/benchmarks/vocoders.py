"""Vocoders: CPU seconds on one thread for a second of sound, HiFi-GAN's three sizes interleaved with PyTorch's.

    python -m tests.benchmarks.vocoders [SECONDS]

Weights are random but for their shapes: they do not change the time. Without torch only Griffin-Lim is measured.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

for library in ("OMP", "OPENBLAS", "MKL"):  # numpy asks for all cores, when it is loaded
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

from models.vocoders import HOP_LENGTH, SAMPLE_RATE, Mel  # noqa: E402
from models.vocoders.griffin_lim import GriffinLim  # noqa: E402

ROUNDS = 5


def main(seconds: str = "6") -> None:
    """Vocoders: CPU seconds on one thread for a second of sound."""
    frames = round(float(seconds) * SAMPLE_RATE / HOP_LENGTH)
    mel = np.random.default_rng(0).normal(-4, 2, (80, frames)).astype(np.float32)
    (spent,) = interleaved({"griffin-lim": lambda: GriffinLim().synthesise(mel, 0)}, frames).values()
    print(f"griffin-lim   {spent:.3f}")
    if importlib.util.find_spec("torch") is None:
        print("hifigan       torch is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, (ours, theirs) in generators(Path(folder), mel).items():
            ran = interleaved({"ours": ours, "torch": theirs}, frames)
            ratio = ran["torch"] / ran["ours"]
            print(f"hifigan {name}    {ran['ours']:.3f}   torch {ran['torch']:.3f}   {ratio:.2f} times as fast")


def interleaved(runs: dict[str, Callable[[], object]], frames: int) -> dict[str, float]:
    """The least CPU time of each over some rounds, in turn, per second of sound; one round before to warm up."""
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS + 1):
        for name, run in runs.items():
            began = process_time()
            run()
            spent[name].append((process_time() - began) * SAMPLE_RATE / HOP_LENGTH / frames)
    return {name: min(times[1:]) for name, times in spent.items()}


def generators(folder: Path, mel: Mel) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Each size: ours and, with weight norm removed, torch's."""
    import torch

    from models.vocoders.convert_hifigan import hifigan_generator
    from models.vocoders.hifigan import GRAPH, HifiGan
    from models.vocoders.hifigan_checkpoint import HifiGanConfig
    from tests.unit import vocoder_hifigan_torch as reference

    torch.set_num_threads(1)
    made: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {}
    for name, config in (("V1", reference.V1), ("V2", reference.V2), ("V3", reference.V3)):
        theirs = reference.without_norm(reference.random_generator(config))
        weights = {k: v.detach().numpy() for k, v in theirs.state_dict().items()}
        hifigan_generator(weights, HifiGanConfig.model_validate(config)).save(folder / GRAPH)
        ours = HifiGan.load(folder / GRAPH)

        def torchs(theirs: reference.Generator = theirs) -> None:
            with torch.inference_mode():
                theirs(torch.from_numpy(mel)[None])

        made[name] = (lambda ours=ours: ours.synthesise(mel, 0), torchs)
    return made


if __name__ == "__main__":
    main(*sys.argv[1:2])
