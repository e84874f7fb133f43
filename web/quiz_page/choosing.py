"""Which cards a session is of. Pure."""

from collections import Counter
from collections.abc import Collection, Sequence

from eval.study.schedule import Study
from eval.study.store import Card
from eval.types import Case, Standing


def place_of_card(case: Case) -> str:
    """The note that a card is of; empty where that is not known."""
    if case.origin:
        return case.origin.note_path
    return case.targets[0].note_path if case.targets else ""


def places(cases: Sequence[Case]) -> list[tuple[str, int]]:
    """The notes that have cards, and the folders that hold several of them, with how many.

    A folder ends with a slash.
    """
    notes = Counter(place_of_card(case) for case in cases if case.references and not case.before)
    notes.pop("", None)
    folders: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for path, count in notes.items():
        steps = path.split("/")
        for depth in range(1, len(steps)):
            folder = "/".join(steps[:depth]) + "/"
            folders[folder] += count
            held[folder] += 1
    several = {folder: count for folder, count in folders.items() if held[folder] > 1}
    return sorted((notes | several).items())


def within(
    cases: Sequence[Case], chosen: Collection[str], *, drafts: bool = True
) -> Sequence[Case]:
    """The cases of the chosen notes and folders; of all, where none is chosen."""
    return [
        case
        for case in cases
        if (drafts or case.standing is not Standing.DRAFT)
        and (not chosen or any(_is_in(place_of_card(case), one) for one in chosen))
    ]


def picked(study: Study, cases: Sequence[Case], most: int) -> list[Card]:
    """The cards to ask now: those that are due and new ones, or, if none are, what is due next."""
    return (study.due(cases, most) or study.cards(cases))[:most]


def _is_in(path: str, chosen: str) -> bool:
    return path.startswith(chosen) if chosen.endswith("/") else path == chosen
