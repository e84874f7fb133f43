"""Pieces of text, or none -> the events that end a stream."""

import time
from collections.abc import Iterator
from dataclasses import replace

from rag.answering import ExtractiveAnswerer
from rag.answers.answer_cache import Replayed
from rag.answers.citations import resolve_citations
from rag.answers.ending import Read, ended, refusal
from rag.answers.verdicts import corrected
from rag.answers.writing import told
from rag.errors import ModelError
from rag.types import Answer, Event, Evidence, Finished, Token


def refused(draft: Answer, started: float) -> Iterator[Event]:
    """The draft, ended as a refusal. `started` is when it was asked, by `time.perf_counter`."""
    text = refusal(draft)
    yield Token(text)
    timings = replace(draft.timings, total=time.perf_counter() - started)
    yield Finished(replace(draft, text=text, timings=timings))


def at_once(answer: Answer, started: float) -> Iterator[Event]:
    """An answer that is whole before its first word can be shown."""
    yield Token(answer.text)
    total = time.perf_counter() - started
    timings = replace(answer.timings, first_token=total, total=total)
    yield Finished(replace(answer, timings=timings))


def answered(draft: Answer, pieces: Iterator[str], read: Read, started: float) -> Iterator[Event]:
    """The draft, ended by what is written.

    Raises:
        ModelError: the model failed before its first word.
    """
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
    draft = told(draft, pieces)
    answer = corrected(ended(draft, written, failure, read), draft, written, read)
    timings = replace(draft.timings, first_token=first, total=time.perf_counter() - started)
    yield Finished(replace(answer, timings=timings))


def standin(evidence: Evidence) -> str:
    """What the notes' own sentences answer: shown until a model's first token comes."""
    written = "".join(ExtractiveAnswerer().stream(evidence, ()))
    return resolve_citations(written, evidence.passages, evidence.question)[0]
