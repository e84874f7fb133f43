"""What the page says that goes by a name.

`words.EVALS` is looked up each time in the language that the page is served in, so nothing of it
may be bound when a module is imported. All other messages stand where they are shown.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from eval.study.store import Rating
from eval.types import Interval
from ingest.pace import duration
from rag.chats.staleness import Change, CitedNow
from rag.types import Usage
from web import messages
from web.translation import (
    day as day,
)
from web.translation import (
    failure as failure,
)
from web.translation import gettext as _
from web.translation import (
    language,
    ngettext,
    of_total,
    percent,
)
from web.translation import (
    notes as notes,
)
from web.translation import (
    number as number,
)
from web.translation import (
    passages as passages,
)
from web.translation import (
    questions as questions,
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


def remark(hosts: Sequence[str]) -> str:
    """What hosted models entail."""
    return _(
        "Passages leave this machine: your questions, and what your notes hold on them, are sent to"
        " {hosts}.",
        hosts=_(" and ").join(hosts),
    )


def doubts(weak: int, missing: int) -> str:
    """What is marked in an answer, and what the marks mean; empty if nothing is."""
    found = []
    if missing:
        found.append(
            ngettext(
                "{count} sentence not in your notes", "{count} sentences not in your notes", missing
            )
        )
    if weak:
        found.append(
            ngettext(
                "{count} sentence only partly in them (dotted)",
                "{count} sentences only partly in them (dotted)",
                weak,
            )
        )
    if not found:
        return ""
    return _("Checked against the sources: {doubts}.", doubts=", ".join(found))


def stale(cited: Iterable[CitedNow]) -> str:
    """Which citations of an answer the notes no longer hold; empty if they hold all."""
    gone = dict.fromkeys(f"[{one.number}]" for one in cited if since(one))
    if not gone:
        return ""
    return _(
        "Your notes have changed since: they no longer say what {citations} cites.",
        citations=", ".join(gone),
    )


def since(one: CitedNow) -> str:
    """What has become of the words that were cited; empty if they are still there."""
    if one.change is Change.DELETED:
        return _("The note is gone.")
    if one.change is Change.CHANGED:
        return _("Now: “{text}”", text=one.text) if one.text else _("The note no longer says this.")
    return ""


def spent(usage: Usage) -> str:
    """What a model read and wrote, and what that cost where it is known."""
    tokens = _(
        "{read} + {written} tokens",
        read=number(usage.prompt_tokens),
        written=number(usage.completion_tokens),
    )
    if usage.cost is None:
        return tokens
    return _("{tokens}, ${cost}", tokens=tokens, cost=number(usage.cost, 4))


def reading(given: int) -> str:
    """The stage between search and the first token: so many passages were given."""
    return ngettext("Reading {count} passage", "Reading {count} passages", given)


def searched_for(question: str) -> str:
    """What a follow-up was taken to mean."""
    return _("Searched for: {question}", question=question)


def ingested(moved: int, embedded: int, reused: int, seconds: float) -> str:
    """What an ingest did."""
    first = ngettext("{count} note moved, ", "{count} notes moved, ", moved) if moved else ""
    return first + ngettext(
        "{count} added, {reused} reused, in {seconds} s.",
        "{count} added, {reused} reused, in {seconds} s.",
        embedded,
        reused=number(reused),
        seconds=number(seconds, 1),
    )


def about(topic: str) -> str:
    """An example question about a heading of the notes."""
    return _("What do my notes say about {topic}?", topic=topic)


def what_is(name: str) -> str:
    """An example question about a heading that names one thing."""
    return _("What is {name}?", name=name)


def sources_of(question: str) -> str:
    """What stands over the sources of an answer that is not the last."""
    return _("Of the earlier answer to “{question}”", question=question)


def rate(passages_a_second: float) -> str:
    """How fast an ingest is."""
    return _("{count} passages/s", count=number(round(passages_a_second)))


def left(seconds: float) -> str:
    """How long something takes yet."""
    return _("{time} left", time=duration(seconds))


def remarks(count: int) -> str:
    """`1 remark`, `2 remarks`."""
    return ngettext("{count} remark", "{count} remarks", count)


def login_wait(seconds: int) -> str:
    """Seconds that whoever guessed wrong has to wait."""
    return _("Too many wrong tries. Try again in {seconds} s.", seconds=seconds)


def notes_listed(first: int, last: int, total: int) -> str:
    """Which lines of the list are shown."""
    return _(
        "{first} to {last} of {total} lines",
        first=number(first),
        last=number(last),
        total=number(total),
    )


def notes_part(part: int, parts: int) -> str:
    """`Part 2 of 7`."""
    return _("Part {part} of {parts}", part=number(part), parts=number(parts))


def notes_library(count: int, chunks: int, size: int) -> str:
    """`36 notes, 412 passages, 3.1 MB`."""
    megabytes = _("{size} MB", size=number(size / 1e6, 1))
    return f"{notes(count)}, {passages(chunks)}, {megabytes}"


def notes_ago(seconds: float) -> str:
    """How long ago, in the largest unit that fits."""
    if seconds >= 86_400:
        return _("{count} d ago", count=number(seconds / 86_400))
    if seconds >= 3600:
        return _("{count} h ago", count=number(seconds / 3600))
    if seconds >= 60:
        return _("{count} min ago", count=number(seconds / 60))
    return _("just now")


def notes_read(ago: str) -> str:
    """When a note was read."""
    return _("read {ago}", ago=ago)


def notes_in_state(count: int, state: str) -> str:
    """`3 changed`."""
    return {
        "indexed": ngettext("{count} up to date", "{count} up to date", count),
        "changed": ngettext("{count} changed", "{count} changed", count),
        "new": ngettext("{count} new", "{count} new", count),
        "moved": ngettext("{count} moved", "{count} moved", count),
        "gone": ngettext("{count} gone", "{count} gone", count),
        "skipped": ngettext("{count} skipped", "{count} skipped", count),
    }[state]


def notes_left_out(count: int) -> str:
    """What comes before the reasons."""
    return ngettext("{count} file was left out:", "{count} files were left out:", count)


def notes_undone(restored: int, gone: int) -> str:
    """What was taken back."""
    return _(
        "Undone: {restored} as before, {gone} removed again.",
        restored=notes(restored),
        gone=notes(gone),
    )


def notes_forgotten(count: int) -> str:
    """What was taken out."""
    return ngettext(
        "{count} note removed from the library. Undo brings it back.",
        "{count} notes removed from the library. Undo brings them back.",
        count,
    )


def notes_forget_sure(source: str) -> str:
    """Asked before a source is taken out."""
    return _("Remove all notes of {source} from the library?", source=source)


def notes_todo(new: int, changed: int, moved: int, deleted: int) -> str:
    """`2 new, 1 changed, 3 to be removed`."""
    parts = [
        notes_in_state(count, state)
        for count, state in ((new, "new"), (changed, "changed"), (moved, "moved"))
        if count
    ]
    if deleted:
        parts.append(ngettext("{count} to be removed", "{count} to be removed", deleted))
    return ", ".join(parts) or _("up to date")


def notes_about(seconds: float) -> str:
    """How long it would take."""
    return _("about {seconds} s", seconds=number(max(1, round(seconds))))


def notes_alike(share: float) -> str:
    """How much two notes have in common."""
    return _(
        "{share} of the lines of the shorter one are in both:",
        share=percent(share),
    )


def notes_more(count: int) -> str:
    """Behind a list that is cut."""
    return _("and {count} more", count=number(count))


def quiz_place(asked: int, total: int) -> str:
    """Which card of how many."""
    return _("Card {card} of {total}", card=number(asked), total=number(total))


def quiz_chosen(due: int, new: int) -> str:
    """What there is to study now."""
    first = ngettext("{count} card due", "{count} cards due", due)
    second = ngettext("{count} new", "{count} new", new)
    return f"{first}, {second}"


def quiz_next(seconds: float) -> str:
    """When the next card is due."""
    return _("The next card comes back {when}. You can study ahead.", when=quiz_in(seconds))


def quiz_in(seconds: float) -> str:
    """`in 10 min`, `in 3 days`."""
    return _("in {time}", time=_span(seconds))


def quiz_rating(rating: Rating, seconds: float) -> str:
    """What stands on the button of a rating."""
    return f"{rating.value} · {__getattr__('QUIZ_RATINGS')[rating]} · {_span(seconds)}"


def quiz_known(right: int, total: int) -> str:
    """How many cards were known at once."""
    return ngettext(
        "{count} of {total} cards known at once",
        "{count} of {total} cards known at once",
        right,
        total=number(total),
    )


def quiz_days(count: int) -> str:
    """`1 day`, `3 days`."""
    return ngettext("{count} day", "{count} days", count)


def quiz_found(new: int, notes: int) -> str:
    """What a search for quizzes came to."""
    drafts = ngettext("{count} new draft", "{count} new drafts", new)
    return _(
        "{drafts} in {notes}",
        drafts=drafts,
        notes=ngettext("{count} note", "{count} notes", notes),
    )


def quiz_written(new: int, turned_down: int) -> str:
    """What a drafting came to."""
    written = ngettext("{count} draft written", "{count} drafts written", new)
    refused = ngettext(
        "{count} turned down by the checks", "{count} turned down by the checks", turned_down
    )
    return f"{written}, {refused}"


def quiz_left(count: int) -> str:
    """How many drafts wait."""
    return ngettext("{count} draft left", "{count} drafts left", count)


def settings_fixed(name: str) -> str:
    """Why a setting cannot be changed on the page."""
    return _("Decided by {variable} in the environment.", variable=f"CRIB_{name.upper()}")


def settings_seen(bad: int) -> str:
    """How what was looked at is."""
    if not bad:
        return _("All is well.")
    return ngettext("One thing is not well.", "{count} things are not well.", bad)


def questions_before(count: int) -> str:
    """What shows so many questions of a long talk that are not on the screen."""
    return ngettext("Show the question before", "Show the {count} questions before", count)


def _span(seconds: float) -> str:
    if seconds >= 86_400 * 365 * 0.95:
        return ngettext("{count} year", "{count} years", round(seconds / (86_400 * 365)))
    if seconds >= 86_400 * 30 * 0.95:
        return ngettext("{count} month", "{count} months", round(seconds / (86_400 * 30)))
    if seconds >= 86_400 * 0.95:
        return quiz_days(round(seconds / 86_400))
    if seconds >= 3_600 * 0.95:
        return _("{count} h", count=round(seconds / 3_600))
    return _("{count} min", count=max(1, round(seconds / 60)))


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


progress = of_total
evals_part = of_total
evals_more_rows = notes_more
spoken = language
