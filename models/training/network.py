"""The light vocoder: features, style and source in, samples out, 5.9 M parameters for all voices and languages.

    features [512] at 80 Hz --- blocks at 80 Hz --- upsampled --+
    source at 24 kHz --- its short-time spectrum at 240 Hz -----+-- blocks at 240 Hz -- gains -- samples

Blocks are ConvNeXt's (https://arxiv.org/abs/2201.03545) with Vocos's idea of staying at the pace of frames
(https://arxiv.org/abs/2306.00814); the style sets scale and shift after each normalisation, as in StyleTTS 2. What the
last layer gives are gains, by frame and frequency, of what is already there:

- the source's spectrum by a complex gain, and its phases with a magnitude that is free: what is voiced;
- the spectrum of white noise by a magnitude: what hisses. Its sound is shaped once more by an envelope at 2,400 Hz,
  because the burst of a p or a k is shorter than a window of 17 ms.

Short-time spectra are products with windowed sines, which every runtime has. Noise is an input, so the same noise gives
the same samples.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.training.teacher import FEATURES, HOP, STYLE

PACE = 3  # frames of spectrum for each frame of features: 240 a second
STEP = HOP // PACE  # 100 samples: 4.2 ms
WINDOW = 4 * STEP  # 400 samples: 17 ms
BINS = WINDOW // 2 + 1  # 201, 60 Hz apart
ENVELOPE = 10  # gains of the noise in each frame of spectrum: one every 10 samples
QUIET = 1e-4  # magnitudes below are silence
LEVEL = math.sqrt(WINDOW * 0.375)  # of white noise of unit variance in a Hann window's spectrum


class Gains(NamedTuple):
    """The network's decisions about a sound, before there is any noise in it."""

    voiced: Tensor  # [batch, 3 * frames, 2 * 201], real and imaginary parts of the spectrum
    noise: Tensor  # [batch, 3 * frames, 201], magnitudes
    envelope: Tensor  # [batch, 300 * frames], of the noise


class Spectrum(nn.Module):
    """Short-time spectra of a Hann window of 400 samples every 100, and sound from them."""

    forth: Tensor
    back: Tensor

    def __init__(self) -> None:
        super().__init__()
        window = torch.hann_window(WINDOW, dtype=torch.float64)
        angles = torch.outer(torch.arange(WINDOW).double(), torch.arange(BINS).double()) * (2 * math.pi / WINDOW)
        twice = torch.full((BINS, 1), 2.0, dtype=torch.float64)
        twice[0] = twice[-1] = 1  # all bins but these two stand for a negative frequency as well
        forth = torch.cat([angles.cos(), -angles.sin()], 1) * window[:, None]
        back = torch.cat([angles.cos().T * twice, -angles.sin().T * twice]) * window / WINDOW
        overlap = 1.5  # sum of the squares of four Hann windows
        self.register_buffer("forth", forth.float(), persistent=False)  # [400, 2 * 201]
        self.register_buffer("back", (back / overlap).float(), persistent=False)  # [2 * 201, 400]

    def analyse(self, sound: Tensor) -> Tensor:
        """Real and imaginary parts [batch, frames, 2 * 201] of [batch, 100 * frames]; frame n is centred on 100 n."""
        blocks = functional.pad(sound, (WINDOW // 2, WINDOW // 2)).unflatten(1, (-1, STEP))
        count = blocks.shape[1] - 4
        return torch.cat([blocks[:, n : n + count] for n in range(4)], 2) @ self.forth

    def compose(self, spectrum: Tensor) -> Tensor:
        """Sound [batch, 100 * frames] of [batch, frames, 2 * 201]; its end is told by the last frame twice."""
        parts = (torch.cat([spectrum, spectrum[:, -1:]], 1) @ self.back).unflatten(2, (4, STEP))
        shifted = [functional.pad(parts[:, :, n], (0, 0, n, 3 - n)) for n in range(4)]
        blocks = shifted[0] + shifted[1] + shifted[2] + shifted[3]
        return blocks[:, 2:-2].flatten(1)


class StyledBlock(nn.Module):
    """A step in time for each channel by itself, normalisation by the style, and a wide layer over channels."""

    def __init__(self, width: int, widening: int = 3, kernel: int = 7) -> None:
        super().__init__()
        self.time = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.style = nn.Linear(STYLE, 2 * width)
        self.wide = nn.Linear(width, widening * width)
        self.narrow = nn.Linear(widening * width, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))
        nn.init.zeros_(self.style.weight)
        nn.init.zeros_(self.style.bias)

    def forward(self, hidden: Tensor, style: Tensor) -> Tensor:
        """[batch, width, frames] in and out; style [batch, 128]."""
        gain, shift = self.style(style)[:, None].chunk(2, 2)
        x = self.norm(self.time(hidden).transpose(1, 2)) * (1 + gain) + shift
        x = self.narrow(functional.gelu(self.wide(x), approximate="tanh")) * self.scale
        return hidden + x.transpose(1, 2)


class LightVocoder(nn.Module):
    """The student."""

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int = 256, slow: int = 4, fast: int = 6) -> None:
        """``slow`` blocks at 80 Hz and ``fast`` ones at 240 Hz."""
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, FEATURES, 1))
        self.register_buffer("spread", torch.ones(1, FEATURES, 1))
        self.spectrum = Spectrum()
        self.features = nn.Conv1d(FEATURES, width, 3, padding=1)
        self.slow = nn.ModuleList([StyledBlock(width) for _ in range(slow)])
        self.faster = nn.ConvTranspose1d(width, width, PACE, PACE)
        self.source = nn.Conv1d(3 * BINS, width, 3, padding=1)
        self.fast = nn.ModuleList([StyledBlock(width) for _ in range(fast)])
        self.norm = nn.LayerNorm(width)
        self.gains = nn.Linear(width, 5 * BINS)
        self.envelope = nn.Linear(width, ENVELOPE)
        nn.init.normal_(self.gains.weight, std=0.01)
        nn.init.zeros_(self.gains.bias)
        nn.init.zeros_(self.envelope.weight)
        nn.init.zeros_(self.envelope.bias)

    def forward(self, features: Tensor, source: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        """Samples [batch, 300 * frames] of features [batch, 512, frames], source and noise of as many samples, style
        [batch, 128].
        """
        return self.render(self.decide(features, self.spectrum.analyse(source), style), noise)

    def decide(self, features: Tensor, spectrum: Tensor, style: Tensor) -> Gains:
        """Do all that costs time. ``spectrum`` is the source's, [batch, 3 * frames, 2 * 201]."""
        real, imaginary = spectrum.chunk(2, 2)
        magnitude = (real * real + imaginary * imaginary).sqrt()
        phases = torch.cat([real, imaginary], 2) / (magnitude + QUIET).repeat(1, 1, 2)
        seen = torch.cat([torch.log(magnitude + QUIET) / 4, phases], 2).transpose(1, 2)
        hidden = self.features((features - self.mean) / self.spread)
        for block in self.slow:
            hidden = block(hidden, style)
        hidden = self.faster(hidden) + self.source(seen)
        for block in self.fast:
            hidden = block(hidden, style)
        hidden = self.norm(hidden.transpose(1, 2))
        a, b, loud, side, hiss = self.gains(hidden).float().chunk(5, 2)
        # 6, 3 and the exponents bring an untrained network near speech's level.
        free = torch.exp(loud.clamp(max=4) - 1) * side * 3 / (magnitude + 10 * QUIET) + 6 * a
        voiced = torch.cat([free * real - 6 * b * imaginary, free * imaginary + 6 * b * real], 2)
        envelope = torch.exp(self.envelope(hidden).float().clamp(max=3)).flatten(1)
        smooth = functional.interpolate(envelope[:, None], scale_factor=STEP // ENVELOPE, mode="linear")[:, 0]
        return Gains(voiced, torch.exp((hiss * 4 - 3).clamp(max=3)) / LEVEL, smooth)

    def render(self, gains: Gains, noise: Tensor) -> Tensor:
        """Samples [batch, 300 * frames] with white noise of unit variance and as many samples."""
        hiss = self.spectrum.analyse(noise) * gains.noise.repeat(1, 1, 2)
        return self.spectrum.compose(gains.voiced) + self.spectrum.compose(hiss) * gains.envelope
