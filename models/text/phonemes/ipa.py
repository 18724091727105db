"""The International Phonetic Alphabet as authors type it, made plain for a voice's own table.

    plain("/kənˈtɹoʊl/")  ->  "kəntɹˈoʊl"

Slashes and brackets around it, ties, syllable dots and fine diacritics go; look-alikes become what they stand for; a
mark of stress goes to the vowel of its syllable, where eSpeak NG and misaki, and so the voices, have it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from models.errors import Unspeakable

VOWELS = "aeiouæɑɒɐɔəɚɛɜɝɘɞɪɨʊʉʌɯɤøœɶɵyʏᵻᵊ"

_AROUND = re.compile(r"^\s*[/\[]|[/\]]\s*$")
_DROPPED = re.compile("[\u0361\u035c\u032f\u031a\u032a\u031d\u031e\u031f\u0320\u02d1.\u203f|\u2016\u2060\u200d\ufeff]")
_LOOKALIKES = str.maketrans({"'": "ˈ", "’": "ˈ", "ʹ": "ˈ", ":": "ː", "g": "ɡ", "ε": "ɛ", "ǝ": "ə", "ɩ": "ɪ", "ß": "β"})
_TIED = str.maketrans({"ʣ": "dz", "ʤ": "dʒ", "ʦ": "ts", "ʧ": "tʃ", "ʥ": "dʑ", "ʨ": "tɕ"})
_STRESSED = re.compile(f"([ˈˌ])([^{VOWELS}ˈˌ\\s]*)(?=[{VOWELS}])")


def plain_ipa(ipa: str) -> str:
    """Return IPA without what no voice tells apart, decomposed (NFD) but for ç. Raises Unspeakable for nothing."""
    text = _AROUND.sub("", unicodedata.normalize("NFD", ipa))
    text = _DROPPED.sub("", text).translate(_LOOKALIKES).translate(_TIED).replace("c\u0327", "ç")
    text = " ".join(text.split())
    if not any(map(str.isalpha, text)):
        raise Unspeakable(f"no phonemes in {ipa!r}")
    return _STRESSED.sub(r"\2\1", text)


def possessive(sounds: str) -> str:
    """Return the phonemes of an English word with 's."""
    return sounds + ("s" if sounds[-1] in "ptkfθ" else "ᵻz" if sounds[-1] in "szʃʒʧʤ" else "z")


def mapped(text: str, table: Mapping[str, str]) -> str:
    """Return the text with every symbol or sequence of the table replaced, the longest first."""
    return re.sub("|".join(map(re.escape, sorted(table, key=len, reverse=True))), lambda m: table[m[0]], text)
