"""`crib chat`: a conversation with the notes, on the terminal or from a pipe."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

import typer

from commands.ask import show_answer
from rag.chats.conversations import Conversations, Recording
from rag.errors import CribError
from rag.rewriting import turn_after
from rag.types import Event, Finished, Found, Token, Turn

PROMPT = "> "
HELP = "/new begins a new conversation, /quit or Ctrl-D ends it; Ctrl-C stops an answer"

_Ask = Callable[[str, Sequence[Turn]], Iterator[Event]]
"""A question and what was said before -> the events of its answer."""


def converse(ask: _Ask, lines: Iterable[str]) -> None:
    """Answer line after line; each with those before, from the last `/new` on, as its history.

    What goes wrong with one question is one line on stderr, and the next can be asked.
    """
    typer.echo(HELP)
    history: list[Turn] = []
    for line in lines:
        question = line.strip()
        match question:
            case "":
                pass
            case "/quit" | "/exit":
                return
            case "/new":
                history.clear()
                typer.echo("what was said before is forgotten")
            case _ if question.startswith("/") and len(question.split()) == 1:
                typer.echo(f"{question} is no command; {HELP}")
            case _:
                history += _turn(ask, question, history)


class KeptTalk:
    """Asks, and keeps what comes as `crib chats` lists it; without a history, as a new one."""

    def __init__(self, ask: _Ask, chats: Conversations) -> None:
        self._ask = ask
        self._chats = chats
        self._conversation: int | None = None

    def __call__(self, question: str, history: Sequence[Turn]) -> Iterator[Event]:
        """The events of the answer."""
        into = self._conversation if history else None
        recording = Recording(self._ask(question, history), question, self._chats, into)
        try:
            with contextlib.closing(recording):
                yield from recording
        finally:  # one that was stopped is kept there, too
            self._conversation = recording.conversation
        if recording.notice:
            typer.echo(f"crib: {recording.notice}", err=True)


def typed_questions() -> Iterator[str]:
    """Lines as a person types them, until Ctrl-D; or those of a pipe, repeated as they are read."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            typer.echo(f"\n{PROMPT}{line.strip()}")
            yield line
        return
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 (`input` edits and remembers lines once it is imported)
    while True:
        try:
            yield input(f"\n{PROMPT}")
        except KeyboardInterrupt:
            typer.echo(f"\n{HELP}")  # as in a shell, it takes back what was typed
        except EOFError:
            typer.echo()
            return


def _turn(ask: _Ask, question: str, history: Sequence[Turn]) -> list[Turn]:
    """Show the answer; what a follow-up can refer to of it, if there was any."""
    listening = _Listening(question)
    try:
        with contextlib.closing(ask(question, tuple(history))) as events:  # type: ignore[type-var]
            show_answer(listening.to(events), passages=False)
    except KeyboardInterrupt:
        typer.echo("stopped")
    except CribError as error:
        typer.echo(f"crib: {error}", err=True)
    return listening.turn()


class _Listening:
    """Hears what an answer comes to, though it be stopped, and says what was searched for."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._standalone = ""
        self._written = ""
        self._finished: Finished | None = None

    def to(self, events: Iterable[Event]) -> Iterator[Event]:
        """The same events."""
        for event in events:
            match event:
                case Found(evidence):
                    self._standalone = evidence.question
                    if evidence.question != " ".join(self._question.split()):
                        typer.echo(f"searched for: {evidence.question}\n")
                case Token(text):
                    self._written += text
                case Finished():
                    self._finished = event
            yield event

    def turn(self) -> list[Turn]:
        """The turn; none where nothing was answered."""
        if self._finished:
            return [turn_after(self._finished.answer)]
        if self._written:
            return [Turn(self._question, self._written, self._standalone)]
        return []
