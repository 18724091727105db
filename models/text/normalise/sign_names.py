"""What a sign is called when a text is spelled out, character by character."""

from __future__ import annotations

from importlib import import_module

from models.text.languages import LANGUAGES
from models.text.normalise.tables import rows, words


def sign_name(sign: str, language: str) -> str:
    """The name of a sign; of mathematics, money and Greek what the language's rules read. Empty if unknown."""
    if names := rows("shared", "sign_names").get(sign):
        return names[LANGUAGES.index(language)]
    if language in ("en", "ko"):
        return words(language, "signs").get(sign) or words(language, "greek").get(sign, "")
    tables = {"zh": "zh_words", "yue": "zh_words", "ja": "ja"}
    module = import_module(f"models.text.normalise.{tables[language]}")
    greek: dict[str, str] = getattr(module, "GREEK", {})
    return module.SIGNS.get(sign, "") or greek.get(sign, "")
