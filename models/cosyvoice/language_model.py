"""Text tokens to speech tokens, many segments at once.

Segments share the decoder's passes in dense slots. One that ends gives its slot to the last one, and the next segment
in line is let in, so a pass is always as full as the memory for keys and values allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.cosyvoice import sampling
from models.cosyvoice.config import Sampling
from models.cosyvoice.relative_positions import distance_sines, sines
from models.errors import Permanent, SpeechRejected
from models.session import Session, run_session
from models.voice import Step, go_on

Array = NDArray[np.float32]

FEWEST, MOST = 2, 20  # speech tokens per text token; at the most, the draw has failed
AROUND_TEXT = 3  # start, speaker, and the task's sign before the first speech token
TABLE_STEP = 128  # the position tables grow by this many positions


@dataclass(frozen=True, slots=True)
class Prompt:
    """An utterance to be spoken: its text tokens, the projected speaker [width], and the seed of its draws."""

    ids: tuple[int, ...]
    speaker: Array
    seed: int
    tokens: int | None = None  # speech tokens to draw whatever the model says; for measuring and for tests

    @property
    def limit(self) -> int:
        """The most speech tokens this may become."""
        return self.tokens or MOST * len(self.ids)

    @property
    def positions(self) -> int:
        """The most places it may take in the cache."""
        return AROUND_TEXT + len(self.ids) + self.limit


@dataclass(slots=True)
class _Slot:
    index: int
    prompt: Prompt
    uniforms: NDArray[np.float64]  # [limit, 2]
    logits: Array | None  # until a token is drawn from them
    tokens: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables that the decoder reads beside its graph: embeddings of speech tokens and of the two signs."""

    speech: NDArray[Any]  # [ids, width], float32 or int8
    speech_scale: Array | None  # [ids], where speech is int8
    signs: Array  # [2, width]: start, task

    def rows(self, tokens: Sequence[int]) -> Array:
        """Return the embeddings of some speech tokens, float32 [n, width]."""
        values: Array = self.speech[list(tokens)].astype(np.float32)
        return values if self.speech_scale is None else values * self.speech_scale[list(tokens), None]


class Cache:
    """Keys and values of every layer, [slots, heads, positions, head]; pages are taken when they are first written."""

    def __init__(self, shapes: Sequence[tuple[int, int]]) -> None:
        """``shapes`` is (heads, head) of each layer."""
        self._shapes = shapes
        self.slots = self.positions = 0
        self.arrays: list[Array] = []

    @property
    def bytes_per_position(self) -> int:
        """Bytes that one place of one slot takes over all layers."""
        return sum(2 * heads * head * 4 for heads, head in self._shapes)

    def fit(self, slots: int, positions: int, lengths: Sequence[int]) -> None:
        """Take this shape; the first ``len(lengths)`` slots keep so many places. Layer by layer, so the peak is low."""
        if (slots, positions) == (self.slots, self.positions):
            return
        old, self.arrays = self.arrays[::-1], []
        for heads, head in self._shapes:
            for _ in range(2):
                new = np.zeros((slots, heads, positions, head), np.float32)
                if old:
                    kept = old.pop()
                    for slot, length in enumerate(lengths):
                        new[slot, :, :length] = kept[slot, :, :length]
                self.arrays.append(new)
        self.slots, self.positions = slots, positions

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first places of one slot to another."""
        for array in self.arrays:
            array[target, :, :length] = array[source, :, :length]


class LanguageModel:
    """The text encoder and the decoder, loaded, with a cache that stays within a budget of bytes."""

    def __init__(
        self,
        sessions: tuple[Session, Session, Session],
        tables: Tables,
        rule: Sampling,
        slots: int,
        budget: int,
    ) -> None:
        """``sessions``: text encoder, position tables, decoder; ``budget``: bytes that keys and values may take."""
        self._encoder, self._positions, self._decoder = sessions
        self._tables, self._rule, self._slots, self._budget = tables, rule, slots, budget
        self._text_width: int = self._encoder.get_inputs()[1].shape[1]
        self._position_width: int = self._positions.get_inputs()[0].shape[1]
        keys = [i for i in self._decoder.get_inputs() if i.name.startswith("key_")]
        self._end: int = next(o.shape[1] for o in self._decoder.get_outputs() if o.name == "logits") - 1
        self.cache = Cache([(key.shape[1], key.shape[3]) for key in keys])
        self._by_distance: list[Array] = []

    def embed(self, tokens: Sequence[int]) -> Array:
        """Return the embeddings of some speech tokens, [n, width]."""
        return self._tables.rows(tokens)

    def encode(self, ids: Sequence[int]) -> Array:
        """Encode text tokens [S] to rows [S, width] for the decoder."""
        feeds: dict[str, NDArray[Any]] = {
            "ids": np.array(ids, np.int64),
            "positions": distance_sines(len(ids), self._text_width),
        }
        return run_session(self._encoder, feeds)[0]

    def prefix(self, prompt: Prompt) -> Array:
        """Return what the decoder reads before the first speech token: start, speaker, text, task; [S + 3, width]."""
        start, task = self._tables.signs
        return np.concatenate([start[None], prompt.speaker[None], self.encode(prompt.ids), task[None]])

    def step(self, x: Array, past: NDArray[np.int64], new: NDArray[np.int64], first: int = 0) -> Array:
        """Run one pass over slots first ... first + B.

        x [B, S, width], of which new [B] rows are real, after past [B] places of the cache; gives logits [B, ids].
        """
        batch = x.shape[0]
        binding = self._decoder.io_binding()
        held: list[NDArray[Any]] = [np.ascontiguousarray(x), past.copy(), new.copy()]
        logits = np.empty((batch, self._end + 1), np.float32)

        def bind(name: str, value: NDArray[Any]) -> None:
            binding.bind_input(name, "cpu", 0, value.dtype.type, value.shape, value.ctypes.data)

        for name, value in zip(("x", "past", "new"), held, strict=True):
            bind(name, value)
        for i, table in enumerate(self._tables_for(int((past + new).max()))):
            bind(f"table_{i}", table)
            for name, array in (("key", self.cache.arrays[2 * i]), ("value", self.cache.arrays[2 * i + 1])):
                used = array[first : first + batch]
                bind(f"{name}_{i}", used)
                binding.bind_output(f"{name}_{i}_out", "cpu", 0, np.float32, used.shape, used.ctypes.data)
        binding.bind_output("logits", "cpu", 0, np.float32, logits.shape, logits.ctypes.data)
        try:
            self._decoder.run_with_iobinding(binding)
        except MemoryError:
            raise  # no fault of the text
        except Exception as error:  # the runtime's own exceptions share no base class
            raise Permanent(f"the language model failed on rows of shape {x.shape}: {error}") from error
        return logits

    def generate(
        self, prompts: Sequence[Prompt], step_made: Step = go_on
    ) -> Iterator[tuple[int, list[int] | SpeechRejected]]:
        """Yield (index, speech tokens) as each ends, or why its draw failed: nothing, too much, an endless cycle.

        Ends early where ``step_made``, called after each pass, is False.
        """
        waiting = sorted(range(len(prompts)), key=lambda i: prompts[i].positions)  # the longest is let in first
        active: list[_Slot] = []
        past = np.zeros(self._slots, np.int64)
        while waiting or active:
            self._admit(waiting, prompts, active, past)
            ended = [(at, result) for at, slot in enumerate(active) if (result := self._draw(slot)) is not None]
            for at, result in reversed(ended):
                yield active[at].index, result
                self._leave(active, past, at)
            if active and not (ended and waiting):  # a freed slot is filled before the next pass
                count = len(active)
                x = self.embed([slot.tokens[-1] for slot in active])[:, None]
                logits = self.step(x, past[:count], np.ones(count, np.int64))
                past[:count] += 1
                for slot, row in zip(active, logits, strict=True):
                    slot.logits = row
                if not step_made():
                    return

    def _admit(
        self, waiting: list[int], prompts: Sequence[Prompt], active: list[_Slot], past: NDArray[np.int64]
    ) -> None:
        """Let in as many as fit, in one pass. One segment is always let in, whatever the budget."""
        entering: list[int] = []
        longest = max((slot.prompt.positions for slot in active), default=0)
        while waiting and len(active) + len(entering) < self._slots:
            longest = max(longest, prompts[waiting[-1]].positions)
            fits = (len(active) + len(entering) + 1) * longest * self.cache.bytes_per_position <= self._budget
            if not fits and (active or entering):
                break
            entering.append(waiting.pop())
        if not entering:
            return
        first, count = len(active), len(active) + len(entering)
        needed = max([slot.prompt.positions for slot in active] + [prompts[i].positions for i in entering])
        if count > self.cache.slots or needed > self.cache.positions:
            room = max(count, min(self._slots, self._budget // (needed * self.cache.bytes_per_position)))
            self.cache.fit(room, needed, [int(n) for n in past[:first]])
        prefixes = [self.prefix(prompts[i]) for i in entering]
        new = np.array([len(rows) for rows in prefixes], np.int64)
        x = np.zeros((len(entering), int(new.max()), prefixes[0].shape[1]), np.float32)
        for row, prefix in zip(x, prefixes, strict=True):
            row[: len(prefix)] = prefix
        logits = self.step(x, np.zeros(len(entering), np.int64), new, first)
        past[first:count] = new
        for i, row in zip(entering, logits, strict=True):
            uniforms = np.random.default_rng(prompts[i].seed).random((prompts[i].limit, 2))
            active.append(_Slot(i, prompts[i], uniforms, row))

    def _draw(self, slot: _Slot) -> list[int] | SpeechRejected | None:
        """Draw a slot's next token; its result where that was the end."""
        if slot.logits is None:
            return None
        prompt, drawn = slot.prompt, len(slot.tokens)
        if prompt.tokens or drawn < FEWEST * len(prompt.ids):
            slot.logits[self._end] = -np.inf
        token = sampling.draw(slot.logits, slot.tokens, slot.uniforms[drawn].tolist(), self._rule)
        slot.logits = None
        if token == self._end:
            return slot.tokens or SpeechRejected("no speech token was drawn")
        slot.tokens.append(token)
        if prompt.tokens:
            return slot.tokens if len(slot.tokens) == prompt.tokens else None
        if len(slot.tokens) == prompt.limit:
            return SpeechRejected(f"no end after {prompt.limit} speech tokens")
        if sampling.endless(slot.tokens):
            return SpeechRejected(f"the same over and over after {len(slot.tokens)} tokens")
        return None

    def _leave(self, active: list[_Slot], past: NDArray[np.int64], at: int) -> None:
        """Free a slot; the last one moves into it, so that slots stay dense."""
        last = len(active) - 1
        if at != last:
            self.cache.move(last, at, int(past[last]))
            active[at], past[at] = active[last], past[last]
        active.pop()

    def _tables_for(self, positions: int) -> list[Array]:
        """The position tables of all layers, long enough for this many places."""
        size = -(-positions // TABLE_STEP) * TABLE_STEP
        if not self._by_distance or self._by_distance[0].shape[2] != size:
            feed = sines(np.arange(size, dtype=np.float32), self._position_width)
            self._by_distance = run_session(self._positions, {"sines": feed})
        return self._by_distance
