"""The one way from a question to an answer. The page, the command line and the eval all call it."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace

from rag.answering import ExtractiveAnswerer
from rag.answers.answer_cache import CachedAnswerer, Replayed
from rag.answers.citations import resolve_citations
from rag.answers.ending import Read, ended, refusal
from rag.answers.writing import told
from rag.errors import ModelError, QuestionError
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
    Reading,
    Status,
    Timings,
    Token,
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
        """Answer as it comes: Found, Reading, Tokens, Finished. Closing it stops the model.

        A model that fails before its first word raises; one that fails later ends the answer as
        interrupted, with what it wrote.

        Raises:
            QuestionError: the question is empty or too long, or no note fulfils its filters.
            ModelError: the model failed before its first word.
        """
        started = time.perf_counter()
        worded, given = parse_scope(self._checked(question))
        earlier = [replace(turn, question=without_filters(turn.question)) for turn in history]
        asked = self._rewriter.standalone(self._correct(worded), earlier)
        hits = self._retriever.retrieve(asked, merged(given, options.scope))
        evidence = self._reader.read(asked, hits)
        timings = Timings(sources=time.perf_counter() - started)
        verdict = self._confidence.of_search(evidence.support)
        is_near = bool(hits) and verdict.enough
        yield Found(evidence, standin(evidence) if is_near else "")
        draft = Answer(
            question,
            asked,
            "",
            Status.REFUSED,
            NO_MODEL,
            hits=evidence.passages,
            timings=timings,
            confidence=verdict.chance if hits else 0.0,
        )
        if is_near:
            yield from self._answer(draft, evidence, history, options, started)
        else:
            yield from _refused(draft, started)

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
        draft = replace(draft, model=answerer.model, notice=answerer.notice, read=len(given))
        doubt = _doubt(answerer, evidence, history, options)
        if doubt is not None:
            verdict = self._confidence.of_reading(evidence.support, doubt)
            draft = replace(draft, confidence=verdict.chance)
            if not verdict.enough:
                yield from _refused(draft, started)
                return
        draft = replace(draft, status=answerer.status)
        strict = self._strict or options.strict
        read = Read(evidence, given, self._reader.likeness, strict)
        pieces = answerer.stream(evidence, history, options.style)
        yield from _answered(draft, pieces, read, started)

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


def _refused(draft: Answer, started: float) -> Iterator[Event]:
    text = refusal(draft)
    yield Token(text)
    timings = replace(draft.timings, total=time.perf_counter() - started)
    yield Finished(replace(draft, text=text, timings=timings))


def _answered(draft: Answer, pieces: Iterator[str], read: Read, started: float) -> Iterator[Event]:
    draft = replace(draft, cached=isinstance(pieces, Replayed))
    written, first, failure = "", None, ""
    try:
        for piece in pieces:
            first = first or time.perf_counter() - started
            written += piece
            yield Token(piece)
    except ModelError as error:
        if not written:
            raise
        failure = str(error)
    finally:
        getattr(pieces, "close", lambda: None)()
    answer = ended(told(draft, pieces), written, failure, read)
    timings = replace(draft.timings, first_token=first, total=time.perf_counter() - started)
    yield Finished(replace(answer, timings=timings))


def standin(evidence: Evidence) -> str:
    """What the notes' own sentences answer: shown until a model's first token comes."""
    written = "".join(ExtractiveAnswerer().stream(evidence, ()))
    return resolve_citations(written, evidence.passages, evidence.question)[0]
