"""Speak segments, finish and check their sound, and draw again with another seed where it is rejected.

    job --front-end--> request --engine--> speech --finish, check--> accepted
                 ^------------- rejected: the next seed -------------'

Runs (``batch``) and auditions (``audition``) share it: what an author tries out is what a run would store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.bundle import Bundle
from models.errors import NarrationError, SpeechRejected
from models.kokoro.guest_voices import chosen_guest, guest
from models.voice import Engine, FrontEnd, Speech, SpeechRequest, spoken_by
from worker.audio.checks import check_speech
from worker.audio.finishing import Finished, finish_segment
from worker.audio.word_times import timed_words, word_spans
from worker.contract.manifest import WordTime
from worker.contract.messages import Job, seed

DRAWS = 3  # a segment is spoken this often, each time with another seed, before its sound is rejected for good


@dataclass(frozen=True, slots=True)
class Draw:
    """A segment on its way through the engine; ``attempt`` counts the draws that were rejected before this one.

    ``words`` are the author's, each with the tokens that say it: (text, utterance, first token, end token).
    """

    job: Job
    attempt: int
    request: SpeechRequest
    words: Sequence[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Speech that passed the checks: as the engine gave it, finished, and when its words are heard in that.

    ``words`` is None where the voice cannot tell.
    """

    speech: Speech
    finished: Finished
    words: tuple[WordTime, ...] | None


def prepare_draw(job: Job, attempt: int, frontend: FrontEnd, bundle: Bundle) -> Draw:
    """The segment as its engine takes it, with the attempt's own seed. Raises Unspeakable."""
    segment = job.segment
    prepared = frontend.prepare(segment.text, segment.language, segment.readings)

    def who_says(language: str) -> str:
        return chosen_guest(segment.options, language) or guest(bundle, segment.speaker, language)

    request = SpeechRequest(
        utterances=spoken_by(prepared, who_says),
        speaker=segment.speaker,
        seed=seed(job.key, attempt),
        speed=segment.speed / 1000,
        options=segment.options,
    )
    return Draw(job, attempt, request, word_spans(prepared))


def finish_and_check(draw: Draw, speech: Speech, engine: Engine) -> Accepted:
    """Finish a segment's sound and check it by its tokens alone. Raises SpeechRejected."""
    finished = finish_segment(speech.samples, speech.sample_rate)
    check_speech(
        finished.samples,
        speech.sample_rate,
        duration_ms=engine.duration_ms(draw.request.utterances),
        speed=draw.request.speed,
        relaxed=draw.job.segment.relaxed,
    )
    words = None
    if speech.token_times is not None:
        times = [[time - finished.trimmed for time in utterance] for utterance in speech.token_times]
        words = timed_words(draw.words, times, len(finished.samples)) or None
    return Accepted(speech, finished, words)


def speak_until_accepted(
    jobs: Iterable[Job],
    prepare: Callable[[Job, int], Draw | None],
    speak: Callable[[Sequence[Draw]], Iterator[tuple[Draw, Speech | NarrationError]]],
    accept: Callable[[Draw, Speech], Accepted],
) -> Iterator[tuple[Draw, Accepted | NarrationError]]:
    """Speak every job up to DRAWS times; yields each once, as it is accepted or has failed for good.

    ``prepare`` may give None for a job that is not to be spoken; ``speak`` may end before all its draws were spoken:
    such jobs are not yielded.
    """
    due = [(job, 0) for job in jobs]
    while due:
        draws = [draw for job, attempt in due if (draw := prepare(job, attempt))]
        due = []
        for draw, result in speak(draws) if draws else ():
            try:
                if not isinstance(result, Speech):
                    raise result
                outcome: Accepted | NarrationError = accept(draw, result)
            except SpeechRejected as error:
                if draw.attempt + 1 < DRAWS:
                    due.append((draw.job, draw.attempt + 1))
                    continue
                outcome = SpeechRejected(f"{error} ({DRAWS} draws)")
            except NarrationError as error:
                outcome = error
            yield draw, outcome
