"""What share of the cases was right, by kind, by note and by section; misses by their cause."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eval.causes import missed
from eval.scorers import holds_target
from eval.stats import wilson_interval
from eval.types import Cause, Interval, Outcome, Run

NO_NOTE = "in no note"


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that have something in common, and the share of them that was not missed."""

    name: str
    right: Interval


def overall(outcomes: Iterable[Outcome]) -> Interval | None:
    """The share that was not missed; None of no cases."""
    marks = [not missed(outcome) for outcome in outcomes]
    return wilson_interval(sum(marks), len(marks)) if marks else None


def by_kind(run: Run) -> list[Group]:
    """Groups by what is asked for (fact, list, comparison), the largest first."""
    return _grouped(run, lambda outcome: outcome.case.kind)


def by_note(run: Run) -> list[Group]:
    """Groups by the note that the answer stands in, the largest first."""
    return _grouped(run, _note)


def by_section(run: Run) -> list[Group]:
    """Groups by the headings above the answer, the largest first.

    Cases are left out whose answer no note holds, or of which nobody has looked where it stands.
    """
    return [group for group in _grouped(run, section) if group.name]


def by_cause(run: Run) -> list[tuple[Cause, int]]:
    """Causes with how many cases were missed for them, the most frequent first."""
    return Counter(one.miss.cause for one in run.outcomes if one.miss).most_common()


def section(outcome: Outcome) -> str:
    """The headings above the answer, as a breadcrumb; empty where they are not known."""
    if outcome.miss:
        return outcome.miss.section
    hits = outcome.answer.hits if outcome.answer else ()
    held = (hit.chunk for hit in hits if holds_target(outcome.case, hit.chunk))
    return next((chunk.breadcrumb for chunk in held), "")


def _note(outcome: Outcome) -> str:
    targets = outcome.case.targets
    return targets[0].note_path if targets else NO_NOTE


def _grouped(run: Run, name_of: Callable[[Outcome], str]) -> list[Group]:
    groups: dict[str, list[bool]] = {}
    for outcome in run.outcomes:
        groups.setdefault(name_of(outcome), []).append(not missed(outcome))
    found = [Group(name, wilson_interval(sum(m), len(m))) for name, m in groups.items()]
    return sorted(found, key=lambda group: (-group.right.n, group.name))
