"""Times of day, and how long something takes."""

from __future__ import annotations

from models.text.normalise.en.figures import Match, number
from models.text.normalise.rule import Rule

_HALF = r"(?P<half>[aApP]\.?[mM]\b\.?)"


def _time(m: Match) -> str:
    hour, minute, half = m["h"], m["m"], m["half"]
    words = [number(str(int(hour)))]
    if minute and int(minute):
        words.append(f"oh {number(minute[1])}" if minute[0] == "0" else number(minute))
    elif minute and not half:
        words.append("hundred" if int(hour) > 12 or hour == "00" else "o'clock")
    if m["s"]:
        words.append(f"and {number(str(int(m['s'])))} seconds")
    if half:
        words.append("AM" if half[0] in "aA" else "PM")
    end = "." if half and half.endswith(".") and not m.string[m.end() :].strip() else ""
    return " ".join(words) + end


TIMES = (
    Rule("before the start", "times", r"\bT-(?=\d+\b)", "T minus ", (("at T-10 seconds", "at T minus ten seconds"),)),
    Rule("all day", "times", r"\b24/7\b", "twenty-four seven", (("open 24/7", "open twenty-four seven"),)),
    Rule(
        "from time to time",
        "times",
        r"(?<=:\d\d)\s?[-–~]\s?(?=\d{1,2}:\d\d)|(?<=[ap]m)\s?[-–]\s?(?=\d)|(?<=[ap]\.m\.)\s?[-–]\s?(?=\d)"
        r"|(?<=\d)\s?[-–]\s?(?=\d{1,2}(?::[0-5]\d)?\s?[aApP]\.?[mM]\b)",
        " to ",
        (("9:15-10:45", "nine fifteen to ten forty-five"), ("6-7pm", "six to seven PM")),
    ),
    Rule(
        "zone of time",
        "times",
        r"\b(UTC|GMT)\s?([-+])(?=\d)",
        lambda m: f"{m[1]} {'minus' if m[2] == '-' else 'plus'} ",
        (("UTC-3", "UTC minus three"),),
    ),
    Rule(
        "hours and minutes",
        "times",
        r"(?<![\w.])(\d+)h(?=\d{1,2}\s?m)",
        lambda m: f"{number(m[1])} {'hour' if m[1] == '1' else 'hours'} ",
        (("2h30min", "two hours thirty minutes"),),
    ),
    Rule(
        "time with a dot",
        "times",
        rf"\b(?P<h>\d{{1,2}})\.(?P<m>[0-5]\d)(?P<s>)\s?{_HALF}",
        _time,
        (("7.45 pm", "seven forty-five PM"),),
    ),
    Rule(
        "time",
        "times",
        rf"(?<![\d:.])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?:\s?{_HALF})?(?![\dk:])",
        _time,
        (("at 8:05 a.m.", "at eight oh five AM."), ("17:00:09", "seventeen hundred and nine seconds")),
    ),
    Rule(
        "full hour",
        "times",
        rf"(?<![\d:.])(?P<h>1[0-2]|0?[1-9])(?P<m>)(?P<s>)\s?{_HALF}",
        _time,
        (("at 11am", "at eleven AM"),),
    ),
)
