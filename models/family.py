"""From a bundle to its front-end and its engine: there are three families, each imported when it is needed."""

from __future__ import annotations

from models.bundle import Bundle
from models.voice import Engine, FrontEnd


def draws(family: str) -> bool:
    """Tell whether its voices draw at random, so that another seed sounds different. Kokoro speaks by rule alone."""
    return family != "kokoro"


def load_frontend(bundle: Bundle) -> FrontEnd:
    """Load the front-end of the bundle's family. Cheap, and safe for the producer: imports no inference runtime."""
    match bundle.family:
        case "kokoro":
            from models.kokoro.frontend import KokoroFrontEnd

            return KokoroFrontEnd(bundle)
        case "piper":
            from models.piper.frontend import PiperFrontEnd

            return PiperFrontEnd(bundle)
        case "cosyvoice":
            from models.cosyvoice.frontend import CosyVoiceFrontEnd

            return CosyVoiceFrontEnd(bundle)


def load_engine(bundle: Bundle, threads: int = 1) -> Engine:
    """Load the engine of the bundle's family: files verified, sessions open, warmed up with a short utterance.

    Raises VoiceNotInstalled where a file is missing or damaged.
    """
    match bundle.family:
        case "kokoro":
            from models.kokoro.engine import KokoroEngine

            return KokoroEngine(bundle, threads)
        case "piper":
            from models.piper.engine import PiperEngine

            return PiperEngine(bundle, threads)
        case "cosyvoice":
            from models.cosyvoice.engine import CosyVoiceEngine

            return CosyVoiceEngine(bundle, threads)
