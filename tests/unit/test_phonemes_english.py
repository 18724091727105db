from __future__ import annotations

import json
import re
import sys
import unicodedata

import pytest

from models.errors import Unspeakable, VoiceNotInstalled
from models.kokoro.vocabulary import vocabulary
from models.text.phonemes import letters_to_sounds as letters
from models.text.phonemes.english import WORDS, English

ALPHABET = set(vocabulary())


@pytest.fixture(scope="module")
def english() -> English:
    return English()


def said(english: English, text: str) -> str:
    return english.joined(english.pieces(text))


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        # a letter, no article
        ("A is less than two.", "ˈA ɪz lˈɛs ðən tˈu."),
        ("a plus b", "ˈA plˈʌs bˈi"),
        ("A", "ˈA"),
        ("It is a plus for all.", "ˌɪt ɪz ɐ plˈʌs fɔɹ ˈɔl."),
        # homographs, told apart by part of speech
        ("I read the book yesterday.", "ˌI ɹˈɛd ðə bˈʊk jˈɛstəɹdˌA."),
        ("I will read it.", "ˌI wɪl ɹˈid ɪt."),
        ("They live in London.", "ðˌA lˈɪv ɪn lˈʌndən."),
        ("a live concert", "ɐ lˈIv kˈɑnsəɹt"),
        ("a new record", "ɐ nˈu ɹˈɛkəɹd"),
        ("We record the lesson.", "wˌi ɹəkˈɔɹd ðə lˈɛsən."),
        ("They lead the team.", "ðˌA lˈid ðə tˈim."),
        ("the present tense", "ðə pɹˈɛzᵊnt tˈɛns"),
        ("We present the results.", "wˌi pɹizˈɛnt ðə ɹəzˈʌlts."),
        ("an object", "ɐn ˈɑbʤəkt"),
        ("I object to that.", "ˌI əbʤˈɛkt tə ðˈæt."),
        ("The wind blew.", "ðə wˈɪnd blˈu."),
        ("Wind the rope.", "wˈInd ðə ɹˈOp."),
        ("Close the door.", "klˈOz ðə dˈɔɹ."),
        ("We are close to it.", "wˌi ɑɹ klˈOs tʊ ɪt."),
        ("How do you use it?", "hˌW dˈu ju jˈuz ɪt?"),
        ("the use of force", "ðə jˈus ʌv fˈɔɹs"),
        ("an estimate", "ɐn ˈɛstəmət"),
        ("We estimate the cost.", "wˌi ˈɛstəmˌAt ðə kˈɔst."),
        ("I used to run.", "ˌI jˈust tə ɹˈʌn."),
        ("I used a pen.", "ˌI jˈuzd ɐ pˈɛn."),
        # articles before a vowel, and not
        ("the apple", "ði ˈæpᵊl"),
        ("the pear", "ðə pˈɛɹ"),
        # terms of courses
        ("photosynthesis", "fˌOTəsˈɪnθəsɪs"),
        ("chloroplast", "klˈɔɹəplˌæst"),
        ("mitochondria", "mˌITəkˈɑndɹiə"),
        ("Kubernetes", "kˌubəɹnˈɛTiz"),
        ("PostgreSQL", "pˈOstɡɹɛs kjˌuˈɛl"),
        ("Valkey's", "vˈælkiz"),
        ("numpy and NumPy", "nˈʌmpˌI ænd nˈʌmpˌI"),
        ("JSON", "ʤˈAsᵊn"),
        # possessives, plurals, contractions, hyphens
        ("the students' books", "ðə stˈudᵊnts bˈʊks"),
        ("the student's book", "ðə stˈudᵊnts bˈʊk"),
        ("James's", "ʤˈAmzᵻz"),
        ("Nguyen's", "nwˈɪnz"),
        ("It's fine.", "ˌɪts fˈIn."),
        ("It\u2019s fine.", "ˌɪts fˈIn."),
        ("Don't go.", "dˈOnt ɡˌO."),
        ("We've won.", "wˌiv wˈʌn."),
        ("state-of-the-art", "stˈAtʌvðiˈɑɹt"),
        ("well-known", "wˌɛlnˈOn"),
        # abbreviations, letter by letter or as a word
        ("NASA", "nˈæsə"),
        ("GPU", "ʤˌipˌijˈu"),
        ("U.S.A.", "jˌuˌɛsˈA"),
        ("HTTP", "ˌAʧtˌitˌipˈi"),
        ("GDPR", "ʤˌidˌipˌiˈɑɹ"),
        ("ChatGPT", "ʧˌætʤˌipˌitˈi"),
        ("GitHub", "ɡˌɪthˈʌb"),
        # accents and Greek letters
        ("naïve", "nɑˈiv"),
        ("café", "kæfˈA"),
        ("Schrödinger", "ʃɹˈOdɪŋəɹ"),
        ("α", "ˈælfə"),
        # words outside the lexicon, by the letters-to-sound model
        ("thylakoid membrane", "θˈIləkˌYd mˈɛmbɹˌAn"),
        ("serverless", "sˈɜɹvəɹləs"),
        ("lipopolysaccharide", "lˌɪpOpˌɑlisˈækəɹˌId"),
        # pauses stay, other marks are silent
        ("Hello, world!", "həlˈO, wˈɜɹld!"),
        ('"Yes," he said.', "“jˈɛs,” hi sˈɛd."),
        ("«Yes»", "“jˈɛs”"),
        ("[maybe]", "(mˈAbi)"),
        ("one; two: three", "wˈʌn; tˈu: θɹˈi"),
        ("well... yes", "wˈɛl… jˈɛs"),
        ("and/or", "ænd ɔɹ"),
        ("A、B", "ɐ, bˈi"),
        # numbers that normalising left
        ("1990", "nˌIntˈin nˈIndi"),
        ("$3.50", "θɹˈi dˈɑləɹz ænd fˈɪfti sˈɛnts"),
        ("3:45", "θɹˈi fˈɔɹTi fˈIv"),
    ],
)
def test_words_sound_as_they_should(english: English, text: str, phonemes: str) -> None:
    assert said(english, text) == phonemes


def test_nothing_is_out_of_the_alphabet_and_no_placeholder_comes_out(english: English) -> None:
    hard = "Zxqvion's kg x_y C++ 5kg mRNA AT&T rock'n'roll 3'4 1st 2nd B2B Wi-Fi I'd've y'all O'Reilly e-mail Łódź"
    for word in hard.split():
        sounds = said(english, f"Say {word} now.")
        assert set(sounds) <= ALPHABET, word
        assert len(sounds) > len(said(english, "Say now.")), word


@pytest.mark.parametrize("text", ["😀", "x → y", "a * b", "Привет", "5 $", "# one", "½", "\ufffd"])
def test_what_has_no_sound_is_refused_and_quoted(english: English, text: str) -> None:
    with pytest.raises(Unspeakable, match=r"no (English )?sound for"):
        said(english, text)


@pytest.mark.parametrize("mark", "#*+<=>^|~∑§©°±¶×÷→↑√∞≠≤‰†‡‹№☃")
def test_a_mark_is_spoken_or_refused_and_never_dropped(english: English, mark: str) -> None:
    try:
        sounds = said(english, f"say {mark} it")
    except Unspeakable as error:
        assert repr(mark) in str(error) or unicodedata.normalize("NFKC", mark)[0] in str(error)  # noqa: PT017
    else:
        assert len(sounds) > len(said(english, "say it")) + 1


def test_brackets_of_a_link_are_text_and_no_markup(english: English) -> None:
    assert said(english, "[hello](5)") == "(həlˈO fˈIv)"  # misaki would take 5 for a stress and drop it


def test_own_words_are_in_the_alphabet() -> None:
    for word, sounds in json.loads(WORDS.read_text("utf-8")).items():
        assert set(sounds) <= ALPHABET, word
        assert sounds.count("ˈ") >= 1, word


def test_absent_library_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "misaki", None)
    with pytest.raises(VoiceNotInstalled, match=r"misaki.*pip install 'narrator\[kokoro\]'"):
        English()


@pytest.mark.parametrize(
    ("word", "sounds"),
    [("hashmap", "hˈæʃmæp"), ("quokka", "kwˈɑkə"), ("valkey", "vˈælki"), ("tokenizer", "tˈOkənˌIzəɹ")],
)
def test_letters_to_sound(word: str, sounds: str) -> None:
    assert letters.pronounce(word) == sounds


def test_letters_to_sound_stresses_a_word_once_and_speaks_the_alphabet() -> None:
    for word in ["plasmodesmata", "heteroscedasticity", "zettelkasten", "krzysztof", "bioluminescence"]:
        sounds = letters.pronounce(word)
        assert sounds.count("ˈ") == 1, word
        assert set(sounds) <= ALPHABET
        assert len(re.sub("[ˈˌ]", "", sounds)) >= len(word) / 2, word


@pytest.mark.parametrize("word", ["", "ünder", "a" * 61, "two words", "x2"])
def test_letters_to_sound_takes_words_only(word: str) -> None:
    with pytest.raises(Unspeakable):
        letters.pronounce(word)
