"""Français: numbers, what is counted, times."""

from datetime import datetime

from ingest.pace import duration


def rate(passages_a_second: float) -> str:
    return f"{number(round(passages_a_second))} passages/s"


def left(seconds: float) -> str:
    return f"encore {duration(seconds)}"


def number(count: float) -> str:
    return f"{count:,}".replace(",", "\u202f")


def notes(count: int) -> str:
    return counted(count, "note")


def passages(count: int) -> str:
    return counted(count, "passage")


def questions(count: int) -> str:
    return counted(count, "question")


def remarks(count: int) -> str:
    return counted(count, "remarque")


def sentences(count: int) -> str:
    return counted(count, "phrase")


def day(moment: datetime, *, with_year: bool) -> str:
    months = "janv. févr. mars avr. mai juin juill. août sept. oct. nov. déc.".split()
    first = f"{'1er' if moment.day == 1 else moment.day} {months[moment.month - 1]}"
    return f"{first} {moment.year}" if with_year else first


def counted(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{plural(count)}"


def plural(count: int) -> str:
    """The plural's ending; French counts 0 as one."""
    return "" if count < 2 else "s"


def be(count: int) -> str:
    return "est" if count < 2 else "sont"


def decimal(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")
