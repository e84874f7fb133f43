"""English: numbers, what is counted, times."""

from datetime import datetime

from ingest.pace import duration


def rate(passages_a_second: float) -> str:
    """How fast an ingest is."""
    return f"{passages_a_second:,.0f} passages/s"


def left(seconds: float) -> str:
    """How long something takes yet."""
    return f"{duration(seconds)} left"


def number(count: float) -> str:
    """`2,100`."""
    return f"{count:,}"


def notes(count: int) -> str:
    """`1 note`, `2,100 notes`."""
    return counted(count, "note")


def passages(count: int) -> str:
    """`1 passage`, `2 passages`."""
    return counted(count, "passage")


def questions(count: int) -> str:
    """`1 question`, `2 questions`."""
    return counted(count, "question")


def remarks(count: int) -> str:
    """`1 remark`, `2 remarks`."""
    return counted(count, "remark")


def sentences(count: int) -> str:
    """`1 sentence`, `2 sentences`."""
    return counted(count, "sentence")


def day(moment: datetime, *, with_year: bool) -> str:
    """`3 Mar`, `3 Mar 2025`."""
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[moment.month - 1]
    return f"{moment.day} {month} {moment.year}" if with_year else f"{moment.day} {month}"


def counted(count: int, noun: str) -> str:
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"
