"""Kokoro-82M (StyleTTS 2 with an iSTFT vocoder) as one ONNX graph.

    tokens int64 [1, n + 2], style float32 [1, 256], speed float32 [1]
        -> audio float32 [samples] at 24 kHz, durations float32 [1, n + 2] in frames of 600 samples

Words are timed by the durations, which the graph lays its sound out by, in frames of 25 ms. Only what the boundary
before an utterance lasts is no silence (spoken slowly, the first sound begins well inside it), so the first word begins
where the utterance is first heard.

The graph holds no random operator: the same request gives the same samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.errors import Permanent
from models.kokoro.durations import FRAME, with_durations
from models.kokoro.foreign_passages import PassageSound, TimedSamples, paused, spliced
from models.kokoro.vocabulary import MAX_TOKENS, duration_ms, vocabulary
from models.request_check import check_request
from models.sequential_engine import SequentialEngine
from models.session import open_session, run_session
from models.utterance_joining import heard_span, placed
from models.voice import Passage, Speech, SpeechRequest, Utterance

BOUNDARY = 0  # token before and after every utterance
STOP = 4  # token of a full stop, without which the last word is swallowed
SPACE = 16  # token
STYLE = 256  # half shapes the sound, half the prosody
WARM_UP = Utterance((43, 4))


class KokoroEngine(SequentialEngine):
    """An engine of one session, and the style tables of the speakers met so far."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Verify the weights, open the session and run it once. Raises VoiceNotInstalled."""
        self.sample_rate = bundle.sample_rate
        self._bundle = bundle
        self._session = open_session(with_durations(bundle.path("model.onnx").read_bytes()), threads)
        self._styles: dict[str, NDArray[np.float32]] = {}
        self._ids = frozenset(vocabulary().values())
        self._speakers = frozenset(voice.name for voice in bundle.voices)
        self._pass(WARM_UP, np.zeros((MAX_TOKENS, STYLE), np.float32), 1.0)

    def duration_ms(self, utterances: Sequence[Utterance]) -> tuple[float, float]:
        """Return the least and the most milliseconds that these tokens may take at speed 1.0."""
        return duration_ms(utterances)

    def _speech(self, request: SpeechRequest) -> Speech:
        began = perf_counter()
        check_request(request, ids=self._ids, most=MAX_TOKENS, speakers=self._speakers)
        passes = [self._sound(utterance, request) for utterance in request.utterances]
        seconds = perf_counter() - began
        samples, shifts = placed(request.utterances, [sound for sound, _ in passes], self.sample_rate)
        times = tuple(
            tuple(int(edge) for edge in np.clip(edges + shift, 0, len(samples)))
            for (_, edges), shift in zip(passes, shifts, strict=True)
        )
        return Speech(samples, self.sample_rate, {"acoustic": seconds}, times)

    def _sound(self, utterance: Utterance, request: SpeechRequest) -> TimedSamples:
        """Return the utterance by its speaker, with its passages by those whose language they are in."""
        speaker, speed = request.speaker, request.speed
        if not utterance.passages:
            return self._pass(utterance, self._style(speaker), speed)
        passages = []
        for passage in utterance.passages:
            sound = self._passage(utterance, passage, speed)
            passages.append(PassageSound(passage.first, passage.end, sound))
        count = len(utterance.tokens)
        own = paused(utterance.tokens, [(passage.first, passage.end) for passage in utterance.passages])
        if not own:  # all of it is one passage
            return passages[0].sound
        host = self._pass(replace(utterance, tokens=own), self._style(speaker), speed)
        return spliced(host, passages, count, self.sample_rate)

    def _passage(self, utterance: Utterance, passage: Passage, speed: float) -> TimedSamples:
        """Speak a passage alone: with a full stop, unless all that follows is its own, and no space before it."""
        tokens = utterance.tokens[passage.first : passage.end]
        tokens += (STOP,) if passage.end < len(utterance.tokens) else ()
        spaces = int(tokens[0] == SPACE)
        samples, edges = self._pass(replace(utterance, tokens=tokens[spaces:]), self._style(passage.speaker), speed)
        return TimedSamples(samples, np.concatenate([edges[:spaces], edges]))

    def _pass(self, utterance: Utterance, style: NDArray[np.float32], speed: float) -> TimedSamples:
        """Run the graph over the utterance's tokens."""
        count = len(utterance.tokens)
        feeds: dict[str, NDArray[Any]] = {
            "tokens": np.array([[BOUNDARY, *utterance.tokens, BOUNDARY]], np.int64),
            "style": style[count - 1 : count],  # the table has a row for every length
            "speed": np.array([speed], np.float32),
        }
        samples, durations = run_session(self._session, feeds, release=True)
        edges = np.cumsum(durations[0]).astype(np.int64) * FRAME
        if edges[-1] != len(samples):
            raise Permanent(
                f"{len(samples)} samples for {count} tokens that last {edges[-1]}: the voice's file is damaged"
            )
        edges[0] = min(edges[0], heard_span(samples, self.sample_rate)[0])
        return TimedSamples(samples, edges[:-1])

    def _style(self, speaker: str) -> NDArray[np.float32]:
        """Return the speaker's style table, float32 [510, 256]; loaded, and its file verified, at first use."""
        if speaker not in self._styles:
            name = self._bundle.speaker(speaker).file
            table = np.load(self._bundle.path(name), allow_pickle=False)
            if name.endswith(".npz"):  # of several speakers
                if speaker not in table:
                    raise Permanent(f"voice {self._bundle.id}/{speaker}: {name} holds only {', '.join(table)}")
                table = table[speaker]
            if table.size != MAX_TOKENS * STYLE:
                raise Permanent(f"voice {self._bundle.id}/{speaker}: {name} is of shape {table.shape}, not 510 x 256")
            self._styles[speaker] = table.reshape(MAX_TOKENS, STYLE).astype(np.float32)
        return self._styles[speaker]
