"""Another take of a sentence that sounds bad: choose it, hear it beside others, list what was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import Permanent
from models.family import draws
from producer import readers
from producer.atomic_file import replacing
from producer.lessons import takes
from producer.lessons.options import MAX_TAKE, NO_OPTIONS, NarrationOptions
from producer.plan.segments import segment_lesson
from producer.plan.voices import KnownVoices
from producer.tools.explain import last_before, place_of
from producer.tools.say import speak
from worker.contract.messages import LessonEntry
from worker.contract.settings import load_settings

if TYPE_CHECKING:
    from worker.contract.settings import Settings

MAX_COUNT = 20  # takes beside each other


@dataclass(frozen=True, slots=True)
class Which:
    """A sentence of a lesson: ``LESSON:LINE``, or ``LESSON:LINE:2`` for the second of those that begin there.

    ``text`` is some of its words, in place of a number, or of a line.
    """

    where: str
    text: str | None = None
    options: NarrationOptions = NO_OPTIONS


@dataclass(frozen=True, slots=True)
class Taken:
    """A sentence and its take. ``where`` is ``file:line``, or the takes file alone where no sentence matches."""

    where: str
    text: str
    voice: str
    take: int
    used: bool = True


def retake(which: Which, take: int | None = None, *, settings: Settings | None = None) -> Taken:
    """Choose another take of a sentence, the next one unless ``take`` says which; 0 is the first.

    It is written beside the lesson; the next run renders it. Raises Permanent where the sentence is not clear, or where
    its voice says the same text the same way every time.
    """
    path, entry, voices = _find(which, settings)
    if take is not None and not 0 <= take <= MAX_TAKE:
        raise Permanent(f"take {take} is not between 0 and {MAX_TAKE}")
    wanted = entry.segment.take + 1 if take is None else take
    if wanted:
        _check_draws(entry, voices)
    chosen = takes.read(path)
    chosen.pop(takes.said(entry), None)
    if wanted:
        chosen[takes.said(entry)] = wanted
    takes.write(path, chosen)
    return Taken(f"{path}:{entry.line}", entry.caption, entry.segment.voice, wanted)


def chosen(which: Which, *, settings: Settings | None = None) -> list[Taken]:
    """List the takes chosen for a lesson file, each with its place, and those that match no sentence any more."""
    path = Path(which.where)
    settings = settings or load_settings()
    entries = _entries(path, None, which.options.with_settings(settings), KnownVoices.of(settings))
    places = {takes.said(entry): f"{path}:{entry.line}" for entry in reversed(entries)}
    found = takes.read(path)
    file = str(takes.takes_file(path))
    return [
        Taken(places.get((text, voice), file), text, voice, take, (text, voice) in places)
        for (text, voice), take in found.items()
    ]


def listen(which: Which, out: Path, count: int = 3, *, settings: Settings | None = None) -> Path:
    """Speak takes 0 to ``count - 1`` of a sentence, and the one chosen, into WAV files in ``out`` with a page that
    plays them; gives the page.

    They are what a run would render. Raises as ``retake`` does, and where the voice cannot speak.
    """
    path, entry, voices = _find(which, settings)
    _check_draws(entry, voices)
    if not 1 <= count <= MAX_COUNT:
        raise Permanent(f"{count} takes: 1 to {MAX_COUNT} can be spoken at once")
    try:
        out.mkdir(parents=True, exist_ok=True)
        numbers = sorted({*range(count), entry.segment.take})
        files = {number: out / f"take-{number}.wav" for number in numbers}
        segments = {file: entry.segment.model_copy(update={"take": n}) for n, file in files.items()}
        seconds = speak(segments, settings=settings)
        page = out / "takes.html"
        with replacing(page) as file:
            file.write(_page(f"{path}:{entry.line}", entry, files, seconds).encode("utf-8"))
    except OSError as error:
        raise Permanent(f"{error.filename or out}: {error.strerror or error}") from error
    return page


def _find(which: Which, settings: Settings | None) -> tuple[Path, LessonEntry, KnownVoices]:
    path, line, number = _place(which.where)
    if line is None and which.text is None:
        raise Permanent(f"{which.where}: say which sentence: {which.where}:LINE, or with --text")
    settings = settings or load_settings()
    voices = KnownVoices.of(settings)
    found = _entries(path, line, which.options.with_settings(settings), voices)
    entries = list({takes.said(entry): entry for entry in found}.values())
    if which.text is not None:
        entries = [entry for entry in entries if which.text in entry.caption]
    if number is not None:
        entries = entries[number - 1 : number] if number > 0 else []
    if len(entries) == 1:
        return path, entries[0], voices
    if not entries:
        at = path if line is None else f"{path}:{line}"
        raise Permanent(f"{which.where}: no such sentence; `narrator explain {at}` shows those there are")
    listed = "\n".join(f"  {path}:{entry.line}:{n}  {entry.caption}" for n, entry in _numbered(entries, found))
    raise Permanent(f"{which.where}: {len(entries)} sentences; say which with its number or --text:\n{listed}")


def _place(where: str) -> tuple[Path, int | None, int | None]:
    """``intro.md:12:2`` as path, line and number; line, or number, is None where it is not given."""
    path, line = place_of(where)
    before, earlier = place_of(str(path))
    return (path, line, None) if earlier is None else (before, earlier, line)


def _numbered(entries: Iterable[LessonEntry], all_entries: Iterable[LessonEntry]) -> Iterator[tuple[int, LessonEntry]]:
    """The entries with their numbers among the different sentences that begin on their lines."""
    seen: dict[int, dict[takes.Said, None]] = {}
    for entry in all_entries:
        seen.setdefault(entry.line, {})[takes.said(entry)] = None
    for entry in entries:
        yield list(seen[entry.line]).index(takes.said(entry)) + 1, entry


def _entries(path: Path, line: int | None, options: NarrationOptions, voices: KnownVoices) -> list[LessonEntry]:
    """The segments of a file's lessons; with a line those that begin there, else the last before it."""
    lessons = readers.read_lessons(path, options.encoding, options.megabytes)
    entries = [entry for lesson in lessons for entry in segment_lesson(lesson, options, voices).plan.entries]
    at = last_before(line, [entry.line for entry in entries])
    return [entry for entry in entries if at is None or entry.line == at]


def _check_draws(entry: LessonEntry, voices: KnownVoices) -> None:
    voice = voices.by_id(entry.segment.voice)
    if voice is not None and not draws(voice.family):
        raise Permanent(
            f"{voice.family} speaks the same text the same way every time, so another take of {entry.caption!r} would "
            "sound alike: change the text, how its words are said (the lexicon), or the speed"
        )


def _page(where: str, entry: LessonEntry, files: Mapping[int, Path], seconds: Mapping[Path, float]) -> str:
    rows = "\n".join(
        f"<li><h2>Take {number}{', the one chosen' if number == entry.segment.take else ''}</h2>"
        f'<audio controls preload="metadata" src="{file.name}"></audio> {seconds[file]:.1f} s'
        f"<p><code>narrator retake {escape(where)} --take {number}</code></p></li>"
        for number, file in files.items()
    )
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>Takes</title>\n"
        "<style>:root { color-scheme: light dark } body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; "
        "margin: 2rem auto; padding: 0 1rem } ol { list-style: none; padding: 0 } h2 { font-size: 1rem; margin: 1.5rem "
        "0 .3rem } audio { width: 100% } code { user-select: all; overflow-wrap: anywhere }</style>\n"
        f'<p>{escape(where)}, {escape(entry.segment.voice)}</p>\n<h1 lang="{entry.segment.language}" '
        f'style="font-size: 1.3rem">{escape(entry.caption)}</h1>\n<ol>\n{rows}\n</ol>\n</html>\n'
    )
