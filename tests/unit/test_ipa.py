"""Words in phonemes, through each family's front-end."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.bundle import Bundle
from models.cosyvoice.frontend import CosyVoiceFrontEnd
from models.errors import Unspeakable
from models.kokoro.frontend import KokoroFrontEnd
from models.piper.frontend import PiperFrontEnd
from models.text.phonemes.ipa import plain_ipa
from models.voice import FrontEnd
from worker.contract.messages import Pronunciation

ROOT = Path(__file__).parents[2]
KOKORO = KokoroFrontEnd(Bundle.read(ROOT / "models" / "voices" / "kokoro.toml"))
JOE = PiperFrontEnd(Bundle.read(ROOT / "models" / "voices" / "piper-joe.toml"))
TINY = PiperFrontEnd(Bundle.read(ROOT / "tests" / "data" / "tiny_voice" / "voice.toml"))


def readings(text: str, *said: tuple[str, str]) -> list[Pronunciation]:
    found, at = [], 0
    for word, ipa in said:
        start = text.index(word, at)
        at = start + len(word)
        found.append(Pronunciation(start=start, end=at, ipa=ipa))
    return found


@pytest.mark.parametrize(
    ("ipa", "language", "symbols"),
    [
        ("/kənˈtɹoʊl/", "en", "kəntɹˈOl"),  # the stress goes to the vowel, diphthongs are one letter
        ("[ˌt͡ʃaɪˈkɒf.ski]", "en", "ʧˌIkˈɒfski"),
        ("'dʒɔːdʒ", "en", "ʤˈɔʤ"),
        ("nɜːs", "en", "nɜɹs"),
        ("ˈbɝːd ˈwɔɾɚ", "en", "bˈɜɹd wˈɔTəɹ"),
        ("bʌtn̩", "en", "bʌtᵊn"),
        ("ɡəʊ geɪ bed", "en", "ɡQ ɡA bɛd"),
        ("fʁɑ̃sɛz", "en", "fʁɑ̃sɛz"),
        ("ʈʂʰʊŋ˧˥tɕʰiŋ⁵¹", "zh", "ꭧʰʊ↗ŋʨʰi↘ŋ"),
        ("pu˥˩", "en", "pu↘"),  # tones are Chinese, whatever is around them
        ("toːkʲoː", "ja", "toːkʲoː"),
        ("tsu̥", "ja", None),
        ("çi", "ja", "çi"),
        ("ɬa", "en", None),
        ("12", "en", None),
    ],
)
def test_ipa_in_kokoros_symbols(ipa: str, language: str, symbols: str | None) -> None:
    if symbols is None:
        with pytest.raises(Unspeakable, match=r"no sound for '.' \(U\+|no phonemes in '12'"):
            KOKORO.symbols(ipa, "", language)
    else:
        assert KOKORO.symbols(ipa, "", language) == symbols


def test_plain_ipa() -> None:
    assert plain_ipa("/ ˈstreŋθ.fəl /") == "strˈeŋθfəl"


@pytest.mark.parametrize(
    ("text", "language", "said", "expected"),
    [
        ("It costs $3 at Xolotl, Ltd.", "en", ("Xolotl", "ʃəˈloʊtəl"), "ˌɪt kˈɔsts θɹˈi dˈɑləɹz æt ʃəlˈOtəl, limᵻtᵻd."),
        ("Nguyen's dog", "en", ("Nguyen", "wɪn"), "wɪnz dˈɔɡ."),
        ('He said "Ghent".', "en", ("Ghent", "ɡɛnt"), "hˌi sˈɛd “ɡɛnt”."),
        ("用kubectl写3行。", "zh", ("kubectl", "ˈkjuːb"), None),
        ("東京で3回使う。", "ja", ("東京", "toːkʲoː"), None),
    ],
)
def test_only_the_word_itself_is_said_otherwise(
    text: str, language: str, said: tuple[str, str], expected: str | None
) -> None:
    [utterance] = KOKORO.prepare(text, language, readings(text, said))
    ours = KOKORO.symbols(said[1], said[0], language)
    heard = {word: utterance.phonemes[a:b].strip(" “") for word, a, b in utterance.words}
    [sounds] = [sounds for word, sounds in heard.items() if word.startswith(said[0])]
    assert sounds in (ours, f"{ours}z")
    assert "".join(heard) == "".join(c for c in text if c.isalnum() or c in "$'")
    [usual] = KOKORO.prepare(text, language)
    for other, sound in ((w, usual.phonemes[a:b].strip(" “")) for w, a, b in usual.words):
        if not other.startswith(said[0]) and other in heard:
            assert heard[other] == sound
    if expected and "Ltd" not in text:
        assert utterance.phonemes == expected


def test_a_text_that_takes_several_utterances_keeps_its_words() -> None:
    text = " ".join(["Xolotl walked slowly along the shore, and nobody saw it."] * 20)
    said = readings(text, *[("Xolotl", "ˈʃɒl")] * 20)
    utterances = KOKORO.prepare(text, "en", said)
    assert len(utterances) > 1
    assert " ".join(u.text for u in utterances) == text
    assert sum(word == "Xolotl" for u in utterances for word, _, _ in u.words) == 20


def test_piper_says_phonemes_between_espeaks() -> None:
    text = "I met Xolotl's dog."
    [utterance] = JOE.prepare(text, "en", readings(text, ("Xolotl", "/ʃəˈloʊ.təl/")))
    assert "ʃəlˈoʊtəlz dˈɑːɡ." in utterance.phonemes
    assert utterance.text == text


@pytest.mark.parametrize(
    ("frontend", "ipa", "message"),
    [
        (JOE, "жa", r"the voice piper-joe has no sound for 'ж' \(U\+0436\)"),
        (TINY, "a", "takes respellings, not phonemes: write how 'Xolotl' is said"),
        (CosyVoiceFrontEnd(Bundle.read(ROOT / "models" / "voices" / "kokoro.toml")), "a", "respellings, not phonemes"),
    ],
)
def test_what_a_voice_cannot_say_is_refused(frontend: FrontEnd, ipa: str, message: str) -> None:
    with pytest.raises(Unspeakable, match=message):
        frontend.symbols(ipa, "Xolotl", "en")
    with pytest.raises(Unspeakable, match=message):
        frontend.prepare("Xolotl", "en", readings("Xolotl", ("Xolotl", ipa)))
