"""eSpeak NG, called in its own library: text to IPA, clause by clause, with the punctuation kept.

eSpeak NG is GPL-3 and therefore optional (the ``piper`` extra): only Piper voices speak from its phonemes.
"""

from __future__ import annotations

import ctypes
import re
from functools import lru_cache
from pathlib import Path

from models.errors import Permanent, VoiceNotInstalled
from models.text.phonemes import versions

DISTRIBUTION = "espeakng-loader"

_AUDIO_OUTPUT_SYNCHRONOUS = 2  # nothing is ever played; phonemes need no audio device
_DONT_EXIT = 0x8000  # without it eSpeak NG ends the process where it finds no data
_UTF8 = 1
_IPA = 0x02
_LONGEST_DATA_PATH = 150  # bytes; eSpeak NG keeps it in a buffer of 160

# Where eSpeak NG would make a clause: marks before a space, a closing mark or the end, and brackets and dashes.
_CLAUSE_END = re.compile(r"""([,;:.!?…]+(?=["”’')\]»]*(?:\s|$))|[()\[\]{}"“”«»—])""")
_SWITCH = re.compile(r"\([a-z-]+\)")  # "(fr)": eSpeak NG went over to another language for a word


def version() -> str:
    """Return its version for fingerprints, "" where it is not installed."""
    return versions(DISTRIBUTION)[DISTRIBUTION]


def ipa(text: str, voice: str) -> str:
    """Return text in IPA, its punctuation kept where it stood: ``Hello, world!`` -> ``həlˈoʊ, wˈɜːld!``

    ``voice`` is eSpeak NG's name for a language, such as "en-us". Raises VoiceNotInstalled where eSpeak NG is absent,
    Permanent where it has no such voice. Not thread-safe: eSpeak NG is one state machine.
    """
    out = []
    for piece in _CLAUSE_END.split(" ".join(text.split())):
        if not piece.strip() or _CLAUSE_END.fullmatch(piece):
            out.append(piece)
            continue
        before, after = piece[0].isspace(), piece[-1].isspace()
        out.append(" " * before + _clause(piece.strip(), voice) + " " * after)
    return "".join(out)


def _clause(text: str, voice: str) -> str:
    library = _library()
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise Permanent(f"eSpeak NG {version()} has no voice {voice!r}: correct espeak.voice in the voice's .onnx.json")
    rest = ctypes.c_void_p(ctypes.cast(buffer := ctypes.create_string_buffer(text.encode()), ctypes.c_void_p).value)
    heard = []
    while rest.value:  # one clause at a time; buffer stays alive until the last
        heard.append(library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA).decode())
    del buffer
    return " ".join(" ".join(_SWITCH.sub("", phonemes) for phonemes in heard).split())


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    try:
        import espeakng_loader
    except ImportError:
        raise VoiceNotInstalled(
            "this voice speaks from eSpeak NG's phonemes, and eSpeak NG is not installed: "
            "pip install 'narrator[piper]' (eSpeak NG is GPL-3, therefore optional)"
        ) from None
    data = str(Path(espeakng_loader.get_data_path()).parent)
    if len(data.encode()) > _LONGEST_DATA_PATH:
        raise Permanent(
            f"eSpeak NG cannot read its data from a path this long: {data}: install narrator nearer the root"
        )
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    if library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data.encode(), _DONT_EXIT) < 0:
        raise VoiceNotInstalled(f"eSpeak NG found no data in {data}: pip install --force-reinstall {DISTRIBUTION}")
    return library
