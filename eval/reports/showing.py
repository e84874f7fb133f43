"""One case on a terminal: all that led to its answer, or two answers to it side by side."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eval.causes import bears, given, missed
from eval.texts.text import one_line
from eval.types import Outcome
from rag.types import Answer, Citation

_LONGEST = 2000
"""Characters of a passage, an answer or a value that are shown."""


def details(outcome: Outcome, *, prompt: bool = False) -> RenderableType:
    """Question, what was wanted and said, the passages and why it was missed.

    What the model was sent, where that is kept, is shown if `prompt` is wanted.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in (*_asked(outcome), *_became(outcome)):
        table.add_row(name, Text(value))
    parts = [table, *_passages(outcome)]
    if prompt and outcome.miss and outcome.miss.prompt:
        parts += [Text("\nsent to the model", style="bold"), Text(safe(outcome.miss.prompt))]
    return Group(*parts)


def side_by_side(before: Outcome, after: Outcome) -> RenderableType:
    """What became of the same case twice; scores only where they differ."""
    asked = Table.grid(padding=(0, 2))
    asked.add_column(style="bold")
    asked.add_column(overflow="fold")
    for name, value in _asked(before):
        asked.add_row(name, Text(value))
    table = Table("", "before", "now", leading=1)
    was, became = dict(_became(before)), dict(_became(after))
    for name in dict.fromkeys([*was, *became]):
        table.add_row(name, Text(was.get(name, "")), Text(became.get(name, "")))
    for name in dict.fromkeys([*before.scores, *after.scores]):
        old, new = before.scores.get(name), after.scores.get(name)
        if old != new:
            table.add_row(name.replace("_", " "), _score(old), _score(new))
    return Group(asked, table)


def safe(text: str) -> str:
    """`text` of several lines without what a terminal would obey; cut where it is very long."""
    lines = text[:_LONGEST].splitlines()
    kept = "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines)
    return kept + ("…" if len(text) > _LONGEST else "")


def _asked(outcome: Outcome) -> Iterator[tuple[str, str]]:
    case = outcome.case
    yield "case", f"{one_line(case.id)} ({one_line(case.kind)})"
    for question in case.before:
        yield "asked before", safe(question)
    yield "question", safe(case.question)
    yield "wanted", "\n".join(map(safe, case.references)) or "a refusal"
    for target in case.targets:
        yield "stands in", f"{one_line(target.note_path)}: {safe(target.quote)}"


def _became(outcome: Outcome) -> Iterator[tuple[str, str]]:
    answer = outcome.answer
    if answer:
        yield "answered by", one_line(answer.model)
        yield "given", f"{len(given(answer))} of {len(answer.hits)} passages"
        yield str(answer.status), safe(answer.text)
        yield "cites", "\n".join(map(_citation, answer.citations)) or "nothing"
        if answer.confidence is not None:
            yield "confidence", f"{answer.confidence:.2f}"
    if outcome.error:
        yield "failed", one_line(outcome.error)
    if not missed(outcome):
        yield "result", "right"
    elif outcome.miss:
        yield "result", f"missed: {outcome.miss.cause}\n{one_line(outcome.miss.detail, 400)}"
    else:
        yield "result", "missed"


def _citation(citation: Citation) -> str:
    where = citation.chunk.place_at(citation.start, citation.chunk.name)
    return f"[{citation.number}] {one_line(where)}: {one_line(citation.quote)}"


def _passages(outcome: Outcome) -> Iterator[RenderableType]:
    answer = outcome.answer
    for number, hit in enumerate(answer.hits if answer else (), 1):
        chunk = hit.chunk
        marks = [
            f"{hit.score:.2f}",
            *([] if answer and _is_given(answer, number) else ["found, not given"]),
            *(["holds what answers it"] if bears(outcome.case, chunk) else []),
        ]
        where = f"\n[{number}] {one_line(chunk.place_at(0))}  {', '.join(marks)}"
        yield Text(where, style="bold")
        yield Padding(Text(safe(chunk.text)), (0, 0, 0, 4))


def _is_given(answer: Answer, number: int) -> bool:
    return number <= len(given(answer))


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
