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
from collections.abc import Iterable
from functools import partial
from typing import Any

from models.errors import Unspeakable
from models.text.phonemes import PhonemePiece, not_installed

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


_MUST = re.compile("我|你|他|她|它|您|我们|你们|他们|她们|咱们|大家|还|就|都|也|总|又|可|必须|非|至少|要")
# 行 is a row (hang2) in words of code, tables and matrices that jieba does not know as such.
_ROWS = re.compile(
    "(?:第?[一二三四五六七八九十百千万两几多每各某单逐换空整隔首末数这那]+|代码|命令)行[符数号]?|行(?:[数末首内间距尾标]|和列)"
)
_OF_ROWS = re.compile("的|代码|命令|数据|文本|表格|矩阵|首|末|每|某|各|整|该|这|那")


class Chinese:
    """Text to phonemes, with jieba's dictionary loaded: 1.5 s of processor time, 125 MB."""

    def __init__(self) -> None:
        self._words, self._readings, self._syllable = _load()

    def joined(self, pieces: Iterable[PhonemePiece]) -> str:
        """Return the phonemes of all pieces, with the spaces that the voice expects."""
        sounds = "".join(sounds for _, sounds in pieces)
        return re.sub(r"\s+([,.!?:;…”)])", r"\1", " ".join(sounds.split()))

    def pieces(self, text: str) -> list[PhonemePiece]:
        """Return the text in words and marks, and the phonemes of each.

        Raises Unspeakable, quoting the first character that has no sound here: digits and Latin letters included.
        """
        out: list[PhonemePiece] = []
        for run in _RUNS.split(text):
            if _HAN.match(run):
                words = ["", *self._words.lcut(run), ""]
                for n, word in enumerate(words[1:-1], 1):
                    sounds = self._word(word, words[n - 1], words[n + 1])
                    out.append((word, f" {sounds}" if n > 1 else sounds))
            else:
                out += [(mark, _mark(mark, text)) for mark in run]
        return out

    def _word(self, word: str, before: str, after: str) -> str:
        try:
            ipa = "".join(self._syllable(pinyin) for pinyin in self._pinyin(word, before, after))
        except ValueError:
            raise Unspeakable(f"no Mandarin reading for {word!r}: write it in other characters") from None
        return ipa.replace("\u032f", "")  # the non-syllabic arc is not in the alphabet

    def _pinyin(self, word: str, before: str, after: str) -> list[str]:
        """A reading for every character, in its context where a dictionary of words does not settle it."""
        readings: list[str] = self._readings(word)
        if word == "地" and len(before) > 1 and after and before[-1] not in "块片这那的":
            return ["de5"]  # 慢慢地走
        if word == "得" and before:
            return ["dei3" if _MUST.fullmatch(before) else "de5"]  # 我得走了, 说得好
        if len(word) == 3 and word[1] == "得":
            readings[1] = "de5"  # 跑得快
        if "行" in word and (_ROWS.fullmatch(word) or (word == "行" and _OF_ROWS.fullmatch(before))) and after != "人":
            readings[word.index("行")] = "hang2"  # 第一行代码, but 一行人
        return readings


def _mark(mark: str, text: str) -> str:
    if mark.isspace():
        return " "
    if mark not in PUNCTUATION:
        raise Unspeakable(
            f"no Mandarin sound for {mark!r} (U+{ord(mark):04X}) in {text[:60]!r}: write it in characters"
        )
    return PUNCTUATION[mark]


def _load() -> tuple[Any, Any, Any]:
    """jieba's tokenizer, pypinyin's readings of a word, misaki's syllable to IPA."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pkg_resources, and invalid escapes when jieba is first compiled
            import jieba
            from misaki.zh import ZHG2P
            from pypinyin import Style, lazy_pinyin
    except ImportError as error:
        raise not_installed("Chinese", error) from None
    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    # As its initialize() does, but without the cache that it would unmarshal from a shared temporary folder.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    readings = partial(lazy_pinyin, style=Style.TONE3, neutral_tone_with_five=True)
    return tokenizer, readings, ZHG2P.py2ipa
