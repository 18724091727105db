"""From the International Phonetic Alphabet to the symbols that Kokoro learnt: misaki's, which write a diphthong or an
affricate as one letter, and a Chinese tone as an arrow.

American and British English are complete; Chinese and Japanese go as far as dictionaries' IPA does (tones as letters,
˥˩, or as small figures, ⁵¹).
"""

from __future__ import annotations

import re

from models.text.phonemes.ipa import mapped, plain_ipa

_ENGLISH = {
    "tʃ": "ʧ", "dʒ": "ʤ", "eɪ": "A", "aɪ": "I", "aʊ": "W", "ɔɪ": "Y", "oʊ": "O", "əʊ": "Q", "eː": "A", "oː": "O",
    "iː": "i", "uː": "u", "ɑː": "ɑ", "aː": "ɑ", "ɔː": "ɔ", "ɜː": "ɜɹ", "ɜːr": "ɜɹ", "ɜːɹ": "ɜɹ", "ɝː": "ɜɹ", "ɝ": "ɜɹ",
    "ɚ": "əɹ", "e": "ɛ", "o": "O", "r": "ɹ", "ɻ": "ɹ", "ɾ": "T", "ɫ": "l", "ʍ": "w", "ɱ": "m", "ɨ": "ɪ", "ʉ": "u",
    "ɘ": "ə", "l\u0329": "ᵊl", "n\u0329": "ᵊn", "m\u0329": "ᵊm", "ɹ\u0329": "əɹ", "r\u0329": "əɹ",
}  # fmt: skip
_CHINESE = {
    "tɕ": "ʨ", "ts": "ʦ", "tʂ": "ꭧ", "ʈʂ": "ꭧ", "ʐ": "ɻ", "ɹ": "ɻ", "r": "ɻ", "ɿ": "ɨ", "ʅ": "ɨ",
    "ɻ\u0329": "ɻɨ", "ʐ\u0329": "ɻɨ", "ɹ\u0329": "ɻɨ", "z\u0329": "ɨ", "ˈ": "", "ˌ": "",
    "˥": "→", "˥˥": "→", "˧˥": "↗", "˨˩˦": "↓", "˨˩˧": "↓", "˨˩": "↓", "˩˧": "↓", "˥˩": "↘", "˥˧": "↘",
}  # fmt: skip
_JAPANESE = {
    "tɕ": "ʨ", "dʑ": "ʥ", "ʑ": "ʥ", "ts": "ʦ", "dz": "ʣ", "r": "ɾ", "u": "ɯ", "ɯᵝ": "ɯ", "w": "β", "ɰᵝ": "β", "ꜜ": "",
    "ˈ": "", "ˌ": "",
}  # fmt: skip
_TABLES = {"en": _ENGLISH, "zh": _CHINESE, "ja": _JAPANESE}
_TONE_FIGURES = str.maketrans("¹²³⁴⁵", "˩˨˧˦˥")
_TONE_AT_END = re.compile("([nŋ])([→↗↓↘])")  # misaki has it at the vowel


_SPELT = {"A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "Q": "əʊ", "ʧ": "tʃ", "ʤ": "dʒ", "T": "ɾ"}


def spelt(sounds: str) -> str:
    """Return English in Kokoro's alphabet as IPA; ``symbols`` gives the same back."""
    return mapped(sounds, _SPELT)


def symbols(ipa: str, language: str) -> str:
    """Return the phonemes in Kokoro's alphabet, as far as they are in it. Raises Unspeakable where there are none."""
    text = plain_ipa(ipa).translate(_TONE_FIGURES)
    if re.search("[˩˨˧˦˥]", text):
        language = "zh"
    return _TONE_AT_END.sub(r"\2\1", mapped(text, _TABLES.get(language, _ENGLISH)))
