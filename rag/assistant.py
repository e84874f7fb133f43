"""The one way from a question to an answer. The page, the command line and the eval all call it."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace

from rag.answering import ExtractiveAnswerer
from rag.answers.answer_cache import CachedAnswerer
from rag.answers.backing import Backed, OptionReader
from rag.answers.choosing import UNCLEAR, chosen, enough
from rag.answers.ending import Read
from rag.answers.options import Choices, choices_in, stem_of
from rag.answers.streaming import answered, at_once, refused, standin
from rag.answers.verdicts import instead, is_unsure, nearest
from rag.errors import QuestionError
from rag.protocols import Answerer, Doubting, Retriever, Rewriter
from rag.rewriting import AS_TYPED
from rag.search.confidence import Confidence
from rag.search.evidence import EvidenceReader
from rag.search.scope import merged, parse_scope, without_filters
from rag.types import (
    Answer,
    AskOptions,
    Event,
    Evidence,
    Finished,
    Found,
    Hit,
    Reading,
    Scope,
    StandIn,
    Status,
    Timings,
    Turn,
)

NO_MODEL = "no model was asked"


class Assistant:
    """Retrieves, refuses what the notes do not touch, else lets an answerer write, and cites.

    `correct` gives a question as the notes spell its words; filters in it say where to look.
    `answerer` is asked for at every question, so that a model that was still loading can take over
    from what stood in for it.
    """

    def __init__(
        self,
        retriever: Retriever,
        reader: EvidenceReader,
        answerer: Callable[[], Answerer],
        *,
        confidence: Confidence,
        question_chars: int,
        correct: Callable[[str], str] = lambda question: question,
        rewriter: Rewriter = AS_TYPED,
        strict: bool = False,
    ) -> None:
        self._retriever = retriever
        self._reader = reader
        self._options = OptionReader(retriever, reader)
        self._answerer = answerer
        self._confidence = confidence
        self._question_chars = question_chars
        self._correct = correct
        self._rewriter = rewriter
        self._strict = strict

    def ask(
        self, question: str, history: Sequence[Turn] = (), options: AskOptions = AskOptions()
    ) -> Answer:
        """Answer, all at once. Raises as `stream` does, and ModelError if the model failed."""
        for event in self.stream(question, history, options):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def stream(
        self, question: str, history: Sequence[Turn] = (), options: AskOptions = AskOptions()
    ) -> Generator[Event, None, None]:
        """Answer as it comes: Found, StandIn, Reading, Tokens, Finished. Closing stops the model.

        A model that fails before its first word raises; one that fails later ends the answer as
        interrupted, with what it wrote.

        Raises:
            QuestionError: the question is empty or too long, or no note fulfils its filters.
            ModelError: the model failed before its first word.
        """
        started = time.perf_counter()
        asked, choices, scope = self._asked(question, history, options.scope)
        hits = self._retriever.retrieve(asked, scope)
        timings = Timings(sources=time.perf_counter() - started)
        yield Found(Evidence(asked, tuple(hits)))
        found: Evidence | Backed
        if choices:
            found = self._options.read(choices, hits, scope)
            evidence = found.evidence
        else:
            found = evidence = self._reader.read(asked, hits)
        verdict = self._confidence.of_search(evidence.support)
        is_near = bool(evidence.passages) and verdict.enough
        draft = Answer(
            question,
            asked,
            "",
            Status.REFUSED,
            NO_MODEL,
            hits=evidence.passages,
            timings=timings,
            confidence=verdict.chance if evidence.passages else 0.0,
        )
        if is_near and isinstance(found, Evidence):
            yield StandIn(standin(found))
            yield from self._answer(draft, found, history, options, started)
        elif is_near and isinstance(found, Backed) and enough(found):
            yield from self._choose(draft, found, options, started)
        else:
            yield from refused(draft, started)

    def _asked(
        self, question: str, history: Sequence[Turn], wanted: Scope
    ) -> tuple[str, Choices | None, Scope]:
        """The question that is searched for, the options that it gives if any, and where."""
        worded, given = parse_scope(self._checked(question))
        choices = choices_in(question)
        earlier = [replace(turn, question=stem_of(turn.question)) for turn in history]
        stem = without_filters(choices.stem) if choices else worded
        spelt = self._correct(stem)
        asked = self._rewriter.standalone(spelt, earlier)
        scope = merged(given, wanted)
        if choices:
            # A model reads misspelt words, but not what a follow-up leaves out.
            choices = replace(choices, stem=asked, typed=stem if asked == spelt else asked)
        return asked, choices, scope

    def _answer(
        self,
        draft: Answer,
        evidence: Evidence,
        history: Sequence[Turn],
        options: AskOptions,
        started: float,
    ) -> Iterator[Event]:
        """Have it written, unless who writes doubts that the passages say it."""
        answerer = self._answerer()
        if options.fresh and isinstance(answerer, CachedAnswerer):
            answerer.forget(evidence, options.style)
        given = answerer.given(evidence)
        yield Reading(len(given))
        read = self._read(evidence, given, options)
        draft = replace(draft, model=answerer.model, notice=answerer.notice, read=len(given))
        doubt = _doubt(answerer, evidence, history, options)
        if doubt is not None:
            verdict = self._confidence.of_reading(evidence.support, doubt)
            draft = replace(draft, confidence=verdict.chance)
            if not verdict.enough:
                found = instead(draft, read)
                yield from at_once(found, started) if found else refused(draft, started)
                return
        if is_unsure(answerer, read, options.style):
            found = nearest(draft, read)
            yield from at_once(found, started) if found else refused(draft, started)
            return
        draft = replace(draft, status=answerer.status)
        pieces = answerer.stream(evidence, history, options.style)
        yield from answered(draft, pieces, read, started)

    def _choose(
        self, draft: Answer, backed: Backed, options: AskOptions, started: float
    ) -> Iterator[Event]:
        """Take options; where it is not clear which, say what the notes say."""
        evidence = backed.evidence
        yield Reading(len(evidence.passages))
        read = self._read(evidence, evidence.passages, options)
        answer = chosen(draft, self._answerer(), backed, options, read)
        if answer is None:
            draft = replace(draft, status=Status.EXTRACTIVE, notice=UNCLEAR)
            yield from answered(draft, ExtractiveAnswerer().stream(evidence, ()), read, started)
        elif answer.status is Status.REFUSED:
            yield from refused(answer, started)
        else:
            yield from at_once(answer, started)

    def _read(self, evidence: Evidence, given: Sequence[Hit], options: AskOptions) -> Read:
        return Read(evidence, given, self._reader.likeness, self._strict or options.strict)

    def _checked(self, question: str) -> str:
        # Half a surrogate pair, from a broken terminal or client, is no text to any model.
        stripped = " ".join(question.encode(errors="replace").decode().split())
        if not stripped:
            raise QuestionError("the question is empty; ask something about your notes")
        if len(stripped) > self._question_chars:
            raise QuestionError(
                f"the question has {len(stripped):,} characters, the most is "
                f"{self._question_chars:,}; shorten it (or raise CRIB_QUESTION_CHARS)"
            )
        return stripped


def _doubt(
    answerer: Answerer, evidence: Evidence, history: Sequence[Turn], options: AskOptions
) -> float | None:
    if not isinstance(answerer, Doubting):
        return None
    return answerer.doubt(evidence, history, options.style)
