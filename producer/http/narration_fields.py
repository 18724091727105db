"""The options of a narration, as the fields of HTTP bodies."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from models.text.languages import Language
from producer.lessons.options import FASTEST, SLOWEST, Option, Place, options_of

MAX_NAME: Final = 100  # characters of a text
Speed = Annotated[float, Field(ge=SLOWEST, le=FASTEST)]


def _primary(tag: object) -> object:
    """Return the language of a tag such as en-US or zh_CN; anything else as it is."""
    return re.split("[-_]", tag.strip().lower())[0] if isinstance(tag, str) else tag


LanguageTag = Annotated[Language, BeforeValidator(_primary)]


def _field(option: Option) -> tuple[Any, Any]:
    """Return an option's type and default, as pydantic's ``create_model`` takes them."""
    if option.kind is bool:
        return bool, Field(False, description=option.help)
    one: Any = Annotated[str, Field(max_length=MAX_NAME)]
    if option.choices:
        one = Literal[option.choices]
    elif option.bounds:
        one = Annotated[option.kind, Field(ge=option.bounds[0], le=option.bounds[1])]
    return (tuple[one, ...] if option.several else one) | None, Field(None, description=option.help)


FIELDS: Final[dict[str, Any]] = {name: _field(option) for name, option in options_of(Place.HTTP).items()}
