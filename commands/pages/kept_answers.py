"""What a person makes of an answer that is kept: a thumb, and a question of their quiz."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from commands.quiz.options import gold_of
from eval.case_files.loading import numbered, read_text
from eval.case_files.saving import put_cases
from eval.drafts.feedback import case_of
from eval.types import Case
from rag.chats.chat_rows import Place
from rag.chats.conversations import Conversations
from rag.chats.kept import Feedback, Kept
from rag.errors import CaseError, ChatError


class KeptAnswers:
    """The answers in `chats`, whose cases go next to the `notes`.

    Implements `web.protocols.Answers`. Raises StoreError, but from `version` and `drafted`, where
    the file of conversations cannot be used.
    """

    def __init__(self, chats: Conversations, notes: Path) -> None:
        self._chats = chats
        self._notes = notes

    def version(self) -> tuple[int, ...]:
        """Other numbers once any conversation has changed. Raises nothing."""
        return self._chats.version()

    def at(self, place: Place) -> Kept:
        """The answer that is kept there. Raises ChatError if there is none any more."""
        for _, kept in self._chats.answers([place]):
            return kept
        raise ChatError("this answer is gone; it was deleted in another window")

    def rate(self, place: Place, feedback: Feedback | None) -> None:
        """Keep what a person thinks of it; None forgets it. Raises ChatError if it is gone."""
        self._chats.rate(place, feedback)

    def draft(self, place: Place) -> None:
        """Put the case that it makes among those of the notes, as a draft to be reviewed.

        What was made of an earlier draft of it stays.

        Raises:
            ChatError: it is gone, or no case can be made of it.
            CaseError: the file of cases cannot be read or written.
        """
        kept = self.at(place)
        case = case_of(kept)
        if case is None:
            raise ChatError("this answer makes no question; mark it as good, or correct it first")
        path = gold_of(self._notes)
        there = {one.id: one for one in _cases(path)}
        if not _is_there(case, there.values()):
            put_cases(path, [replace(case, id=_free(case.id, there))])

    def drafted(self, kept: Iterable[Kept]) -> frozenset[int]:
        """The numbers of those answers of which a case was made; none where that cannot be read."""
        made = [(one.id, case) for one in kept if (case := case_of(one))]
        if not made:
            return frozenset()
        try:
            there = _cases(gold_of(self._notes))
        except CaseError:  # `draft` says so
            return frozenset()
        return frozenset(identity for identity, case in made if _is_there(case, there))

    def drop_after(self, place: Place) -> None:
        """Delete what was asked in that conversation after it."""
        self._chats.drop_after(place)


def _cases(path: Path) -> tuple[Case, ...]:
    text = read_text(path) if path.exists() else ""
    return tuple(case for _, case in numbered(text, str(path)))


def _is_there(case: Case, cases: Iterable[Case]) -> bool:
    """True if a case was made of the same answer: a person may have mended its question since."""
    return any(one.question == case.question and _base(one.id) == case.id for one in cases) or any(
        one.id == case.id and set(one.targets) & set(case.targets) for one in cases
    )


def _base(identity: str) -> str:
    return re.sub(r"(?<=\d)-\d+$", "", identity)


def _free(identity: str, taken: Iterable[str]) -> str:
    """The id; with a number where answers of another file of conversations have it already."""
    others = (f"{identity}-{number}" for number in count(2))
    return next(one for one in chain([identity], others) if one not in taken)
