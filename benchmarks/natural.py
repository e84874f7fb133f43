"""Questions as people type them, over notes of many kinds: is the answer right, and cited right?

    python -m benchmarks.natural [--llm] [--half before|after] [--show]

Nineteen notes on eight subjects (three of them in German, French and Spanish), each subject a
library of its own, and questions of fact on them: clipped, misspelt, on tables, lists and one-line
facts. `before.jsonl` was written before the answering was changed, `after.jsonl` after it, by
somebody who had not seen it; `absent.jsonl` asks what is not in the notes.

The rule: an answer is right if it holds what one of the case's `answers` asks for, whatever the
case of letters and accents; "a & b" asks for both. It is cited right if a citation touches the line
with the case's `quote`. A question of absent.jsonl is right if it is refused. `--show` prints every
answer, for a person to judge what a rule cannot.
"""

import argparse
import json
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from commands.ingestion import ingest
from rag.answer_wiring import build_assistant, load_writers
from rag.assistant import Assistant
from rag.config import Settings, load_settings
from rag.index_wiring import open_store
from rag.protocols import Writers
from rag.text.words import fold
from rag.types import Answer, Role, Status

FOLDER = Path(__file__).with_name("natural")


@dataclass(frozen=True, slots=True)
class Natural:
    """A question; what a right answer holds, and the line that says it, where the notes do."""

    id: str
    vault: str
    question: str
    kind: str
    answers: tuple[str, ...] = ()
    note: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer by the rule. `verdict` is right, badly cited, wrong or refused."""

    asked: Natural
    answer: Answer
    verdict: str


def load(name: str, folder: Path = FOLDER) -> list[Natural]:
    """The questions of a file; none where it is not there."""
    path = folder / f"{name}.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    rows = (json.loads(line) for line in lines)
    return [Natural(**{**row, "answers": tuple(row.get("answers", ()))}) for row in rows]


def library(settings: Settings, vault: str, writers: Writers) -> Assistant:
    """An assistant over the notes on one subject."""
    own = settings.model_copy(update={"home": settings.home / "natural" / vault})
    deque(ingest(own, str(FOLDER / "notes" / vault)), 0)
    return build_assistant(own, open_store(own), writers, roles=(Role.NOTE,))


def judged(settings: Settings, writers: Writers, cases: Sequence[Natural]) -> Iterator[Judged]:
    """Every question, answered and judged."""
    for vault in dict.fromkeys(one.vault for one in cases):
        assistant = library(settings, vault, writers)
        for asked in (one for one in cases if one.vault == vault):
            answer = assistant.ask(asked.question)
            yield Judged(asked, answer, verdict(asked, answer))


def verdict(asked: Natural, answer: Answer) -> str:
    """By the rule above."""
    if answer.status is Status.REFUSED:
        return "refused" if asked.answers else "right"
    if not asked.answers or not any(_holds(answer.text, one) for one in asked.answers):
        return "wrong"
    return "right" if any(_touches(asked, one) for one in _lines(answer)) else "badly cited"


def _holds(text: str, wanted: str) -> bool:
    said = " ".join(fold(text).split())
    return all(" ".join(fold(part).split()) in said for part in wanted.split(" & "))


def _lines(answer: Answer) -> Iterator[tuple[str, str]]:
    """Name of the note, and the whole lines that a citation touches."""
    for one in answer.citations:
        text = one.chunk.text
        begin = text.rfind("\n", 0, one.start) + 1
        end = text.find("\n", one.end)
        yield one.chunk.name, text[begin : end if end >= 0 else len(text)]


def _touches(asked: Natural, line: tuple[str, str]) -> bool:
    name, text = line
    return name == Path(asked.note).name and asked.quote.strip() in text


def table(found: Sequence[Judged]) -> Iterator[str]:
    """Counts by vault, and of all."""
    verdicts = ("right", "badly cited", "wrong", "refused")
    yield "| vault | questions | " + " | ".join(verdicts) + " |"
    yield "|---" * (len(verdicts) + 2) + "|"
    vaults = [*dict.fromkeys(one.asked.vault for one in found), "all"]
    for vault in vaults:
        of_it = [one for one in found if vault in (one.asked.vault, "all")]
        counts = Counter(one.verdict for one in of_it)
        cells = " | ".join(str(counts[name]) for name in verdicts)
        yield f"| {vault} | {len(of_it)} | {cells} |"


def _shown(one: Judged) -> Iterator[str]:
    yield f"{one.verdict:12}{one.asked.id} {one.asked.question}"
    yield repr(one.answer.text)
    places = ", ".join(citation.location for citation in one.answer.citations)
    yield f"{one.answer.confidence or 0.0:.2f} {places} | {one.asked.quote}"


def main() -> None:
    """Ask, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", action="store_true", help="ask CRIB_LLM; without, no model")
    parser.add_argument("--half", default="before,after,absent")
    parser.add_argument("--show", action="store_true", help="print every answer")
    wanted = parser.parse_args()
    settings = load_settings()
    writers = load_writers(settings, settings.llm if wanted.llm else "none")
    for half in wanted.half.split(","):
        found = []
        for one in judged(settings, writers, load(half)):
            found.append(one)
            if wanted.show:
                print("\n    ".join(_shown(one)), flush=True)
        print(f"\n{half}\n" + "\n".join(table(found)), flush=True)


if __name__ == "__main__":
    main()
