from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from pathlib import Path

import pytest

from models.bundle import Bundle
from models.errors import Permanent, Unspeakable, VoiceNotInstalled
from models.piper.frontend import CONFIG, PiperFrontEnd
from models.records import digest
from models.text.phonemes import espeak

ROOT = Path(__file__).parents[2]
JOE = ROOT / "models" / "voices" / "piper-joe.toml"
TINY = ROOT / "tests" / "data" / "tiny_voice" / "voice.toml"


@pytest.fixture(scope="module")
def joe() -> PiperFrontEnd:
    return PiperFrontEnd(Bundle.read(JOE))


@pytest.fixture
def table() -> dict[str, list[int]]:
    symbols: dict[str, list[int]] = json.loads(Bundle.read(JOE).path(CONFIG).read_bytes())["phoneme_id_map"]
    return symbols


def test_tokens_are_laid_out_as_piper_does(joe: PiperFrontEnd, table: dict[str, list[int]]) -> None:
    [utterance] = joe.prepare("Hello, world!", "en")
    assert utterance.phonemes == "həlˈoʊ, wˈɜːld!"
    expected = [*table["^"], *table["_"]]
    for symbol in utterance.phonemes:
        expected += [*table[symbol], *table["_"]]
    assert list(utterance.tokens) == [*expected, *table["$"]]


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("Wait; one, two: three!", "wˈeɪt; wˌʌn, tˈuː: θɹˈiː!"),
        ("No full stop", "nˈoʊ fˈʊl stˈɑːp."),
        ("Is it 3.14?", "ɪz ɪt θɹˈiː pˈɔɪnt wˈʌn fˈɔːɹ?"),
        ("It's the students' café.", "ɪts ðə stˈuːdənts kæfˈeɪ."),
        ("(maybe)", "(mˈeɪbiː)."),
    ],
)
def test_pauses_are_kept(joe: PiperFrontEnd, text: str, phonemes: str) -> None:
    [utterance] = joe.prepare(text, "en")
    assert utterance.phonemes == unicodedata.normalize("NFD", phonemes)


def test_long_text_is_cut_and_nothing_lost(joe: PiperFrontEnd) -> None:
    text = " ".join(f"This is sentence {word}, and it goes on for a while." for word in ("one", "two", "three") * 8)
    utterances = joe.prepare(text, "en")
    assert len(utterances) > 1
    assert " ".join(u.text for u in utterances) == text
    assert "".join(joe.prepare(text[:200], "en")[0].phonemes.split())[:100] in "".join(utterances[0].phonemes.split())


@pytest.mark.parametrize(
    ("text", "reason"), [("你好", "does not speak zh"), ("…", "nothing to say"), ("\u2603\ufe0f", "nothing to say")]
)
def test_what_has_no_sound_is_refused(joe: PiperFrontEnd, text: str, reason: str) -> None:
    with pytest.raises(Unspeakable, match=reason):
        joe.prepare(text, "en")


def test_a_phoneme_that_the_voice_does_not_know_is_an_error(tmp_path: Path) -> None:
    front = installed(
        tmp_path, {"_": [0], "^": [1], "$": [2], "h": [3], "ə": [4], "l": [5], "ˈ": [6], "o": [7], ".": [8]}
    )
    with pytest.raises(Unspeakable, match=r"no token for 'ʊ' \(U\+028A\) in 'Hello'"):
        front.prepare("Hello", "en")


def test_a_voice_without_boundary_symbols_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"model\.onnx\.json: phoneme_id_map has no \$"):
        installed(tmp_path, {"_": [0], "^": [1], "h": [3], "ə": [4]}).prepare("Hello", "en")


def installed(folder: Path, symbols: dict[str, list[int]]) -> PiperFrontEnd:
    """The front-end of a voice with this table."""
    config = json.dumps({"phoneme_type": "espeak", "espeak": {"voice": "en-us"}, "phoneme_id_map": symbols}).encode()
    (folder / CONFIG).write_bytes(config)
    described = JOE.read_text("utf-8").split("[[files]]")[0]
    (folder / "voice.toml").write_text(
        described
        + f'[[files]]\nname = "{CONFIG}"\nsha256 = "{hashlib.sha256(config).hexdigest()}"\nsize = {len(config)}\n'
        + '[[voices]]\nname = "one"\nlanguages = ["en"]\n'
    )
    return PiperFrontEnd(Bundle.read(folder / "voice.toml"))


def test_a_voice_of_characters_needs_no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "_library", None)  # would fail if it were called
    [utterance] = PiperFrontEnd(Bundle.read(TINY)).prepare("你好", "zh")
    assert (utterance.text, utterance.phonemes) == ("你好", "")
    assert utterance.tokens == (1, 0, 1 + ord("你") % 250, 0, 1 + ord("好") % 250, 0, 1 + ord(".") % 250, 0, 2)


def test_absent_espeak_is_named_with_its_remedy(joe: PiperFrontEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    espeak._library.cache_clear()
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(VoiceNotInstalled, match=r"pip install 'narrator\[piper\]' \(eSpeak NG is GPL-3"):
        joe.prepare("Hello", "en")


def test_an_unknown_espeak_voice_is_named() -> None:
    with pytest.raises(Permanent, match="has no voice 'xx-nowhere'"):
        espeak.ipa("Hello", "xx-nowhere")


def test_the_fingerprint_reads_no_file_of_the_voice(tmp_path: Path, joe: PiperFrontEnd) -> None:
    (tmp_path / "voice.toml").write_bytes(JOE.read_bytes())
    without_files = PiperFrontEnd(Bundle.read(tmp_path / "voice.toml"))
    assert without_files.fingerprint("en") == joe.fingerprint("en")
    assert joe.fingerprint("en") != PiperFrontEnd(Bundle.read(TINY)).fingerprint("en")
    assert len(joe.fingerprint("en")) == len(digest({}))
