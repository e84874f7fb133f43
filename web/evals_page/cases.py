"""Cases of a run, a page of them, and those that are looked for -> HTML. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from eval.types import Cause, Outcome
from web import words
from web.evals_page import marks
from web.evals_page.kept import Opened

PAGE = 25
_QUESTION = 300
ALL, MISSED, RIGHT = "all", "missed", "right"


@dataclass(frozen=True, slots=True)
class Look:
    """Which cases are looked for; `place` is the one that is open, -1 if none is."""

    which: str = ALL
    cause: str = ""
    kind: str = ""
    note: str = ""
    query: str = ""
    page: int = 0
    place: int = -1

    def turned(self, by: int) -> "Look":
        """Another page of the list."""
        return replace(self, page=max(0, self.page + by))


def found(opened: Opened, look: Look) -> list[int]:
    """The places of the cases that are looked for."""
    return [
        place
        for place, outcome in enumerate(opened.run.outcomes)
        if _fits(outcome, look, missed=opened.missed[place])
    ]


def _fits(outcome: Outcome, look: Look, *, missed: bool) -> bool:
    case = outcome.case
    notes = {target.note_path for target in case.targets}
    return (
        (look.which == ALL or missed == (look.which == MISSED))
        and (not look.cause or (outcome.miss is not None and outcome.miss.cause == look.cause))
        and (not look.kind or case.kind == look.kind)
        and (not look.note or look.note in notes)
        and look.query.casefold() in f"{case.question}\n{case.id}".casefold()
    )


def list_html(opened: Opened, look: Look) -> str:
    """A page of the cases that are looked for."""
    places = found(opened, look)
    if not places:
        return marks.hint_html(words.EVALS_NO_CASES)
    first = min(look.page, (len(places) - 1) // PAGE) * PAGE
    shown = places[first : first + PAGE]
    items = marks.joined(_item(opened, place) for place in shown)
    turns = [words.evals_page(first + 1, first + len(shown), len(places))]
    if first:
        turns.insert(0, marks.button("edit", 0, words.EVALS_EARLIER, "link"))
    if first + PAGE < len(places):
        turns.append(marks.button("edit", 1, words.EVALS_LATER, "link"))
    return marks.whole(
        Markup('<ol class="cases" start="{}">{}</ol><p class="turns">{}</p>').format(
            first + 1, items, marks.joined(Markup("<span>{}</span>").format(t) for t in turns)
        )
    )


def _item(opened: Opened, place: int) -> Markup:
    outcome = opened.run.outcomes[place]
    kind = "missed" if opened.missed[place] else "right"
    return Markup(
        '<li class="{}"><button type="button" data-do="select" data-id="{}">'
        '<span dir="auto">{}</span><small>{}</small></button></li>'
    ).format(
        kind,
        place,
        marks.shown(outcome.case.question, _QUESTION),
        " · ".join(
            [result(outcome, missed=opened.missed[place]), marks.shown(outcome.case.kind, 60)]
        ),
    )


def result(outcome: Outcome, *, missed: bool) -> str:
    """What became of a case, in words."""
    if not missed:
        return words.EVALS_RIGHT
    return words.EVALS_CAUSES[outcome.miss.cause] if outcome.miss else words.EVALS_NOT_EXPLAINED


def causes_of(opened: Opened) -> Sequence[tuple[str, str]]:
    """The causes there are in a run, as choices."""
    there = {one.miss.cause for one in opened.run.outcomes if one.miss}
    return [(words.EVALS_CAUSES[one], one.value) for one in Cause if one in there]
