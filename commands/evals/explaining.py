"""Looks again, deeper, at what an eval missed: why, and what the model had been sent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from commands.eval_index import Quizzes, notes_of
from eval.causes import Known, find_cause, missed, standings
from eval.types import Outcome, Run
from rag.config import Settings
from rag.protocols import Writers
from rag.retrieval import DEPTH, HybridRetriever
from rag.types import Answer, Chunk, Role
from rag.wiring import Store, build_prompter, build_reader, build_reranker


class Explainer:
    """Says of outcomes why they were missed. Asks the index, never the model."""

    def __init__(self, settings: Settings, store: Store, writers: Writers) -> None:
        """Take the index that was asked, and who answered from it, loaded if need be."""
        reranker = build_reranker(settings)
        self._search = HybridRetriever(
            store.index, store.embedder, DEPTH, (Role.NOTE,), reranker
        ).retrieve
        self._store = store
        self._writers = writers
        self._prompter = build_prompter(settings, store)

    def explained(self, run: Run) -> Run:
        """The run, each of its misses with its cause and the prompt that led to it."""
        return replace(run, outcomes=tuple(map(self.explain, run.outcomes)))

    def explain(self, outcome: Outcome) -> Outcome:
        """The outcome with its cause and prompt if it was missed, else as it is."""
        if not missed(outcome):
            return replace(outcome, miss=None)
        answer, known = outcome.answer, self._known(outcome)
        miss = find_cause(outcome, known)
        if not miss:
            return replace(outcome, miss=None)
        before = outcome.miss.prompt if outcome.miss else ""
        prompt = before or (self._prompt(answer) if answer else "")
        return replace(outcome, miss=replace(miss, section=self._section(known), prompt=prompt))

    @cached_property
    def _chunks(self) -> Sequence[Chunk]:
        return self._store.index.catalog.all_chunks()

    def _section(self, known: Known) -> str:
        """The headings above the first place where the answer stands."""
        first = known.standings[0] if known.standings else None
        return next((c.breadcrumb for c in self._chunks if first and first.is_in(c)), "")

    @cached_property
    def _notes(self) -> tuple[Mapping[str, str], Quizzes]:
        return notes_of(self._store)

    def _known(self, outcome: Outcome) -> Known:
        asked = outcome.answer.standalone if outcome.answer else outcome.case.question
        return Known(standings(outcome.case, *self._notes), tuple(self._search(asked)))

    def _prompt(self, answer: Answer) -> str:
        """The very messages, made again: they depend on passages and question alone."""
        prompts = self._writers()[0].prompts if answer.read is not None else None
        if prompts is None:
            return ""
        evidence = build_reader(self._store).read(answer.standalone, answer.hits)
        given = self._prompter.given(evidence, prompts)
        messages = self._prompter.messages(evidence, given, prompts)
        return "\n\n".join(f"{message.role}: {message.text}" for message in messages)
