"""What a sign is called when a text is spelled out, character by character."""

from __future__ import annotations

from models.text.languages import LANGUAGES
from models.text.normalise.tables import rows, words


def sign_name(sign: str, language: str) -> str:
    """The name of a sign; of mathematics, money and Greek what the language's rules read. Empty if unknown."""
    if names := rows("shared", "sign_names").get(sign):
        return names[LANGUAGES.index(language)]
    own = "zh" if language == "yue" else language
    return words(own, "signs").get(sign) or words(own, "greek").get(sign, "")
