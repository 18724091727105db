"""Text to ids: Whisper's multilingual byte-pair vocabulary, 51,866 ids with its special tokens.

The vocabulary file is OpenAI's (MIT, see NOTICE); ``tiktoken`` does the merging.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.errors import Permanent, VoiceNotInstalled

VOCABULARY = Path(__file__).with_name("multilingual.txt")
VOCABULARY_FILE = "multilingual.tiktoken"  # its name in a bundle
IDS = 51_866
LANGUAGES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml "
    "cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am "
    "yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue"
)
TASKS = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
TIMESTAMPS = 1501  # 0.00 to 30.00 seconds, in steps of 0.02
PATTERN = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""


def special_tokens() -> list[str]:
    """Return the special tokens in the order of their ids, which follow those of the vocabulary."""
    names = [
        "endoftext",
        "startoftranscript",
        *LANGUAGES.split(),
        *TASKS,
        *(f"{i * 0.02:.2f}" for i in range(TIMESTAMPS)),
    ]
    return [f"<|{name}|>" for name in names]


class Tokenizer:
    """The multilingual tokenizer over a vocabulary file."""

    def __init__(self, vocabulary: Path) -> None:
        """Read the file. Raises VoiceNotInstalled without tiktoken, Permanent where the file is not a vocabulary."""
        self._encoding = _encoding(vocabulary)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text in which tags such as ``<|en|>`` are letters and signs like any other."""
        ids: list[int] = self._encoding.encode_ordinary(text)
        return ids


@lru_cache(maxsize=2)
def _encoding(vocabulary: Path) -> Any:
    try:
        import tiktoken
    except ImportError:
        raise VoiceNotInstalled("CosyVoice needs tiktoken: pip install 'narrator[cosyvoice]'") from None
    try:
        pairs = [line.split() for line in vocabulary.read_bytes().splitlines() if line]
        ranks = {base64.b64decode(token): int(rank) for token, rank in pairs}
    except (OSError, ValueError, binascii.Error) as error:
        raise Permanent(f"{vocabulary}: not readable as a byte-pair vocabulary: {error}") from None
    special = {token: len(ranks) + i for i, token in enumerate(special_tokens())}
    if len(ranks) + len(special) != IDS:
        raise Permanent(
            f"{vocabulary}: {len(ranks) + len(special)} ids, expected {IDS}: not Whisper's multilingual file"
        )
    return tiktoken.Encoding(
        "multilingual", explicit_n_vocab=IDS, pat_str=PATTERN, mergeable_ranks=ranks, special_tokens=special
    )
