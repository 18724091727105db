"""A lesson's sound: segments gathered from the store, laid out in time, streamed as often as needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Final

import numpy as np

from models.errors import Permanent, Transient
from worker.assemble.words import as_written
from worker.audio.encode import MAX_WAV_SAMPLES
from worker.audio.pitch import median_pitch, speech_ms
from worker.audio.resample import at_rate, length_at, nearest, rounded
from worker.audio.wav import FULL_SCALE, Pcm, unpack
from worker.contract.manifest import WordTime
from worker.contract.messages import LessonPlan, segment_name
from worker.errors import DamagedAudio, Missing, MissingSegments
from worker.store.base import Store

AHEAD: Final = 16  # segments fetched at once: hides an object store's latency, and bounds what is held
BLOCK: Final = 1 << 16  # samples of a pause made at once
LOUDEST: Final = -100  # hundredths of dBFS up to which a segment's own gain may raise its peak


@dataclass(frozen=True, slots=True)
class SpooledSegment:
    """A segment in the spool: where its samples begin, in bytes, how many they are, their rate, and its words.

    ``gain`` (hundredths of dB) is still to be applied. ``speech_ms`` and ``pitch`` are as in the manifest.
    """

    start: int
    samples: int
    rate: int
    words: tuple[WordTime, ...] | None = None
    gain: int = 0
    speech_ms: int | None = None
    pitch: int | None = None


class Spool:
    """Segments' samples laid down in a temporary file, each at its own rate."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.pieces: list[SpooledSegment] = []

    def add(self, samples: Pcm, rate: int, words: tuple[WordTime, ...] | None = None, gain: int = 0) -> None:
        """Append a segment's samples (n,) at ``rate`` Hz, its words as they are timed in it, and its gain."""
        heard = samples.astype(np.float32) / np.float32(FULL_SCALE)
        delivery = speech_ms(heard, rate), median_pitch(heard, rate)
        self.pieces.append(SpooledSegment(self._file.tell(), len(samples), rate, words, gain, *delivery))
        self._file.write(samples.data)

    def read(self, piece: SpooledSegment) -> Pcm:
        """A segment's samples, at its own rate."""
        self._file.seek(piece.start)
        return np.frombuffer(self._file.read(piece.samples * 2), dtype=np.int16)


def gather(store: Store, plan: LessonPlan, spool: Spool) -> None:
    """Fetch all segments in order, AHEAD of them at a time, into the spool."""
    waiting: deque[Future[tuple[bytes, str]]] = deque()
    names = [segment_name(entry.key) for entry in plan.entries]
    with ThreadPoolExecutor(AHEAD, thread_name_prefix="fetch") as pool:
        try:
            for index, name in enumerate(names):
                while len(waiting) < AHEAD and index + len(waiting) < len(names):
                    waiting.append(pool.submit(store.get, names[index + len(waiting)]))
                data, _ = waiting.popleft().result()
                try:
                    samples, record = unpack(data)
                except DamagedAudio as error:
                    raise DamagedAudio(f"{store.url}: {name}: {error}; delete it and submit the lesson again") from None
                if segment_name(record.key) != name:
                    raise DamagedAudio(f"{store.url}: {name} holds segment {record.key}: delete it and submit again")
                entry = plan.entries[index]
                gain = min(entry.gain, max(0, LOUDEST - record.peak))
                words = record.words and as_written(record.words, entry.segment.text, entry.respelt)
                spool.add(samples, record.sample_rate, words, gain)
        except Missing:
            here = store.existing(set(names))
            gone = [entry.key for entry in plan.entries if segment_name(entry.key) not in here]
            if gone:
                raise MissingSegments(list(dict.fromkeys(gone))) from None
            raise Transient(f"{store.url}: segments of {plan.course}/{plan.lesson} come and go") from None
        finally:
            for future in waiting:
                future.cancel()


@dataclass(frozen=True, slots=True)
class LessonSound:
    """A lesson laid out: ``spans`` are [start, end) in samples of the lesson; pauses lie between them."""

    spool: Spool
    rate: int
    spans: tuple[tuple[int, int], ...]
    samples: int

    def words(self) -> Iterator[tuple[WordTime, ...] | None]:
        """Yield each entry's words, timed in samples of the lesson; None where they are not known."""
        for piece, (first, _) in zip(self.spool.pieces, self.spans, strict=True):
            yield piece.words and tuple(
                (text, first + length_at(start, piece.rate, self.rate), first + length_at(end, piece.rate, self.rate))
                for text, start, end in piece.words
            )

    def blocks(self) -> Iterator[Pcm]:
        """Yield the whole lesson, in order, a block at a time; the same on every call."""
        at = 0
        for piece, (start, end) in zip(self.spool.pieces, self.spans, strict=True):
            yield from _silence(start - at)
            yield _louder(at_rate(self.spool.read(piece), piece.rate, self.rate), piece.gain)
            at = end
        yield from _silence(self.samples - at)


def lay_out(plan: LessonPlan, spool: Spool) -> LessonSound:
    """Give every entry its place. The lesson has the highest of its segments' rates.

    Pauses are rounded to samples as they add up, so that a thousand of them are as long as their sum. Before an entry
    that should begin at a time the silence is made longer; where the time is over already, it begins at once.
    """
    rate = max(piece.rate for piece in spool.pieces)
    spans = []
    sound = pause_ms = waiting = 0
    for entry, piece in zip(plan.entries, spool.pieces, strict=True):
        start = sound + waiting + nearest(pause_ms * rate, 1000)
        if entry.at_ms is not None and (early := nearest(entry.at_ms * rate, 1000) - start) > 0:
            waiting += early
            start += early
        length = length_at(piece.samples, piece.rate, rate)
        spans.append((start, start + length))
        sound += length
        pause_ms += entry.pause_ms
    samples = sound + waiting + nearest(pause_ms * rate, 1000)
    if samples > MAX_WAV_SAMPLES:
        hours = samples / rate / 3600
        raise Permanent(f"{plan.course}/{plan.lesson} would last {hours:.1f} h, too long for a WAV file: divide it")
    return LessonSound(spool, rate, tuple(spans), samples)


def _louder(samples: Pcm, gain: int) -> Pcm:
    return rounded(samples.astype(np.float32) * np.float32(10 ** (gain / 2000))) if gain else samples


def _silence(samples: int) -> Iterator[Pcm]:
    for start in range(0, samples, BLOCK):
        yield np.zeros(min(BLOCK, samples - start), dtype=np.int16)
