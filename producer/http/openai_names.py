"""OpenAI's names for voices and models, so that its clients work unchanged: each is one of ours."""

from __future__ import annotations

from typing import Final

# By sex and manner, as far as four English voices go. NARRATOR_API_VOICES overrides any of them.
VOICES: Final = {
    "alloy": "kokoro/af_heart",
    "ash": "kokoro/am_michael",
    "ballad": "kokoro/am_michael",
    "cedar": "kokoro/am_michael",
    "coral": "kokoro/af_bella",
    "echo": "kokoro/am_michael",
    "fable": "kokoro/bf_emma",
    "marin": "kokoro/af_heart",
    "nova": "kokoro/af_bella",
    "onyx": "kokoro/am_michael",
    "sage": "kokoro/bf_emma",
    "shimmer": "kokoro/af_heart",
    "verse": "kokoro/am_michael",
}
MODELS: Final = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")  # whichever is asked for, the voice decides
