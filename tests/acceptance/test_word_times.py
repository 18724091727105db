"""Word times against the sound itself: where speech sets in after a pause, there the word begins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from models.catalog import Catalogue
from models.voice import Engine, FrontEnd, Speech
from tests.acceptance.listen import sample
from tests.speech import request_for
from worker.audio.finishing import finish_segment
from worker.audio.word_times import timed_words, word_spans

pytestmark = [pytest.mark.listen, pytest.mark.timeout(900)]

ENGLISH = [
    "Plants turn light into sugar; people cannot do that.",
    "First, open the file. Then, close the door.",
    "When it rains, the ground gets wet, and the river rises.",
    "The answer, by the way, is forty-two — perhaps more.",
    "Take 3.5 km of wire, two nails, and a battery.",
    "No. That is wrong: the price is $12.50, not less.",
    "Birds, bats, and bees can fly.",
    "If you can, read the text; otherwise, listen.",
    "In 2024, nobody came. Today, everybody does.",
    "Copy the file, paste it, then go home.",
    "Well, that was good. Next, the bad news.",
    "Water boils at 100 °C; ice melts, of course, at zero.",
]
CHINESE = [
    "植物把阳光变成糖，人做不到这一点。",
    "今天下雨，地面湿了；河水上涨，路也不通。",
    "首先，打开文件。然后，关上门。",
    "2024年，没有人来。今天，大家都来了。",
    "速度提高了50%，但是，价格没有变。",
    "我们学习 Python，不学习别的。",
    "水往低处流，人往高处走。",
    "第一，要认真；第二，要有耐心。",
    "你好，请坐。我们开始，好吗？",
]
JAPANESE = [
    "雨が降ると、地面が濡れます。だから、川の水が増えます。",
    "植物は、光を使って、糖を作ります。",
    "まず、本を開きます。次に、ノートを閉じます。",
    "2024年には、誰も来ませんでした。",
    "水は、100度で、沸騰します。",
    "今日は、天気がいいですね。では、始めましょう。",
    "鳥も、蝙蝠も、飛びます。",
    "例えば、この式を見てください。",
    "はい、分かりました。でも、難しいです。",
]
CASES = (
    [(text, "en", voice, speed) for text in ENGLISH for voice, speed in (("af_heart", 1.0),)]
    + [(text, "en", "am_michael", speed) for text, speed in zip(ENGLISH[:6], (0.5, 2.0) * 3, strict=True)]
    + [(text, "zh", "zf_xiaobei", 1.0) for text in CHINESE]
    + [(text, "ja", "jf_alpha", 1.0) for text in JAPANESE]
)
STEP = 0.005  # seconds
SILENT = 35.0  # dB below the loud parts
PAUSE = 0.06  # seconds
MARKS = frozenset(",.;:!?—，。；：！？、")
LIMIT = 0.1  # seconds


def after_marks(text: str, words: list[str]) -> set[int]:
    """The words before which the text has a mark."""
    found, at = set(), 0
    for n, word in enumerate(words):
        start = text.index(word, at)
        if n and MARKS & set(text[at:start]):
            found.add(n)
        at = start + len(word)
    return found


def onsets(
    samples: np.ndarray, rate: int, words: list[tuple[int, int]], chosen: set[int]
) -> Iterator[tuple[int, float]]:
    """For each chosen word after a pause its index, and by how many seconds it is said to begin too late.

    A pause is the longest silence between the middle of the word before and that of the word.
    """
    size = round(STEP * rate)
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    level = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
    quiet = level < np.percentile(level, 95) - SILENT
    for n, ((a, b), (c, d)) in enumerate(pairwise(words), 1):
        if n not in chosen:
            continue
        low, high = (a + b) // 2 // size, (c + d) // 2 // size
        edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet[low:high].astype(int), [0]])))
        starts, ends = edges[::2], edges[1::2]
        if not len(starts):
            continue
        longest = int(np.argmax(ends - starts))
        if (ends - starts)[longest] * STEP >= PAUSE and low + ends[longest] < high:
            yield n, c / rate - (low + ends[longest]) * STEP


def test_words_begin_where_speech_sets_in_after_a_pause(
    voice: tuple[FrontEnd, Engine], record_testsuite_property
) -> None:
    bundle = Catalogue.load().bundle("kokoro")
    frontend, engine = voice
    late: dict[str, list[float]] = {}
    cases = sample(CASES, 2)
    for text, language, speaker, speed in cases:
        prepared = frontend.prepare(text, language)
        ((_, speech),) = engine.speak([request_for(bundle, prepared, speaker, speed=speed)])
        assert isinstance(speech, Speech), speech
        assert speech.token_times is not None
        finished = finish_segment(speech.samples, speech.sample_rate)
        said = timed_words(word_spans(prepared), speech.token_times, len(speech.samples))
        words = [(start - finished.trimmed, end - finished.trimmed) for _, start, end in said]
        assert words[0][0] >= -600, text  # the onset is never trimmed
        for n, error in onsets(
            finished.samples, speech.sample_rate, words, after_marks(text, [word for word, _, _ in said])
        ):
            late.setdefault(f"{language} x{speed}", []).append(error)
            if abs(error) > LIMIT:
                print(f"{speaker} x{speed} {said[n][0]!r} in {text!r}: {error * 1000:.0f} ms")
        first = words[0][0] / speech.sample_rate - 0.08  # finishing keeps 80 ms before the onset
        late.setdefault("first", []).append(first)
    for name, errors in late.items():
        print(f"{name}: {len(errors)} pauses, median {np.median(errors) * 1000:.0f} ms", end=", ")
        print(f"p95 {np.percentile(np.abs(errors), 95) * 1000:.0f} ms")
    errors = [abs(error) for name, found in late.items() for error in found if name != "first"]
    p95 = float(np.percentile(errors, 95))
    print(f"all: {len(errors)} pauses, p95 {p95 * 1000:.0f} ms")
    record_testsuite_property("word_onset_p95_ms", round(p95 * 1000))
    assert len(errors) >= 30 * len(cases) // len(CASES)
    assert p95 <= LIMIT


def test_the_delivered_lessons_words_are_where_they_are_heard(narrated) -> None:
    out, _ = narrated
    errors: list[float] = []
    manifests = sorted(out.rglob("manifest.json"))
    assert manifests
    for path in manifests:
        manifest = json.loads(path.read_text("utf-8"))
        assert manifest["word_timings"] == "words", path
        [audio] = [part["name"] for part in manifest["parts"] if part["media_type"] == "audio/wav"]
        samples, rate = soundfile.read(path.with_name(audio), dtype="float32")
        end = 0
        for cue in manifest["cues"]:
            assert cue["words"], cue
            for _, start, stop in cue["words"]:
                assert end <= start < stop <= cue["end"], cue
                end = stop
            words = [(start - cue["start"], stop - cue["start"]) for _, start, stop in cue["words"]]
            chosen = after_marks(cue["caption"], [text for text, _, _ in cue["words"]])
            errors += [abs(late) for _, late in onsets(samples[cue["start"] : cue["end"]], rate, words, chosen)]
    print(f"{len(errors)} pauses in {len(manifests)} lessons, p95 {np.percentile(errors, 95) * 1000:.0f} ms")
    assert np.percentile(errors, 95) <= LIMIT
