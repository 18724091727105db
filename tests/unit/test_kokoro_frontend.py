from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import Bundle
from models.errors import Unspeakable
from models.kokoro import frontend
from models.kokoro.frontend import KokoroFrontEnd
from models.kokoro.vocabulary import FILE, MAX_TOKENS
from models.text.utterance_cuts import cut_at_pause, cut_between_words
from models.voice import Utterance
from worker.contract.messages import Pronunciation

ROOT = Path(__file__).parents[2]
KOKORO = ROOT / "models" / "voices" / "kokoro.toml"
SYMBOLS = {token: symbol for symbol, token in json.loads(FILE.read_text("utf-8")).items()}


@pytest.fixture(scope="module")
def kokoro() -> KokoroFrontEnd:
    return KokoroFrontEnd(Bundle.read(KOKORO))


def squeezed(text: str) -> str:
    return "".join(text.split())


def check(utterances: list[Utterance]) -> None:
    """What is true of every utterance."""
    for utterance in utterances:
        assert 0 < len(utterance.tokens) <= MAX_TOKENS
        assert "".join(SYMBOLS[token] for token in utterance.tokens) == utterance.phonemes
        assert utterance.phonemes.rstrip('”")')[-1] in ".!?…,;:—", utterance
        assert "❓" not in utterance.phonemes
        at = 0
        for text, first, end in utterance.words:
            assert text.strip()
            assert at <= first < end
            assert not any(map(str.isalpha, utterance.phonemes[at:first]))  # every sound has its word
            assert any(map(str.isalpha, utterance.phonemes[first:end]))
            at = end
        assert not any(map(str.isalpha, utterance.phonemes[at:]))
    assert utterances[-1].phonemes.rstrip('”")')[-1] in ".!?…"


def test_a_heading_gets_the_full_stop_that_the_voice_needs(kokoro: KokoroFrontEnd) -> None:
    [heading] = kokoro.prepare("Lesson 3: Photosynthesis", "en")
    assert heading.text == "Lesson three: Photosynthesis"
    assert heading.phonemes == "lˈɛsən θɹˈi: fˌOTəsˈɪnθəsɪs."
    check([heading])


@pytest.mark.parametrize(
    ("text", "end"),
    [("Why?", "?"), ("Stop!", "!"), ("so,", "O."), ("as follows:", "z."), ('"Yes."', ".”"), ("He said (yes)", ").")],
)
def test_how_utterances_end(kokoro: KokoroFrontEnd, text: str, end: str) -> None:
    [utterance] = kokoro.prepare(text, "en")
    assert utterance.phonemes.endswith(end)
    check([utterance])


def test_languages_mix_in_one_utterance(kokoro: KokoroFrontEnd) -> None:
    [chinese] = kokoro.prepare("今天学习 Python，还有“GPU”（图形处理器）。", "zh")
    assert chinese.phonemes.startswith("ʨi→ntʰjɛ→n ɕɥe↗ɕi↗ pˈIθˌɑn, xai↗jou↓")
    assert "ʤˌipˌijˈu" in chinese.phonemes
    [japanese] = kokoro.prepare("今日はPythonを学びます", "ja")
    assert japanese.phonemes == "kʲoː βa pˈIθˌɑn o manabʲimasɨ."
    [english] = kokoro.prepare("The word 光合作用 means photosynthesis.", "en")
    assert english.phonemes == "ðə wˈɜɹd kwa→ŋxɤ↗ʦwo↘jʊ↘ŋ mˈinz fˌOTəsˈɪnθəsɪs."
    check([chinese, japanese, english])


@pytest.mark.parametrize(
    ("text", "language", "passages"),
    [
        ("这台 computer 的 GPU 很大。", "zh", [("en", " kəmpjˈuTəɹ"), ("en", " ʤˌipˌijˈu")]),
        ("Docker 容器。", "zh", [("en", "dˈɑkəɹ")]),
        ("英文是 “Deep Learning”。", "zh", [("en", " dˈip lˈɜɹnɪŋ”.")]),  # at the end with its marks
        ("今日はPythonを学びます", "ja", [("en", " pˈIθˌɑn")]),
        ("Take the 火车 now.", "en", [("zh", " xwo↓ꭧʰɤ→")]),
        ("Thank you is ありがとう, of course.", "en", [("ja", " aɾʲiɡatoː")]),
        ("P 组、T 恤和 CO2。", "zh", []),  # a letter or two are the host's
        ("Take the train.", "en", []),
    ],
)
def test_words_of_another_language_are_passages(
    kokoro: KokoroFrontEnd, text: str, language: str, passages: list[tuple[str, str]]
) -> None:
    [utterance] = kokoro.prepare(text, language)
    assert [(spoken, utterance.phonemes[a:b]) for spoken, a, b in utterance.passages] == passages
    check([utterance])


def test_a_word_with_a_reading_is_in_the_language_of_its_sounds(kokoro: KokoroFrontEnd) -> None:
    def passages(text: str, language: str, word: str, ipa: str) -> list[tuple[str, str]]:
        at = text.index(word)
        [utterance] = kokoro.prepare(text, language, [Pronunciation(start=at, end=at + len(word), ipa=ipa)])
        check([utterance])
        return [(spoken, utterance.phonemes[a:b]) for spoken, a, b in utterance.passages]

    assert passages("我们用 Redis server 存数据。", "zh", "Redis", "ˈɹɛdɪs") == [("en", " ɹˈɛdɪs sˈɜɹvəɹ")]
    assert passages("我们用 Kafka 存数据。", "zh", "Kafka", "kʰa˥˩fu˥ kʰa˥˩") == []
    assert passages("We went to Xi'an by train.", "en", "Xi'an", "ɕi˥ an˥") == [("zh", " ɕi→ a→n")]


def test_a_mandarin_voice_is_told_where_english_is_aspirated(kokoro: KokoroFrontEnd) -> None:
    """In what it says itself: a letter, and all of it where nobody else speaks English."""
    [letter] = kokoro.prepare("P 组完成。", "zh")
    assert letter.phonemes.startswith("pʰˈi ")
    bundle = Bundle.read(KOKORO)
    mandarin = bundle.model_copy(update={"voices": tuple(v for v in bundle.voices if v.languages[0] == "zh")})
    for text, sounds in (("这台 computer 很大。", " kʰəmpʰjˈuTəɹ "), ("每个 student 都来。", " stˈudᵊnt ")):
        [utterance] = KokoroFrontEnd(mandarin).prepare(text, "zh")
        assert sounds in utterance.phonemes
        assert utterance.passages == ()
        check([utterance])


def test_whoever_may_speak_is_in_the_fingerprint(kokoro: KokoroFrontEnd) -> None:
    bundle = Bundle.read(KOKORO)
    first, second, *others = bundle.voices
    other = KokoroFrontEnd(bundle.model_copy(update={"voices": (second, first, *others)}))
    assert other.fingerprint("zh") != kokoro.fingerprint("zh")
    assert other.fingerprint("en") == kokoro.fingerprint("en")


def spoken(utterances: list[Utterance]) -> list[tuple[str, str]]:
    return [(text, u.phonemes[a:b].strip()) for u in utterances for text, a, b in u.words]


def test_words_are_the_author_s_with_the_sounds_that_say_them(kokoro: KokoroFrontEnd) -> None:
    assert spoken(kokoro.prepare("It costs $3.50, or (about) 3 km.", "en")) == [
        ("It", "ˌɪt"),
        ("costs", "kˈɔsts"),
        ("$3.50", "θɹˈi dˈɑləɹz ænd fˈɪfti sˈɛnts"),
        ("or", "ɔɹ"),
        ("about", "(əbˈWt"),
        ("3", "θɹˈi"),
        ("km", "kəlˈɑməTəɹz"),
    ]
    assert [text for text, _ in spoken(kokoro.prepare("今天是2024年，我们学习 Python。", "zh"))] == [
        "今天", "是", "2024年", "我们", "学习", "Python",
    ]  # fmt: skip
    assert [text for text, _ in spoken(kokoro.prepare("水は沸騰します。", "ja"))] == [
        "水", "は", "沸騰", "し", "ます",
    ]  # fmt: skip


def test_words_of_a_text_in_several_utterances(kokoro: KokoroFrontEnd) -> None:
    text = "The cell is the basic unit of life, and it costs $3.50 in 2024. " * 12
    utterances = kokoro.prepare(text, "en")
    assert len(utterances) > 1
    check(utterances)
    assert [word for word, _ in spoken(utterances)] == text.replace(",", "").replace(". ", " ").split()


@pytest.mark.parametrize(("text", "language"), [("…", "en"), ("😀", "en"), ("", "en"), ("。", "zh"), ("— —", "ja")])
def test_text_without_a_sound_is_refused(kokoro: KokoroFrontEnd, text: str, language: str) -> None:
    with pytest.raises(Unspeakable, match="nothing to say"):
        kokoro.prepare(text, language)


def test_a_language_kokoro_does_not_know_is_refused(kokoro: KokoroFrontEnd) -> None:
    with pytest.raises(Unspeakable, match="not ko: '한국어'"):
        kokoro.prepare("한국어", "ko")


def test_the_vocabulary_is_kokoro_s() -> None:
    assert len(SYMBOLS) == 114
    assert (SYMBOLS[16], SYMBOLS[43], SYMBOLS[157], SYMBOLS[177]) == (" ", "a", "ˌ", "ᵻ")
    assert 0 not in SYMBOLS  # the boundary


WORDS = {
    "chloroplast": "klˈɔɹəplˌæst",
    "photosynthesis": "fˌOTəsˈɪnθəsɪs",
    "mitochondria": "mˌITəkˈɑndɹiə",
    "Kubernetes": "kˌubəɹnˈɛTiz",
    "ribosome": "ɹˈIbəsˌOm",
    "valkey": "vˈælki",
}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(WORDS)), st.sampled_from(["", "", "", ",", ".", ";"])),
        min_size=1,
        max_size=150,
    )
)
def test_long_english_is_cut_and_no_word_lost(kokoro: KokoroFrontEnd, words: list[tuple[str, str]]) -> None:
    text = " ".join(word + mark for word, mark in words)
    utterances = kokoro.prepare(text, "en")
    check(utterances)
    assert squeezed("".join(u.text for u in utterances)) == squeezed(text)
    heard = " ".join(u.phonemes for u in utterances).replace(",", "").replace(".", "").replace(";", "").split()
    assert heard == [WORDS[word] for word, _ in words]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["细胞", "阳光", "能量", "植物", "，", "。", "、"]), min_size=1, max_size=300))
def test_long_chinese_is_cut_and_no_character_lost(kokoro: KokoroFrontEnd, words: list[str]) -> None:
    text = "好" + "".join(words)
    utterances = kokoro.prepare(text, "zh")
    check(utterances)
    kept = "".join(u.text for u in utterances)
    assert [c for c in squeezed(kept) if c.isalnum()] == [c for c in text if c.isalnum()]


MIXTURE = [
    *"aeirstnX0159 ,.;:!?'\"()[]-/%$#&*@…—“”",
    *"你好行得，。、《》",
    *"こカーッン「」・々",
    *"éøαβ½²→😀\u200b\u0301한п",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(MIXTURE), max_size=40).map("".join), st.sampled_from(["en", "zh", "ja"]))
def test_whatever_is_typed_is_spoken_or_refused(kokoro: KokoroFrontEnd, text: str, language: str) -> None:
    try:
        utterances = kokoro.prepare(text, language)
    except Unspeakable:
        return
    check(utterances)


def test_cuts_fall_at_sentences_first(kokoro: KokoroFrontEnd) -> None:
    sentence = "The cell is the basic unit of life, and it is surrounded by a membrane."
    utterances = kokoro.prepare(" ".join([sentence] * 12), "en")
    assert len(utterances) > 1
    assert all(u.text.startswith("The cell") and u.text.endswith("membrane.") for u in utterances)


def test_one_endless_word_is_refused(kokoro: KokoroFrontEnd) -> None:
    with pytest.raises(Unspeakable, match=r"a single word of|no way to pronounce"):
        kokoro.prepare("a" * 3000, "en")


@given(st.text(max_size=200))
def test_parts_lose_nothing_and_leave_something_on_either_side(text: str) -> None:
    for at in (cut_at_pause(text), cut_between_words(text)):
        if at is not None:
            assert any(c.isalnum() for c in text[:at])
            assert any(c.isalnum() for c in text[at:])


def in_a_fresh_process(code: str, *arguments: str, seed: str = "0") -> bytes:
    """What the code prints; standard error must stay empty, whatever warns is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(KOKORO), *arguments],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b"", done.stderr.decode()
    return done.stdout


OPEN = """
import sys
from pathlib import Path
from models.bundle import Bundle
from models.family import load_frontend
frontend = load_frontend(Bundle.read(Path(sys.argv[1])))
"""


def test_no_inference_runtime_is_imported_and_nothing_printed() -> None:
    spoken = """
for text, language in [("Hello, Zyxograph!", "en"), ("你好 Python", "zh"), ("今日は", "ja")]:
    assert frontend.prepare(text, language)
assert not {"onnxruntime", "torch", "celery", "redis", "boto3"} & sys.modules.keys()
"""
    assert in_a_fresh_process(OPEN + spoken) == b""


def test_the_fingerprint_is_the_same_everywhere_and_cheap(kokoro: KokoroFrontEnd) -> None:
    cheap = """
for language in ("en", "zh", "ja"): print(frontend.fingerprint(language))
assert not {"spacy", "misaki", "jieba", "pyopenjtalk"} & sys.modules.keys()
"""
    printed = in_a_fresh_process(OPEN + cheap, seed="7").decode().split()
    assert printed == [kokoro.fingerprint(language) for language in ("en", "zh", "ja")]
    assert len(set(printed)) == 3
    assert all(len(digest) == 64 for digest in printed)


def test_the_fingerprint_changes_with_a_library(kokoro: KokoroFrontEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    before = kokoro.fingerprint("en")
    frontend._fingerprint.cache_clear()
    monkeypatch.setattr(frontend, "versions", lambda *names: dict.fromkeys(names, "0"))
    assert kokoro.fingerprint("en") != before
    frontend._fingerprint.cache_clear()
