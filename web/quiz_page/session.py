"""A session of studying: which cards it has, which is asked, what comes again. Pure."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from eval.study.schedule import RIGHT, Study, rating_of
from eval.study.store import Attempt, Card, Rating
from eval.types import Case, Standing


def place_of_card(case: Case) -> str:
    """The note that a card is of; empty where that is not known."""
    if case.origin:
        return case.origin.note_path
    return case.targets[0].note_path if case.targets else ""


def line_places(cases: Sequence[Case]) -> list[tuple[str, int]]:
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


AGAIN_AFTER = 3
"""So many other cards come between a card that was missed and its coming again."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What was answered. `score` is what the scorer gave, then what the person says it is."""

    text: str
    sure: float | None
    score: float | None
    overruled: bool = False

    @property
    def suggested(self) -> Rating:
        """The rating that it suggests; where nobody can tell whether it is right, a middle one."""
        return Rating.GOOD if self.score is None else rating_of(self.score, self.sure)

    @property
    def is_right(self) -> bool | None:
        """None where nobody has judged it."""
        return None if self.score is None else self.score >= RIGHT


@dataclass(frozen=True, slots=True)
class Session:
    """The cards that are still to be asked, the first of them now, and what came of the others.

    `total` are the cards that it began with. `given` is there once the answer is shown. `before`
    is the session before the last rating, to which undo goes back.
    """

    waiting: tuple[Card, ...] = ()
    total: int = 0
    right: tuple[Case, ...] = ()
    missed: tuple[Case, ...] = ()
    given: GivenAnswer | None = None
    before: "Session | None" = None

    @property
    def card(self) -> Card | None:
        """The one that is asked; None at the end."""
        return self.waiting[0] if self.waiting else None

    @property
    def left(self) -> int:
        """Cards that are still to be asked."""
        return len(self.waiting)

    def shown(self, text: str, sure: float | None, score: float | None) -> "Session":
        """Once the answer is shown."""
        return replace(self, given=GivenAnswer(text, sure, score))

    def judged(self, *, right: bool) -> "Session":
        """Once the person has said whether the answer was right."""
        if self.given is None:
            return self
        return replace(self, given=replace(self.given, score=float(right), overruled=True))

    def attempt(self, rating: Rating) -> Attempt:
        """What is kept of the answer."""
        given = self.given or GivenAnswer("", None, None)
        return Attempt(rating, given.text, given.score, given.sure)

    def rated(self, rating: Rating) -> "Session":
        """Once the card is rated: the next is asked, and a missed one comes again."""
        card, *rest = self.waiting
        before = replace(self, given=None)
        if rating is Rating.AGAIN:
            rest.insert(min(AGAIN_AFTER, len(rest)), card)
            missed = tuple(dict.fromkeys([*self.missed, card.case]))
            return replace(before, waiting=tuple(rest), missed=missed, before=before)
        right = self.right if card.case in self.missed else (*self.right, card.case)
        return replace(before, waiting=tuple(rest), right=right, before=before)


def begun(cards: Sequence[Card]) -> Session:
    """A session over these cards."""
    return Session(tuple(cards), len(cards))
