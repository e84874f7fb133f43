"""Questions drafted from passages by a model, each checked before a person sees it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

from eval.drafts.drafting import (
    ANSWER_TOKENS,
    ASK_TOKENS,
    NAMED,
    Ask,
    asked_for,
    completed,
    is_definition,
    kind_of,
    read,
    references,
    to_answer,
    to_ask,
)
from eval.drafts.quoting import shortest
from eval.drafts.sifting import Reject, agree, copied, flaw, rivals
from eval.drafts.topics import Topic
from eval.texts.text import find_quote
from eval.types import Case, Origin, Standing, Target
from rag.protocols import Retriever
from rag.search.evidence import EvidenceReader
from rag.types import Chunk

FIRST = 5
"""The line has to stand in one of so many passages that the search finds."""

READ = 5
"""The line has to be among so many that fit the question best: an answer is made of those."""


@dataclass(frozen=True, slots=True)
class Search:
    """The search of the notes, quizzes left out; `paths` are those of all notes."""

    retriever: Retriever
    reader: EvidenceReader
    paths: tuple[str, ...]


class Drafter:
    """Drafts a case from a line, or says why not. Remembers what was asked."""

    def __init__(self, ask: Ask, search: Search, known: Sequence[Case]) -> None:
        self._ask = ask
        self._search = search
        self._known = list(known)

    def draft(self, topic: Topic, kind: str) -> Case | Reject:
        """Have the model ask about a line, and check what it asks.

        Raises:
            ModelServerError: the model failed.
        """
        written = read(self._ask(to_ask(topic, kind), ASK_TOKENS))
        if written is None:
            return Reject.MALFORMED
        written = completed(written, topic)
        kind = asked_for(kind, written, topic)
        if found := flaw(written, topic, kind, self._known):
            return found
        answers = (topic.name,) if kind in NAMED else references(written, kind)
        if kind not in NAMED and not copied(answers, topic):
            return Reject.NOT_CARRIED
        return self._checked(self._case(topic, kind, written.question, answers), topic)

    def _case(self, topic: Topic, kind: str, question: str, answers: tuple[str, ...]) -> Case:
        first, last = topic.chunk.line_at(topic.span.start), topic.chunk.line_at(topic.span.end - 1)
        path = shortest(topic.chunk.note_path, self._search.paths)
        return Case(
            id=self._free_id(topic.chunk, question),
            question=question,
            references=answers,
            targets=(Target(path, topic.quote),),
            answerable=True,
            kind=kind_of(kind, question, answers),
            origin=Origin(path, first, last, "written by a model"),
            standing=Standing.DRAFT,
        )

    def _checked(self, case: Case, topic: Topic) -> Case | Reject:
        if any(
            set(one.targets) & set(case.targets) and _same_answer(one, case) for one in self._known
        ):
            return Reject.KNOWN
        hits = self._search.retriever.retrieve(case.question)[:FIRST]
        lines = [one.text for one in self._search.reader.read(case.question, hits).sentences]
        if not any(find_quote(topic.quote, line) for line in lines[:READ]):
            return Reject.NOT_FOUND
        others = [line for line in lines if line != topic.quote]
        if rivals(case, topic, others):
            return Reject.AMBIGUOUS
        if not (is_definition(case.question, topic) or self._comes_back(case, topic)):
            return Reject.DISAGREED
        self._known.append(case)
        return case

    def _comes_back(self, case: Case, topic: Topic) -> bool:
        return agree(case.references, self._ask(to_answer(topic, case.question), ANSWER_TOKENS))

    def _free_id(self, chunk: Chunk, question: str) -> str:
        taken = {case.id for case in self._known}
        name = PurePosixPath(chunk.note_path).stem
        slug = "-".join(re.findall(r"\w+", f"{name} {question}".casefold())[:9])
        return slug if slug not in taken else f"{slug}-{sha256(question.encode()).hexdigest()[:6]}"


def _same_answer(one: Case, other: Case) -> bool:
    return any(agree(one.references, reference) for reference in other.references)
