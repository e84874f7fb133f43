"""An answer on the terminal: what was found, the text as it is written, what it rests on."""

from collections.abc import Iterable, Iterator, Sequence

import typer
from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from commands.terminal import place, say
from rag.answer_wiring import build_assistant, load_writers
from rag.answers.writers import Loading
from rag.assistant import Assistant
from rag.config import Settings
from rag.index_wiring import Store, open_store, require_notes
from rag.protocols import Writer
from rag.types import Answer, Chunk, Event, Finished, Found, Grounding, Hit, Status, Token, Usage

_GRADES = {
    Grounding.GROUNDED: "",
    Grounding.WEAK: " (weakly supported)",
    Grounding.NOT_FOUND: " (not found in the notes)",
}


def show_answer(events: Iterable[Event], *, passages: bool = True) -> None:
    """Print the passages found, the answer as it is written, and the lines it cites.

    What stays is the answer as it ended: a number may have been mended, or all of it withheld.
    After Ctrl-C it is what was written so far.
    """
    written = ""
    with Live(console=Console(), transient=True, vertical_overflow="visible") as drawn:
        try:
            for event in events:
                if isinstance(event, Found):
                    if passages:
                        say(_found(event.evidence.passages))
                    drawn.update(Spinner("dots", "reading"))
                elif isinstance(event, Token):
                    written += event.text
                    drawn.update(Text(written))
                elif isinstance(event, Finished):
                    drawn.stop()
                    say([graded_text(event.answer), *closing(event.answer)])
        except KeyboardInterrupt:
            drawn.stop()
            typer.echo(written)
            raise


def graded_text(answer: Answer) -> str:
    """The answer's text; behind each sentence that is not grounded stands how far it is carried."""
    text = answer.text
    for claim in sorted(answer.claims, key=lambda claim: -claim.end):
        text = f"{text[: claim.end]}{_GRADES[claim.grounding]}{text[claim.end :]}"
    return text


def _found(passages: Sequence[Hit]) -> Iterator[str]:
    yield "Found"
    yield from (f"  [{number}] {_where(hit)}" for number, hit in enumerate(passages, 1))
    yield ""


def closing(answer: Answer) -> Iterator[str]:
    """What is said below an answer: its sources, how it ended, whose it is."""
    if answer.citations:
        yield "\nSources"
    for citation in answer.citations:
        quote = " ".join(citation.quote.split())
        yield f"  [{citation.number}] {_at(citation.chunk, citation.start)}  {quote}"
    if answer.status is Status.INTERRUPTED:
        yield "\nThe answer was interrupted."
    if answer.notice:
        yield f"\n{answer.notice}"
    again = " (as before: neither question nor passages have changed)" if answer.cached else ""
    yield f"\nAnswered by: {answer.model}{again}"
    if answer.usage:
        yield f"Tokens: {_tokens(answer.usage)}"


def _tokens(usage: Usage) -> str:
    cost = "" if usage.cost is None else f", ${usage.cost:.4f}"
    return f"{usage.prompt_tokens:,} read, {usage.completion_tokens:,} written{cost}"


def _where(hit: Hit) -> str:
    return f"{_at(hit.chunk, 0)}  {hit.chunk.breadcrumb}"


def _at(chunk: Chunk, offset: int) -> str:
    return chunk.place_at(offset, place(chunk.note_path))


def for_one_question(settings: Settings) -> Assistant:
    """Its model is loaded only once passages are on the screen, and if they are worth reading.

    Raises:
        NoIndexError: there are no notes to answer from.
    """
    store, loading = _opened(settings)

    def writers() -> Sequence[Writer]:
        loading.start()
        return loading.wait()

    return build_assistant(settings, store, writers, lines_on_failure=True)


def for_many(settings: Settings) -> Assistant:
    """Its model is loaded at once, while the first question is typed. Raises NoIndexError."""
    store, loading = _opened(settings)
    loading.start()
    return build_assistant(settings, store, loading.wait, lines_on_failure=True)


def _opened(settings: Settings) -> tuple[Store, Loading]:
    store = open_store(settings)
    require_notes(store)
    return store, Loading(lambda: load_writers(settings, cached=True))
