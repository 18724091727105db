"""A light vocoder learns, goes on where it was killed, and sounds the same as a graph."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from models.session import open_session
from tests.unit.cosyvoice_reference import need_torch
from tests.unit.test_training_data import ToneSpeaker

need_torch()

import torch  # noqa: E402

from models.training import train as training  # noqa: E402
from models.training.data import make_shard  # noqa: E402
from models.training.export import exported, read_weights  # noqa: E402
from models.training.losses import energy_distance  # noqa: E402
from models.training.network import LightVocoder, Spectrum  # noqa: E402


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of ten steps, killed and given again with twelve; its folder and the curve after each."""
    folder = tmp_path_factory.mktemp("training")
    for number in range(2):
        (folder / "data").mkdir(exist_ok=True)
        make_shard(ToneSpeaker(), folder / "data" / f"shard-{number:05d}", str(number), seconds=10)
    curves = []
    for steps in ("10", "12"):
        options = ["--batch", "2", "--noted", "1", "--judged", "10", "--threads", "1", "--rate", "0.01"]
        training.main([str(folder / "data"), str(folder / "run"), "--steps", steps, *options])
        with (folder / "run" / "curve.csv").open() as file:
            curves.append(list(csv.DictReader(file)))
    return folder / "run", curves


def test_ten_steps_bring_it_nearer_and_are_judged(run):
    _, (curve, _) = run
    assert [int(row["step"]) for row in curve] == list(range(1, 11))
    distances = [float(row["distance"]) for row in curve]
    assert all(map(math.isfinite, distances))
    assert min(distances[-3:]) < distances[0]
    assert float(curve[-1]["log_spectrum_db"]) > 0


def test_a_run_goes_on_from_its_last_checkpoint(run):
    folder, (_, curve) = run
    assert [int(row["step"]) for row in curve] == list(range(1, 13))
    assert sorted(path.name for path in folder.glob("*.pt*")) == ["step-0000010.pt", "step-0000012.pt"]


def test_the_graph_gives_what_the_network_gives(run):
    folder, _ = run
    network = read_weights(folder / "step-0000012.pt")
    torch.nn.init.normal_(network.envelope.weight, std=0.05)  # at zero it would go unseen
    draws = np.random.default_rng(0)
    features, style = draws.standard_normal((512, 50), np.float32), draws.standard_normal(128, np.float32)
    source, noise = (draws.standard_normal(50 * 300, np.float32) * level for level in (0.05, 1))
    with torch.no_grad():
        wanted = network(*(torch.from_numpy(array)[None] for array in (features, source, style, noise)))[0].numpy()
    session = open_session(exported(network).model().SerializeToString())
    found = session.run(None, {"features": features, "source": source, "style": style, "noise": noise})[0]
    assert found.shape == wanted.shape == (15_000,)
    assert np.abs(wanted).max() > 0.01
    assert np.abs(found - wanted).max() < 1e-4


def test_a_spectrum_gives_the_sound_back():
    sound = torch.randn(1, 3000, generator=torch.Generator().manual_seed(0))
    spectrum = Spectrum()
    there = spectrum.analyse(sound)
    assert there.shape == (1, 30, 402)
    assert torch.allclose(spectrum.compose(there)[:, 200:-200], sound[:, 200:-200], atol=1e-4)


def test_noise_is_best_answered_by_noise_as_loud():
    chance = torch.Generator().manual_seed(0)
    one, other, truth = (torch.randn(4, 12_000, generator=chance) * 0.1 for _ in range(3))
    still = torch.full((4, 12_000), 0.03)
    levels = (0.3, 0.6, 1.0, 1.8)
    losses = {level: float(energy_distance(one * level, other * level, truth, still)[0]) for level in levels}
    assert min(losses, key=losses.__getitem__) == 1.0


def test_a_voice_is_not_paid_for_being_hoarse():
    chance = torch.Generator().manual_seed(0)
    voice = (0.1 * torch.sin(torch.arange(12_000) * 0.05))[None]
    hiss, other = (torch.randn(1, 12_000, generator=chance) * 0.02 for _ in range(2))
    loss, away = energy_distance(voice + hiss, voice + other, voice, voice)
    assert float(loss) == pytest.approx(float(away))
    assert float(loss) > float(energy_distance(voice + hiss / 4, voice + other / 4, voice, voice)[0])


def test_pauses_do_not_outweigh_speech():
    silence, breath = torch.zeros(1, 12_000), torch.full((1, 12_000), 1e-5)
    loss, _ = energy_distance(breath, breath, silence, silence)
    assert float(loss) < 1


def test_it_is_as_large_as_the_card_says():
    assert 5.9e6 < sum(parameter.numel() for parameter in LightVocoder().parameters()) < 6.0e6
