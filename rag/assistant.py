"""The one way from a question to an answer. The page, the command line and the eval all call it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rag.citations import resolve_citations
from rag.errors import ModelError, QuestionError
from rag.evidence import EvidenceReader
from rag.grounding import is_invented
from rag.prompts import REFUSAL, is_refusal
from rag.protocols import Answerer, Retriever
from rag.rewriting import standalone
from rag.types import Answer, AskOptions, Event, Finished, Found, Status, Timings, Token, Turn
from rag.writing import told

NO_MODEL = "no model was asked"
WITHHELD = "What the model wrote is withheld: the passages do not say it."


class Assistant:
    """Retrieves, refuses what the notes do not touch, else lets an answerer write, and cites.

    `answerer` is asked for at every question, so that a model that was still loading can take over
    from what stood in for it.
    """

    def __init__(
        self,
        retriever: Retriever,
        reader: EvidenceReader,
        answerer: Callable[[], Answerer],
        *,
        refuse_below: float,
        question_chars: int,
    ) -> None:
        self._retriever = retriever
        self._reader = reader
        self._answerer = answerer
        self._refuse_below = refuse_below
        self._question_chars = question_chars

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
    ) -> Iterator[Event]:
        """Answer as it comes: Found, then Tokens, then Finished. Closing it stops the model.

        A model that fails before its first word raises; one that fails later ends the answer as
        interrupted, with what it wrote.

        Raises:
            QuestionError: the question is empty or too long.
            ModelError: the model failed before its first word.
        """
        started = time.perf_counter()
        asked = standalone(self._checked(question), history)
        hits = self._retriever.retrieve(asked, options.scope)
        evidence = self._reader.read(asked, hits)
        timings = Timings(sources=time.perf_counter() - started)
        yield Found(evidence)
        draft = Answer(
            question, asked, "", Status.REFUSED, NO_MODEL, hits=evidence.passages, timings=timings
        )
        if evidence.support < self._refuse_below:
            yield from _refused(draft, started)
        else:
            answerer = self._answerer()
            draft = replace(
                draft, status=answerer.status, model=answerer.model, notice=answerer.notice
            )
            yield from _answered(draft, answerer.stream(evidence, history, options.style), started)

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


def _refused(draft: Answer, started: float) -> Iterator[Event]:
    text = refusal(draft)
    yield Token(text)
    timings = replace(draft.timings, total=time.perf_counter() - started)
    yield Finished(replace(draft, text=text, timings=timings))


def _answered(draft: Answer, pieces: Iterator[str], started: float) -> Iterator[Event]:
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
    timings = replace(draft.timings, first_token=first, total=time.perf_counter() - started)
    yield Finished(_ended(told(replace(draft, timings=timings), pieces), written, failure))


def _ended(draft: Answer, written: str, failure: str) -> Answer:
    text, citations = resolve_citations(written, draft.hits, draft.standalone)
    if failure:
        status = Status.INTERRUPTED
        return replace(draft, text=text, citations=citations, status=status, notice=failure)
    refused = replace(draft, text=refusal(draft), status=Status.REFUSED)
    if is_refusal(written) or not written.strip():
        return refused
    if not citations or is_invented(written, draft.standalone, draft.hits):
        return replace(refused, notice=WITHHELD)
    return replace(draft, text=text, citations=citations)


def refusal(draft: Answer) -> str:
    """Say that the notes do not say, and which passage came nearest."""
    if not draft.hits:
        return REFUSAL
    chunk = draft.hits[0].chunk
    return f"{REFUSAL} The nearest passage is in {chunk.name}, under “{chunk.breadcrumb}”."
