"""The cards of a library for the quiz page: found, drafted, judged, studied."""

import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path

from commands.eval_index import gold_of, notes_of
from commands.ingestion import sources_of
from commands.pages.library import NotesLibrary
from commands.quiz.extract import cases_in, moved_quotes, searching
from commands.quiz.generate import DraftRequest, drafting
from commands.quiz.review import quote_finder
from eval.case_files import NoteTexts, all_cases, put_cases
from eval.decks import to_anki
from eval.drafts.reviewing import DraftCase, Proposal, Quoted, Review, quoted_in
from eval.study import Study, card_key
from eval.types import Case, Standing
from rag.chat_models.factory import load_direct
from rag.errors import CaseError, NotesError
from rag.types import is_address
from web.quiz_page.protocols import Step

DECK = "Cribsheet"


class QuizController:
    """Implements `web.quiz_page.protocols.Quiz` over a library.

    The cards are those of the `quiz.jsonl` in each of its folders.
    """

    def __init__(self, library: NotesLibrary) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._seen: tuple[NoteTexts, Callable[[Case], Proposal]] | None = None
        self._reviews: dict[Path, Review] = {}
        self._judged: dict[str, Review] = {}
        self._stamp: object = None
        self.study = Study(library.settings.home)

    def cases(self) -> Sequence[Case]:
        """Those that were not dropped, those that a person has kept first, each question once."""
        found = [case for file in self._files() for case in all_cases(file)]
        kept: dict[str, Case] = {}
        for standing in (Standing.GOLD, Standing.DROPPED, Standing.DRAFT):
            for case in found:
                if case.standing is standing:
                    kept.setdefault(card_key(case), case)
        return [case for case in kept.values() if case.standing is not Standing.DROPPED]

    def passages(self, case: Case) -> Sequence[Quoted]:
        """The lines that it quotes, or else those that are found to carry its answer."""
        notes, find = self._read()
        quoted = [quoted_in(target, notes) for target in case.targets]
        if all(one.problem for one in quoted):
            quoted = [quoted_in(target, notes) for target in find(case).quotes]
        return [one for one in quoted if not one.problem]

    def look(self) -> Generator[Step, None, None]:
        """Look through every folder; what is known already stays as it is."""
        new = 0
        for source in map(Path, self._sources()):
            for found in searching(source):
                yield Step(found.done, found.total, new)
            new += _put_new(gold_of(source), found.cases)
            yield Step(found.notes, found.notes, new)

    def draft(self, count: int) -> Generator[Step, None, None]:
        """Draft cards from the first folder's notes, with the model that answers."""
        yield Step(0, count, waits=True)
        settings = self._library.settings.model_copy(update={"llm": self._library.used()})
        ask = load_direct(settings).ask
        folder = Path(self._sources()[0])
        request = DraftRequest(folder, gold_of(folder), count)
        for tally in drafting(settings, self._library.store, ask, request):
            yield Step(len(tally.drafts), count, len(tally.drafts), tally.rejects.total())

    def next_draft(self) -> DraftCase | None:
        """The next one of any folder; `left` counts those of all."""
        drafts = [(review, draft) for review in self._open() if (draft := review.next())]
        if not drafts:
            return None
        review, first = drafts[0]
        self._judged[first.case.id] = review
        return replace(first, left=sum(draft.left for _, draft in drafts))

    def review_of(self, case: Case) -> Review:
        """The review of the file that a draft is in, which takes the verdict."""
        review = self._judged.get(case.id)
        if review is None:
            raise CaseError("this draft is no longer here; look at the next one")
        return review

    def anki(self, folder: Path) -> Path:
        """Write the cards as a package of Anki."""
        path = folder / f"{DECK.lower()}.apkg"
        to_anki(self.cases(), path, DECK)
        return path

    def _open(self) -> list[Review]:
        notes, find = self._read()
        for file in self._files():
            if file not in self._reviews:
                self._reviews[file] = Review(file, notes, find)
        return list(self._reviews.values())

    def _read(self) -> tuple[NoteTexts, Callable[[Case], Proposal]]:
        """The notes as the index has them, and their search; anew once the index is another."""
        store = self._library.store
        with self._lock:
            stamp = id(store), frozenset(store.index.catalog.states().items())
            if self._seen is None or self._stamp != stamp:
                notes = NoteTexts(*notes_of(store))
                self._seen = notes, quote_finder(self._library.settings, store)
                self._stamp = stamp
                self._reviews.clear()
            return self._seen

    def _sources(self) -> list[str]:
        known = [one for one in sources_of(self._library.settings) if not is_address(one)]
        there = [one for one in known if Path(one).exists()]
        if not there:
            raise NotesError("there is no folder of notes on this machine; ingest one first")
        return there

    def _files(self) -> list[Path]:
        files = dict.fromkeys(gold_of(Path(one).resolve()) for one in self._sources())
        return [file for file in files if file.exists()]


def _put_new(file: Path, found: Sequence[Case]) -> int:
    """Write those whose questions are not in the file; how many these are."""
    there = {case.id: case for case in cases_in(file)}
    asked = {card_key(case) for case in there.values()}
    new = [case for case in found if case.id not in there and card_key(case) not in asked]
    known = [moved_quotes(there[case.id], case) for case in found if case.id in there]
    if new or known:
        put_cases(file, [*known, *new])
    return len(new)
