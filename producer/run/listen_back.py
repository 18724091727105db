"""``--listen-back``: a recogniser hears a run's lessons, in a helper process; what it heard is compared here."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import PurePath

from models.errors import Permanent
from producer.helper_process import HelperProcess
from producer.run.report import Misheard, Report, place
from producer.run.word_errors import error_rate
from worker.contract.helper_requests import Hearing
from worker.contract.manifest import LessonPart, Manifest
from worker.contract.messages import lesson_folder
from worker.contract.settings import Settings
from worker.errors import Missing
from worker.store import Store, manifests, open_store

# Of words, syllables or kana: above it the author should listen.
MOST_WRONG = {"en": 0.2, "zh": 0.2, "ja": 0.35}
MOST_WRONG_ELSE = 0.35
EXACT = (".wav", ".flac", ".opus", ".mp3")  # an audio file is taken in this order


def require_recogniser() -> None:
    """Raise Permanent where none is installed: to be told before an hour of rendering, not after."""
    if find_spec("faster_whisper") is None:
        raise Permanent(
            "--listen-back needs a recogniser, and none is installed. install one: pip install 'narrator[listen]'"
        )


def listened(report: Report, settings: Settings) -> Report:
    """The report, with what was not heard as it is written, of every lesson that is ready. Raises NarrationError.

    ``settings`` name the store. It takes about a tenth of the speech's time, on every core.
    """
    store = open_store(settings)
    count, misheard = 0, []
    with HelperProcess("worker.listen_back", settings) as helper:
        for result in report.results:
            manifest = _manifest(store, *PurePath(result).parts[-2:])
            heard = helper.ask(_hearing(manifest).model_dump(mode="json"))["heard"]
            count += len(heard)
            misheard += compare(manifest, heard)
    return replace(report, heard=count, misheard=tuple(misheard))


def compare(manifest: Manifest, heard: list[str]) -> list[Misheard]:
    """The cues of a lesson that were not heard as they are written; ``heard`` has the words of each."""
    found = []
    for cue, words in zip(manifest.cues, heard, strict=True):
        said, language = cue.segment.text, cue.segment.language
        wrong = error_rate(said, words, language)
        if wrong > MOST_WRONG.get(language, MOST_WRONG_ELSE):
            found.append(Misheard(place(manifest.source, cue.line), said, words, round(wrong, 3)))
    return found


def _manifest(store: Store, course: str, lesson: str) -> Manifest:
    try:
        return manifests.read(store, course, lesson)
    except Missing as error:
        raise Permanent(f"{course}/{lesson} cannot be heard, it is not in the store: {error}") from None


def _hearing(manifest: Manifest) -> Hearing:
    audio = min((part for part in manifest.parts if part.kind == "audio"), key=_exactness)
    return Hearing(
        name=lesson_folder(manifest.course, manifest.lesson) + audio.name,
        rate=manifest.sample_rate,
        stretches=tuple((cue.start, cue.end, cue.segment.language) for cue in manifest.cues),
    )


def _exactness(audio: LessonPart) -> int:
    suffix = PurePath(audio.name).suffix
    return EXACT.index(suffix) if suffix in EXACT else len(EXACT)
