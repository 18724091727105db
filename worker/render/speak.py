"""Speak segments, finish and check their sound, and draw again with another seed where it is rejected.

    job --front-end--> request --engine--> speech --finish, check--> accepted
                 ^------------- rejected: the next seed -------------'

Runs (``batch``) and auditions (``audition``) share it: what an author tries out is what a run would store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.errors import NarrationError, SpeechRejected
from models.voice import FrontEnd, Speech, SpeechRequest
from worker.audio.checks import check_speech
from worker.audio.finishing import Finished, finish_segment
from worker.contract.messages import Job, seed

DRAWS = 3  # a segment is spoken this often, each time with another seed, before its sound is rejected for good


@dataclass(frozen=True, slots=True)
class Draw:
    """A segment on its way through the engine; ``attempt`` counts the draws that were rejected before this one."""

    job: Job
    attempt: int
    request: SpeechRequest


@dataclass(frozen=True, slots=True)
class Accepted:
    """Speech that passed the checks: as the engine gave it, and finished."""

    speech: Speech
    finished: Finished


def speech_request(job: Job, attempt: int, frontend: FrontEnd) -> SpeechRequest:
    """The segment as its engine takes it, with the attempt's own seed. Raises Unspeakable."""
    segment = job.segment
    return SpeechRequest(
        utterances=tuple(frontend.prepare(segment.text, segment.language, segment.readings)),
        speaker=segment.speaker,
        seed=seed(job.key, attempt),
        speed=segment.speed / 1000,
        options=segment.options,
    )


def finish_and_check(draw: Draw, speech: Speech) -> Accepted:
    """Finish a segment's sound and check it. Raises SpeechRejected."""
    finished = finish_segment(speech.samples, speech.sample_rate)
    check_speech(
        finished.samples,
        speech.sample_rate,
        text=" ".join(utterance.text for utterance in draw.request.utterances),  # numbers are words there
        language=draw.job.segment.language,
        speed=draw.request.speed,
        relaxed=draw.job.segment.relaxed,
    )
    return Accepted(speech, finished)


def speak_until_accepted(
    jobs: Iterable[Job],
    prepare: Callable[[Job, int], SpeechRequest | None],
    speak: Callable[[Sequence[Draw]], Iterator[tuple[Draw, Speech | NarrationError]]],
    accept: Callable[[Draw, Speech], Accepted] = finish_and_check,
) -> Iterator[tuple[Draw, Accepted | NarrationError]]:
    """Speak every job up to DRAWS times; yields each once, as it is accepted or has failed for good.

    ``prepare`` may give None for a job that is not to be spoken; ``speak`` may end before all its draws were spoken:
    such jobs are not yielded.
    """
    due = [(job, 0) for job in jobs]
    while due:
        draws = [Draw(job, attempt, request) for job, attempt in due if (request := prepare(job, attempt))]
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
