"""Japanese to the IPA that Kokoro v1.0 was trained with: Open JTalk's readings, misaki's kana table.

Readings come from pyopenjtalk-plus (numbers with their counters, particles, and, through Sudachi, homographs such as
方). The kana table and the grouping of morphemes into words are those of misaki's first Japanese front-end, which is
cutlet by Paul O'Leary McCann (MIT) with IPA in place of romaji. Pitch accent is not in Kokoro's alphabet.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import io
import re
import unicodedata
import warnings
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from models.errors import Unspeakable
from models.text.phonemes import PhonemePiece, hidden, not_installed

DISTRIBUTIONS = ("pyopenjtalk-plus", "sudachipy", "sudachidict_core", "misaki")

_TABLE = """
ァ a ア a ィ i イ i ゥ ɯ ウ ɯ ェ e エ e ォ o オ o カ ka ガ ɡa キ kʲi ギ ɡʲi ク kɯ グ ɡɯ ケ ke ゲ ɡe コ ko
ゴ ɡo サ sa ザ ʣa シ ɕi ジ ʥi ス sɨ ズ zɨ セ se ゼ ʣe ソ so ゾ ʣo タ ta ダ da チ ʨi ヂ ʥi ツ ʦɨ ヅ zɨ テ te
デ de ト to ド do ナ na ニ ɲi ヌ nɯ ネ ne ノ no ハ ha バ ba パ pa ヒ çi ビ bʲi ピ pʲi フ ɸɯ ブ bɯ プ pɯ ヘ he
ベ be ペ pe ホ ho ボ bo ポ po マ ma ミ mʲi ム mɯ メ me モ mo ャ ja ヤ ja ュ jɯ ユ jɯ ョ jo ヨ jo ラ ɾa リ ɾʲi
ル ɾɯ レ ɾe ロ ɾo ヮ βa ワ βa ヰ i ヱ e ヲ o ヴ vɯ ヵ ka ヶ ke ヷ va ヸ vʲi ヹ ve ヺ vo イェ je ウィ βi
ウェ βe ウォ βo キェ kʲe キャ kʲa キュ kʲɨ キョ kʲo ギャ ɡʲa ギュ ɡʲɨ ギョ ɡʲo クァ kᵝa クィ kᵝi クェ kᵝe
クォ kᵝo グァ ɡᵝa グィ ɡᵝi グェ ɡᵝe グォ ɡᵝo シェ ɕe シャ ɕa シュ ɕɨ ショ ɕo ジェ ʥe ジャ ʥa ジュ ʥɨ ジョ ʥo
チェ ʨe チャ ʨa チュ ʨɨ チョ ʨo ヂャ ʥa ヂュ ʥɨ ヂョ ʥo ツァ ʦa ツィ ʦʲi ツェ ʦe ツォ ʦo ティ tʲi テュ tʲɨ
ディ dʲi デュ dʲɨ トゥ tɯ ドゥ dɯ ニェ ɲe ニャ ɲa ニュ ɲɨ ニョ ɲo ヒェ çe ヒャ ça ヒュ çɨ ヒョ ço ビャ bʲa
ビュ bʲɨ ビョ bʲo ピャ pʲa ピュ pʲɨ ピョ pʲo ファ ɸa フィ ɸʲi フェ ɸe フォ ɸo フュ ɸʲɨ フョ ɸʲo ミャ mʲa
ミュ mʲɨ ミョ mʲo リャ ɾʲa リュ ɾʲɨ リョ ɾʲo ヴァ va ヴィ vʲi ヴェ ve ヴォ vo ヴュ bʲɨ ヴョ bʲo
"""
MORAE = dict(zip(_TABLE.split()[::2], _TABLE.split()[1::2], strict=True))  # katakana to IPA
SMALL = frozenset("ァィゥェォャュョ")
NAN_BEFORE = frozenset("タチツテトダヂヅデドナニヌネノ")  # 何 is nan before these, else nani
PUNCTUATION = {
    **dict.fromkeys("、，,", ","),
    **dict.fromkeys("。．.", "."),
    **dict.fromkeys("！!", "!"),
    **dict.fromkeys("？?", "?"),
    **dict.fromkeys("：:", ":"),
    **dict.fromkeys("；;", ";"),
    **dict.fromkeys("…‥", "…"),
    **dict.fromkeys("—―–〜～~", "—"),
    **dict.fromkeys("「『“«‘〈", "“"),
    **dict.fromkeys("」』”»’〉", "”"),
    **dict.fromkeys("（(《【［[", "("),
    **dict.fromkeys("）)》】］]", ")"),
    **dict.fromkeys("・·/／", " "),
    **dict.fromkeys("‐-－−'＇\"＂", ""),  # heard as nothing
}
_LONGEST_WORD = 12  # morphemes that are tried as one word of the list


class Japanese:
    """Text to phonemes, with Open JTalk, Sudachi and the word list loaded: half a second of processor time, 75 MB."""

    def __init__(self) -> None:
        self._jtalk, self._words = _load()

    def joined(self, pieces: Iterable[PhonemePiece]) -> str:
        """Return the phonemes of all pieces, with the spaces that the voice expects."""
        joined = " ".join(" ".join(sounds for _, sounds in pieces).split())
        joined = re.sub(r" (?=[,.!?:;…”)])|(?<=[“(]) ", "", joined)
        return re.sub(r"(?<![!,.:;?—…”)]) (?=ʔ)|(?<=ʔ) (?![“(])", "", joined)

    def pieces(self, text: str) -> list[PhonemePiece]:
        """Return the text as Open JTalk writes it, in words and marks, and the phonemes of each.

        Raises Unspeakable, quoting the first character that has no reading.
        """
        morphemes = [(node["string"], _reading(node)) for node in self._analysed(text)]
        out, at = [], 0
        while at < len(morphemes):
            end = self._word_end(morphemes, at)
            surface = "".join(s for s, _ in morphemes[at:end])
            out.append((surface, _spoken(surface, "".join(r for _, r in morphemes[at:end]))))
            at = end
        return out

    def _analysed(self, text: str) -> list[Any]:
        """Open JTalk's morphemes, 何 read by what follows it."""
        text = re.sub("[ヷ-ヺ]", lambda m: {"ヷ": "ヴァ", "ヸ": "ヴィ", "ヹ": "ヴェ", "ヺ": "ヴォ"}[m[0]], text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's own call of a deprecated Sudachi method
            nodes = self._jtalk.run_frontend(unicodedata.normalize("NFKC", text), predict_nani=False)
        for node, follower in pairwise(nodes):
            if node["string"] == "何" and follower["mora_size"] and follower["pron"][0] in NAN_BEFORE:
                node["pron"] = "ナン"
        return list(nodes)

    def _word_end(self, morphemes: list[tuple[str, str]], at: int) -> int:
        """Return where the longest word of the list that begins here ends; the next morpheme where there is none."""
        for end in range(min(len(morphemes), at + _LONGEST_WORD), at + 1, -1):
            if "".join(s for s, _ in morphemes[at:end]) in self._words:
                return end
        return at + 1


def _reading(node: Any) -> str:
    """Katakana of a morpheme as it is pronounced, "" for punctuation."""
    return str(node["pron"]).replace("’", "").replace("'", "") if node["mora_size"] else ""


def _spoken(surface: str, reading: str) -> str:
    if reading:
        return _ipa(reading, surface)
    out = []
    for mark in surface:
        if not mark.isspace() and mark not in PUNCTUATION:
            raise Unspeakable(f"no Japanese reading for {mark!r} (U+{ord(mark):04X}): write it in kana")
        out.append(PUNCTUATION.get(mark, " "))
    return "".join(out)


def _ipa(kana: str, surface: str) -> str:
    """Return a word's katakana in IPA."""
    out, at = [], 0
    while at < len(kana):
        here, following = kana[at], kana[at + 1 : at + 2]
        at += 1
        if here + following in MORAE and following:
            out.append(MORAE[here + following])
            at += 1
        elif here in "ーッン":
            out.append({"ー": "ː", "ッ": "ʔ"}.get(here) or _nasal(kana[at:]))
        elif here not in MORAE:
            raise Unspeakable(f"no Japanese sound for {here!r} in {surface!r}: write it in kana")
        elif following and following in SMALL:
            out.append(MORAE[here][:-1] + MORAE[following])
            at += 1
        else:
            out.append(MORAE[here])
    return "".join(out)


def _nasal(rest: str) -> str:
    """ン as it sounds before what follows in the word."""
    following = MORAE.get(rest[:2]) or MORAE.get(rest[:1]) or " "
    for sound, before in (("m", "mpb"), ("ŋ", "kɡ"), ("ɲ", "ɲʨʥ"), ("n", "ntdɾz")):
        if following[0] in before:
            return sound
    return "ɴ"


def _load() -> tuple[Any, frozenset[str]]:
    """Open JTalk, warmed up, and the words that are written as one.

    pyopenjtalk-plus would open two ONNX sessions at import, to guess how 何 is read, each with a thread a core; front-
    ends run beside no inference runtime, so it is hidden from that import, which then prints that it is missing.
    """
    try:
        with hidden("onnxruntime"), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyopenjtalk
            from misaki import data
    except ImportError as error:
        raise not_installed("Japanese", error) from None
    words = importlib.resources.files(data).joinpath("ja_words.txt").read_text("utf-8").split()
    return pyopenjtalk, frozenset(words)
