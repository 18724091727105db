"""Rules of the language; to come."""


def spell(text: str) -> str:
    """Numbers and signs in words."""
    return text
