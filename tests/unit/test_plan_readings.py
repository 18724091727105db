"""No sentence may hold a worker: what nobody would listen to is refused, and what passes costs linear time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.catalog import Catalogue
from models.kokoro.frontend import KokoroFrontEnd
from models.text import utterance_cuts
from models.text.phonemes import english
from models.text.segment import pieces
from models.text.segment_cuts import LIMIT, width
from producer.errors import Unfit
from producer.http.text_segments import Script
from producer.lessons.options import NarrationOptions
from producer.plan.planner import plan
from producer.plan.readings import MAX_WORD
from producer.plan.voices import KnownVoices
from tests.conftest import TINY_VOICES
from worker.contract.settings import Settings

ROOT = Path(__file__).parents[2]
TINY = NarrationOptions(voice="tiny/one")


@pytest.fixture
def failures(tmp_path: Path) -> Callable[[str], list[tuple[int, str]]]:
    """Gives line and message of everything that planning a Markdown file refuses."""

    class FrontEnd:
        def fingerprint(self, language: str) -> str:
            return "0" * 64

    def planned(text: str) -> list[tuple[int, str]]:
        (tmp_path / "x.md").write_text(text, "utf-8")
        made = plan([tmp_path / "x.md"], TINY, KnownVoices(Catalogue.load(TINY_VOICES), lambda _: FrontEnd()), None)
        return [(failure.line, failure.message) for failure in made.failures]

    return planned


@pytest.mark.parametrize(
    "word", ["a" * 1_900_000, "9" * 100_000, "é" * (MAX_WORD + 1), "q\u0301" * (MAX_WORD + 1), "a1" * MAX_WORD],
    ids=["letters", "digits", "accents", "accents apart", "mixed"],
)  # fmt: skip
def test_a_word_that_nobody_would_listen_to_is_refused_with_its_line_and_a_remedy(
    word: str, failures: Callable[[str], list[tuple[int, str]]]
) -> None:
    [(line, message)] = failures(f"# Title\n\nFine.\nThen {word} follows.\n")
    assert line == 4
    assert re.match(rf"a word of more than {MAX_WORD} letters or digits, '{word[:5]}.*…: .*leave it out", message)


@pytest.mark.parametrize(
    "text",
    [
        "a" * MAX_WORD,
        "https://example.org/" + "/".join(["segment"] * 100),
        "光" * 1_000,
        "ひかり" * 300,
        "word " * 300,
        "`" + "x_" * 200 + "`",
    ],
    ids=["at the bound", "an address", "Chinese without marks", "Japanese without marks", "many words", "code"],
)
def test_what_is_long_but_broken_passes(text: str, failures: Callable[[str], list[tuple[int, str]]]) -> None:
    assert failures(text + "\n") == []


def test_what_a_reading_says_in_place_of_a_word_is_looked_at_too(
    tmp_path: Path, failures: Callable[[str], list[tuple[int, str]]]
) -> None:
    (tmp_path / "lexicon.toml").write_text(f'[words]\nkubectl = "{"9" * (MAX_WORD + 1)}"\n')
    assert any(f"more than {MAX_WORD}" in message for _, message in failures("Fine.\n\nI use kubectl.\n"))


def test_over_http_such_a_word_is_unfit() -> None:
    script = Script(Catalogue.load(TINY_VOICES), {}, Settings())
    with pytest.raises(Unfit, match=f"line 2: a word of more than {MAX_WORD} letters or digits"):
        script.segments("Fine.\n" + "9" * 100_000, TINY)


def test_digits_are_as_wide_as_they_are_long_to_say() -> None:
    assert width("7") == 3 * width("a")
    for text in ("9 " * 500, "9%" * 500, "1,234 5,678 " * 100):
        assert all(width(piece.text) <= LIMIT for piece in pieces(text, "en"))
        assert max(sum(map(str.isdigit, piece.text)) for piece in pieces(text, "en")) <= LIMIT // 3


# --- what still passes


def test_a_word_of_many_parts_does_not_cost_the_cube_of_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = english.English()
    looked_up = 0
    lexicon = speaker._g2p.lexicon

    class Counting:
        def __call__(self, *args: object) -> object:
            nonlocal looked_up
            looked_up += 1
            return lexicon(*args)

        def __getattr__(self, name: str) -> object:
            return getattr(lexicon, name)

    monkeypatch.setattr(speaker._g2p, "lexicon", Counting())
    counts = []
    for parts in (40, 80, 160):
        looked_up = 0
        speaker.pieces("a-" * parts)
        counts.append(looked_up)
    assert 0 < counts[2] < 3 * counts[1] < 9 * counts[0]


def test_a_word_of_few_parts_is_left_as_it_is() -> None:
    assert [word for word, _ in english.English().pieces("a state-of-the-art thing")][1] == "state-of-the-art "


ADVERSARIES = {
    "words": "word ",
    "clauses": "so, ",
    "sentences": "Go. ",
    "marks": "! ",
    "marks and one word": "… ",
    "Chinese": "光",
    "brackets": '."] ',
}


@pytest.mark.parametrize("unit", ADVERSARIES.values(), ids=ADVERSARIES)
def test_cutting_into_utterances_looks_at_each_letter_a_number_of_times_that_hardly_grows(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0
    speaks = utterance_cuts._speaks

    def counting(text: str) -> bool:
        nonlocal looked
        looked += 1
        return speaks(text)

    monkeypatch.setattr(utterance_cuts, "_speaks", counting)
    asked = []
    for size in (1_000, 2_000, 4_000):
        looked = 0
        waiting = ["a " + unit * (size // len(unit)) + " z"]
        while waiting:
            text = waiting.pop()
            at = (utterance_cuts.cut_at_pause(text) or utterance_cuts.cut_between_words(text)) if len(text) > 100 else 0
            waiting += [text[:at].rstrip(), text[at:].lstrip()] if at else []
        asked.append(looked)
    assert asked[2] <= 2.5 * asked[1] + 20
    assert asked[1] <= 2.5 * asked[0] + 20


def test_the_front_end_is_done_with_every_adversary_of_one_segment_in_few_utterances() -> None:
    kokoro = KokoroFrontEnd(Bundle.read(ROOT / "models" / "voices" / "kokoro.toml"))
    drawn = random.Random(1)
    for unit in ("a-", "aB", "9%", "1+", "9 ", "a/", "(a", "a?", "x_"):
        for piece in pieces(unit * drawn.randint(140, 160), "en"):
            assert sum(len(one.tokens) for one in kokoro.prepare(piece.text, "en")) < 1_500
