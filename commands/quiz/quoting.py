"""Searches the notes, their quizzes left out, for the lines that carry the answer of a case."""

from eval.drafts.quoting import nearest_lines, quotes, searched
from eval.drafts.reviewing import Proposal
from eval.types import Case
from rag.config import Settings
from rag.types import Role
from rag.wiring import Store, build_reader, build_retriever

_PASSAGES = 8
"""Passages whose lines are looked at: more than an answer is written from, since nobody waits."""


class QuoteFinder:
    """Finds quotes in the notes of `store`."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._retriever = build_retriever(settings, store, (Role.NOTE,), _PASSAGES)
        self._reader = build_reader(store)
        self._paths = tuple(store.index.catalog.states())

    def __call__(self, case: Case) -> Proposal:
        """The lines that carry the answer, and those that come near it."""
        words = searched(case) or case.question
        evidence = self._reader.read(words, self._retriever.retrieve(words))
        found = quotes(case, evidence, self._paths)
        near = nearest_lines(case, evidence, self._paths)
        return Proposal(found, tuple(one for one in near if one not in found))
