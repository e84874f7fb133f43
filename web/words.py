"""What the page says that goes by a name.

`words.EVALS` is looked up each time in the language that the page is served in, so nothing of it
may be bound when a module is imported. All other messages stand where they are shown.
"""

from typing import TYPE_CHECKING, Any

from eval.types import Interval
from ingest.types import duration
from web import messages
from web.translation import (
    day as day,
)
from web.translation import (
    failure as failure,
)
from web.translation import gettext as _
from web.translation import (
    ngettext,
    of_total,
)
from web.translation import (
    notes as notes,
)
from web.translation import (
    number as number,
)

if TYPE_CHECKING:
    from web.messages import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """The named message, or the table of them, in the language of the page."""
    message = getattr(messages, name)
    if isinstance(message, dict):
        return {key: _(one) for key, one in message.items()}
    if isinstance(message, tuple):
        return tuple(_(one) for one in message)
    return _(message)


def model(llm: str, host: str = "") -> str:
    """A model to choose, with where it reads."""
    if llm == "none":
        return _("none: the notes' own sentences")
    where = host or _("on this machine")
    return f"{llm} · {where}"


def left(seconds: float) -> str:
    """How long something takes yet."""
    return _("{time} left", time=duration(seconds))


def evals_set(notes: str, count: int, *, shipped: bool) -> str:
    """A set of cases."""
    if shipped:
        return _("The cases that come with Cribsheet ({count})", count=number(count))
    return _("The quiz of {notes} ({count})", notes=notes, count=number(count))


def evals_cases(count: int) -> str:
    """`1 case`, `2,100 cases`."""
    return ngettext("{count} case", "{count} cases", count)


def evals_interval(one: Interval, *, percent: bool = False) -> str:
    """The bounds of a mean."""
    if percent:
        return _("{low} to {high}%", low=number(100 * one.low), high=number(100 * one.high))
    point = number(0.5, 1)[1]
    low, high = (f"{bound:.3g}".replace(".", point) for bound in (one.low, one.high))
    return _("{low} to {high}", low=low, high=high)


def evals_about(model: str, answerable: int, unanswerable: int, seconds: float) -> str:
    """What a run asked, and of whom."""
    return ngettext(
        "Answered by {model}: {count} question that the notes answer, "
        "{unanswerable} that they do not, in {seconds} s.",
        "Answered by {model}: {count} questions that the notes answer, "
        "{unanswerable} that they do not, in {seconds} s.",
        answerable,
        model=model,
        unanswerable=number(unanswerable),
        seconds=number(seconds, 1),
    )


def evals_stopped(done: int, total: int) -> str:
    """Of a run that did not come to its end."""
    return _(
        "Stopped after {done} of {total}; starting the same goes on from there.",
        done=number(done),
        total=number(total),
    )


def evals_failed(count: int) -> str:
    """Of cases without scores."""
    return ngettext(
        "{count} case could not be scored.", "{count} cases could not be scored.", count
    )


def evals_delete_sure(run: str) -> str:
    """The question before a run is deleted."""
    return _("Delete the run {run} and its answers for good?", run=run)


def evals_page(first: int, last: int, total: int) -> str:
    """Which cases of all are shown."""
    return _(
        "{first} to {last} of {total}",
        first=number(first),
        last=number(last),
        total=number(total),
    )


def evals_confidence(confidence: float) -> str:
    """How sure an answer was."""
    return _("confidence {confidence}", confidence=number(confidence, 2))


def evals_needed(count: int) -> str:
    """How many questions would tell."""
    return _("about {count} would do", count=number(count))


def evals_to_label(count: int) -> str:
    """How many answers wait for a label."""
    return ngettext("{count} answer to label", "{count} answers to label", count)


def evals_characters_left(count: int) -> str:
    """What is left out in the middle of a text."""
    return ngettext("… {count} character more …", "… {count} characters more …", count)


evals_part = of_total


def evals_more_rows(count: int) -> str:
    """What a table leaves out."""
    return _("and {count} more", count=number(count))
