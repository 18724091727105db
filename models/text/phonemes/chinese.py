"""Mandarin to the IPA with tone arrows that Kokoro v1.0 was trained with (misaki's first Chinese front-end).

jieba cuts words, pypinyin reads them (by word, so that 银行 is hang and 行走 is xing), misaki's table turns a syllable
into IPA and its tone into an arrow: → first, ↗ second, ↓ third, ↘ fourth, none for the neutral tone. Tone sandhi is
left to the voice: it learnt it from recordings labelled with dictionary tones. (misaki's later front-end writes
Zhuyin with sandhi for Kokoro v1.1-zh; this alphabet has no Zhuyin.)
"""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any

from models.text.phonemes import not_installed
from models.voice import Unspeakable

DISTRIBUTIONS = ("misaki", "jieba", "pypinyin")

_HAN = re.compile(r"[\u3400-\u9fff〇\U00020000-\U0003ffff]+")
_RUNS = re.compile(rf"({_HAN.pattern})")
PUNCTUATION = {
    **dict.fromkeys("，、,", ", "),
    **dict.fromkeys("。．.", ". "),
    **dict.fromkeys("！!", "! "),
    **dict.fromkeys("？?", "? "),
    **dict.fromkeys("：:", ": "),
    **dict.fromkeys("；;", "; "),
    **dict.fromkeys("…⋯", "… "),
    **dict.fromkeys("—―–～", " — "),
    **dict.fromkeys("“‘「『《〈«", " “"),
    **dict.fromkeys("”’」』》〉»", "” "),
    **dict.fromkeys("（【〔［([", " ("),
    **dict.fromkeys("）】〕］)]", ") "),
    **dict.fromkeys("·・‧-/\"'", " "),  # heard as nothing
}


class Chinese:
    """Text to phonemes, with jieba's dictionary loaded: about a second, 150 MB."""

    def __init__(self) -> None:
        self._words, self._syllables = _load()

    def phonemes(self, text: str) -> str:
        """The phonemes of Chinese text; words are apart, pauses stay as punctuation marks.

        Raises Unspeakable, quoting the first character that has no sound here: digits and Latin letters included.
        """
        out = []
        for run in _RUNS.split(text):
            if _HAN.match(run):
                out.append(" ".join(self._word(word) for word in self._words.lcut(run)))
            else:
                out.append("".join(_mark(mark, text) for mark in run))
        return re.sub(r"\s+([,.!?:;…”)])", r"\1", " ".join("".join(out).split()))

    def _word(self, word: str) -> str:
        try:
            return str(self._syllables(word)).replace("\u032f", "")  # the non-syllabic arc is not in the alphabet
        except ValueError:
            raise Unspeakable(f"no Mandarin reading for {word!r}: write it in other characters") from None


def _mark(mark: str, text: str) -> str:
    if mark.isspace():
        return " "
    if mark not in PUNCTUATION:
        raise Unspeakable(
            f"no Mandarin sound for {mark!r} (U+{ord(mark):04X}) in {text[:60]!r}: write it in characters"
        )
    return PUNCTUATION[mark]


def _load() -> tuple[Any, Any]:
    """jieba's tokenizer and misaki's word-to-IPA."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pkg_resources, and invalid escapes when jieba is first compiled
            import jieba
            from misaki.zh import ZHG2P
    except ImportError as error:
        raise not_installed("Chinese", error) from None
    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    # As its initialize() does, but without the cache that it would unmarshal from a shared temporary folder.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer, ZHG2P.word2ipa
