"""Records of Ragas or of DeepEval -> cases, as drafts: somebody has to look at them.

A context that is told to hold the answer becomes a verbatim quote if it, or a sentence of it,
stands in a note. What this does not know: a context in other words than the notes'; such a case
stays without a quote until one is found or given to it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from pydantic import ValidationError

from eval.case_files.case_lines import parse
from eval.case_files.contradictions import contradiction_in
from eval.data_sets.exchange import reference_of
from eval.data_sets.foreign import Row, row_of
from eval.drafts.quoting import shortest
from eval.posing import posed
from eval.texts.text import find_quote, stems, words
from eval.types import Case, Format, Standing, Target
from rag.errors import CaseError
from rag.prompts import is_refusal
from rag.text.sentences import sentence_spans

CARRIES = 0.5
"""A sentence of a context is the quote if it holds this share of the reference's words."""

_ID_CHARS = 48


@dataclass(frozen=True, slots=True)
class Imported:
    """The cases, all of them drafts, and a line for each record that is none."""

    cases: tuple[Case, ...]
    problems: tuple[str, ...]


def imported(found: Sequence[tuple[str, Any]], kind: Format, texts: Mapping[str, str]) -> Imported:
    """Cases of the records; `texts` of the notes are by their absolute paths."""
    cases: dict[str, Case] = {}
    problems = []
    for place, record in found:
        try:
            case = _case(row_of(record, kind), place, texts)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the record"
            problems.append(f"{place}: {where}: {first['msg']}")
            continue
        except CaseError as error:
            problems.append(str(error))
            continue
        numbers = (f"{case.id}-{number}" for number in count(2))
        identity = next(one for one in chain([case.id], numbers) if one not in cases)
        cases[identity] = replace(case, id=identity)
    return Imported(tuple(cases.values()), tuple(problems))


def _case(row: Row, place: str, texts: Mapping[str, str]) -> Case:
    """The case of a row. What was changed where it had been taken to counts, not what it was."""
    known = parse(json.dumps(row.own), place) if row.own else None
    case = _changed(known, row) if known else _new(row, texts)
    if not case.question:
        raise CaseError(f"{place}: has no question; write one")
    if problem := contradiction_in(case):
        raise CaseError(f"{place}: {problem}")
    return case


def _changed(known: Case, row: Row) -> Case:
    """A case that is brought back."""
    case = replace(known, standing=Standing.DRAFT)
    if row.question != posed(known):
        options = posed(known).removeprefix(known.question)
        case = replace(case, question=_line(row.question.removesuffix(options)))
    if row.reference == reference_of(known):
        return case
    if is_refusal(row.reference):
        return replace(case, answerable=False, references=(), targets=(), facts=())
    return replace(case, answerable=True, quiz_only=False, references=(_line(row.reference),))


def _new(row: Row, texts: Mapping[str, str]) -> Case:
    answerable = not is_refusal(row.reference)
    return Case(
        id=row.name or _identity(row.question),
        question=_line(row.question),
        references=(_line(row.reference),) if answerable and row.reference else (),
        targets=tuple(dict.fromkeys(_targets(row, texts))) if answerable else (),
        answerable=answerable,
        before=tuple(row.before),
        standing=Standing.DRAFT,
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _targets(row: Row, texts: Mapping[str, str]) -> Iterator[Target]:
    for context in row.contexts:
        found = _standing(context, row.reference, texts)
        if found:
            path, quote = found
            yield Target(shortest(path, texts.keys()), quote)


def _standing(context: str, reference: str, texts: Mapping[str, str]) -> tuple[str, str] | None:
    """The note and its very words that hold the context, or the sentence of it that answers."""
    wanted = frozenset(stems(reference))
    sentences = [context[span.start : span.end] for span in sentence_spans(context)]
    shares = {one: _share(wanted, one) for one in sentences}
    able = sorted((one for one in sentences if shares[one] >= CARRIES), key=lambda s: -shares[s])
    for piece in (*able, context):
        for path, text in texts.items():
            for span in find_quote(piece, text):
                return path, text[span.start : span.end]
    return None


def _share(wanted: frozenset[str], sentence: str) -> float:
    return len(wanted.intersection(stems(sentence))) / len(wanted) if wanted else 0.0


def _identity(question: str) -> str:
    return "-".join(words(question))[:_ID_CHARS].strip("-") or "question"
