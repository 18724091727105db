"""Times of day as English writes them, in the order of East Asian languages."""

from __future__ import annotations

from models.text.normalise.rule import Examples, Rule


def half_day(morning: str, afternoon: str, hour: str, examples: Examples) -> Rule:
    """3:45pm with the half of the day in front."""
    return Rule(
        "half of the day",
        "times",
        r"(?<![A-Za-z] )(?<![\d:.])(\d{1,2})(:[0-5]\d)?\s?([AaPp])\.?[Mm]\b\.?(?!\s?[A-Za-z])",
        lambda m: f"{morning if m[3] in 'Aa' else afternoon}{m[1]}{m[2] or hour}",
        examples,
    )


def zone(minus: str, examples: Examples) -> Rule:
    """UTC-5."""
    return Rule("time zone", "times", r"\b(UTC|GMT)\s?-(?=\d)", rf"\1{minus}", examples)
