from __future__ import annotations

import sys

import pytest

from models.errors import Unspeakable, VoiceNotInstalled
from models.kokoro.vocabulary import vocabulary
from models.text.phonemes.japanese import MORAE, Japanese

ALPHABET = set(vocabulary())


@pytest.fixture(scope="module")
def japanese() -> Japanese:
    return Japanese()


def said(japanese: Japanese, text: str) -> str:
    return japanese.joined(japanese.pieces(text))


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        # particles are read as such, though written as other kana
        ("こんにちは", "koɲɲiʨiβa"),
        ("今日は", "kʲoː βa"),
        ("東京へ行く", "toːkʲoː e ikɯ"),
        ("本を読む", "hoɴ o jomɯ"),
        # long vowels, geminates, ん before other sounds
        ("学校", "ɡaʔkoː"),
        ("きょうと", "kʲoːto"),
        ("新聞", "ɕimbɯɴ"),
        ("漢字", "kaɲʥi"),
        ("三年", "sanneɴ"),
        ("本", "hoɴ"),
        # loan words
        ("コンピューター", "kompʲɨːtaː"),
        ("ティッシュ", "tʲiʔɕɨ"),
        ("ヴァイオリン", "vaioɾʲiɴ"),
        ("シェフ", "ɕeɸɯ"),
        ("ファイル", "ɸaiɾɯ"),
        ("ｶﾀｶﾅ", "katakana"),
        # readings
        ("光合成", "koːɡoːseː"),
        ("日本語", "ɲihoŋɡo"),
        ("上手", "ʥoːzɨ"),
        ("人々", "çitobʲito"),
        ("何を食べる", "naɲi o tabeɾɯ"),
        ("何ですか", "naɴ desɨ ka"),
        ("この方は先生", "kono kata βa seɴseː"),
        ("方が多い", "hoː ɡa oːi"),
        # numbers and counters
        ("一人", "çitoɾʲi"),
        ("二十歳", "hataʨi"),
        ("三本", "saɴ boɴ"),
        ("六百", "ɾoʔpʲakɯ"),
        ("１２人", "ʥɨːɲi ɲiɴ"),
        # pauses stay
        ("はい、そうです。", "hai, soː desɨ."),
        ("「本」", "“hoɴ”"),
        ("本（新聞）！", "hoɴ (ɕimbɯɴ)!"),
    ],
)
def test_words_sound_as_they_should(japanese: Japanese, text: str, phonemes: str) -> None:
    assert said(japanese, text) == phonemes


def test_every_mora_is_in_the_alphabet() -> None:
    assert {symbol for ipa in MORAE.values() for symbol in ipa} <= ALPHABET
    assert len(MORAE) > 150


@pytest.mark.parametrize("text", ["★", "本→新聞", "한국", "(^_^)"])
def test_what_has_no_reading_is_refused_and_quoted(japanese: Japanese, text: str) -> None:
    with pytest.raises(Unspeakable, match="no Japanese reading for"):
        said(japanese, text)


def test_absent_library_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    with pytest.raises(VoiceNotInstalled, match=r"pyopenjtalk.*pip install 'narrator\[kokoro\]'"):
        Japanese()
    assert sys.modules.get("onnxruntime", ...) is not None  # hidden only while it loads
