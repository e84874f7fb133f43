"""Questions drafted from passages by a model, each checked before a person sees it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import PurePosixPath

from eval.drafts.drafting import (
    ANSWER_TOKENS,
    ASK_TOKENS,
    Ask,
    kind_of,
    read,
    references,
    to_answer,
    to_ask,
)
from eval.drafts.quoting import quotes, searched
from eval.drafts.sifting import Reject, agree, flaw
from eval.texts.text import find_quote
from eval.types import Case, Origin, Standing, Target
from rag.grounding import Carrier, grade
from rag.protocols import Retriever
from rag.search.evidence import EvidenceReader
from rag.types import Chunk, Evidence, Grounding, Hit

FIRST = 5
"""The passage has to be among so many that the search finds."""


@dataclass(frozen=True, slots=True)
class Search:
    """The search of the notes, quizzes left out; `paths` are those of all notes."""

    retriever: Retriever
    reader: EvidenceReader
    paths: tuple[str, ...]


class Drafter:
    """Drafts a case from a passage, or says why not. Remembers what was asked."""

    def __init__(self, ask: Ask, search: Search, known: Sequence[Case]) -> None:
        self._ask = ask
        self._search = search
        self._known = list(known)

    def draft(self, chunk: Chunk, kind: str) -> Case | Reject:
        """Have the model ask about `chunk`, and check it.

        Raises:
            ModelServerError: the model failed.
        """
        written = read(self._ask(to_ask(chunk, kind), ASK_TOKENS))
        if written is None:
            return Reject.MALFORMED
        if found := flaw(written, self._known):
            return found
        answers = references(written, kind)
        case = Case(
            id=self._free_id(chunk, written.question),
            question=written.question,
            references=answers,
            targets=(),
            answerable=True,
            kind=kind_of(kind, answers),
            standing=Standing.DRAFT,
        )
        return self._checked(case, chunk)

    def _checked(self, case: Case, chunk: Chunk) -> Case | Reject:
        evidence = self._search.reader.read(searched(case), [Hit(chunk, 1.0, 1.0)])
        targets = quotes(case, evidence, self._search.paths)
        if not targets or not self._is_carried(case, evidence):
            return Reject.NOT_CARRIED
        if any(set(one.targets) & set(targets) and _same_answer(one, case) for one in self._known):
            return Reject.KNOWN
        if not agree(case.references, self._ask(to_answer(chunk, case.question), ANSWER_TOKENS)):
            return Reject.DISAGREED
        if not self._is_found(case, chunk, targets):
            return Reject.NOT_FOUND
        kept = _with_origin(case, chunk, targets)
        self._known.append(kept)
        return kept

    def _is_carried(self, case: Case, evidence: Evidence) -> bool:
        texts = [sentence.text for sentence in evidence.sentences]
        chunk = evidence.passages[0].chunk
        for claim in case.references:
            (near,) = self._search.reader.likeness([claim], texts)
            context = f"{chunk.breadcrumb} {chunk.context}"
            carriers = [Carrier(t, context, n) for t, n in zip(texts, near, strict=True)]
            if grade(claim.replace(" & ", ", "), case.question, carriers) is Grounding.NOT_FOUND:
                return False
        return True

    def _is_found(self, case: Case, chunk: Chunk, targets: Sequence[Target]) -> bool:
        hits = [hit.chunk for hit in self._search.retriever.retrieve(case.question)[:FIRST]]
        there = [one.text for one in hits if one.note_path == chunk.note_path]
        return all(any(find_quote(t.quote, text) for text in there) for t in targets)

    def _free_id(self, chunk: Chunk, question: str) -> str:
        taken = {case.id for case in self._known}
        name = PurePosixPath(chunk.note_path).stem
        slug = "-".join(re.findall(r"\w+", f"{name} {question}".casefold())[:9])
        return slug if slug not in taken else f"{slug}-{sha256(question.encode()).hexdigest()[:6]}"


def _same_answer(one: Case, other: Case) -> bool:
    return any(agree(one.references, reference) for reference in other.references)


def _with_origin(case: Case, chunk: Chunk, targets: Sequence[Target]) -> Case:
    spans = [find_quote(target.quote, chunk.text)[0] for target in targets]
    first, last = min(s.start for s in spans), max(s.end for s in spans)
    lines = chunk.line_at(first), chunk.line_at(last - 1)
    origin = Origin(targets[0].note_path, *lines, "written by a model")
    return replace(case, targets=tuple(targets), origin=origin)
