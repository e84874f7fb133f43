"""`crib chats`: the conversations that are kept, to be listed, read, exported and deleted."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.config import Settings, load_settings
from rag.errors import ChatError

if TYPE_CHECKING:
    from rag.chats.conversations import Conversations
    from rag.chats.kept import Chat, ChatListing, Kept

cli = typer.Typer(help="Conversations that are kept: list, search, show, export, rename, delete.")

Number = Annotated[int, typer.Argument(metavar="ID", help="The number that `crib chats` shows.")]
_Page = Annotated[
    int, typer.Option(help="Which page of the list; the first has the newest.", min=1)
]


@cli.callback(invoke_without_command=True)
def list_chats(context: typer.Context, page: _Page = 1) -> None:
    """List the conversations, the newest first."""
    if context.invoked_subcommand is None:
        _list("", page)


@cli.command(name="search")
def search_chats(
    words: Annotated[list[str], typer.Argument(help="Words of titles, questions and answers.")],
    page: _Page = 1,
) -> None:
    """List the conversations that hold all of these words."""
    _list(" ".join(words), page)


@cli.command(name="show")
def show_chat(chat: Number) -> None:
    """Show a conversation, and what of its sources has changed since."""
    from commands.terminal import say

    say(_shown(*_read(load_settings(), [chat])))


@cli.command(name="export")
def export_chats(
    chat: Annotated[int | None, typer.Argument(metavar="ID", show_default=False)] = None,
    target: Annotated[
        str, typer.Argument(metavar="FILE", help="A file that is new, a folder, or - for here.")
    ] = "-",
    every: Annotated[str, typer.Option("--all", metavar="FILE", help="All, into FILE.")] = "",
) -> None:
    """Write a conversation, or all of them, as Markdown whose citations are links."""
    from commands.terminal import say
    from rag.chats.export import file_name, to_markdown

    if (chat is None) == (not every):
        raise ChatError("name the conversation to export, or --all FILE")
    settings, target = load_settings(), every or target
    ids = [chat] if chat is not None else _open(settings).ids()
    if not ids:
        raise ChatError("there is nothing to export")
    chats = list(_read(settings, ids))
    if target == "-":
        say([to_markdown(*chats)])
    elif Path(target).is_dir():
        for one in chats:
            _write(Path(target) / file_name(one), to_markdown(one))
    else:
        _write(Path(target), to_markdown(*chats))


@cli.command(name="rename")
def rename_chat(chat: Number, title: Annotated[str, typer.Argument()]) -> None:
    """Give a conversation another title."""
    _open(load_settings()).rename(chat, title)


@cli.command(name="delete")
def delete_chat(
    chat: Annotated[int | None, typer.Argument(metavar="ID")] = None,
    every: Annotated[bool, typer.Option("--all", help="All conversations.")] = False,
) -> None:
    """Delete a conversation, or all of them, for good."""
    if (chat is None) != every:
        raise ChatError("name the conversation to delete, or --all")
    from rag.answers.answer_cache import AnswerCache

    settings = load_settings()
    chats = _open(settings)
    if chat is None:
        chats.delete_all()
    else:
        chats.chat(chat)  # a number that was misspelt is worth a line
        chats.delete(chat)
    AnswerCache(settings.home).clear()  # whose answers it holds is not known


def _open(settings: Settings) -> "Conversations":
    from rag.chats.conversations import Conversations

    return Conversations(settings.home)


def _list(query: str, page: int) -> None:
    from commands.terminal import say
    from rag.chats.conversations import with_marks
    from rag.index_wiring import open_catalog

    settings = load_settings()
    chats = _open(settings)
    say(_lines(with_marks(chats.listing(query, page - 1), chats, open_catalog(settings)), page))


def _lines(listing: "ChatListing", page: int) -> Iterator[str]:
    if listing.notice:
        yield listing.notice
    for info in listing.chats:
        stale = "  (notes have changed since)" if info.is_stale else ""
        yield f"{info.id:>5}  {_when(info.changed)}  {info.exchanges:>3}  {info.title}{stale}"
    shown = f", page {page}" if listing.total > len(listing.chats) else ""
    yield f"conversations: {listing.total}{shown}"


def _read(settings: Settings, ids: list[int]) -> "Iterator[Chat]":
    from rag.chats.conversations import with_staleness
    from rag.index_wiring import open_catalog

    chats, catalog = _open(settings), open_catalog(settings)
    yield from (with_staleness(chats.chat(chat), catalog) for chat in ids)


def _shown(chat: "Chat") -> Iterator[str]:
    yield f"{chat.info.title}\n"
    for kept in chat.exchanges:
        yield from _exchange(kept)


def _exchange(kept: "Kept") -> Iterator[str]:
    from commands.ask import closing
    from rag.chats.staleness import in_words

    yield f"{_when(kept.asked)}  {kept.answer.question}\n\n{kept.answer.text}"
    yield from closing(kept.answer)
    yield from (f"  [{one.number}] {line}" for one in kept.cited if (line := in_words(one)))
    yield ""


def _when(stamp: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(stamp))


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ChatError(f"{path} is there already; choose another name") from None
    except OSError as error:
        raise ChatError(f"{path} cannot be written ({error.strerror})") from error
    typer.echo(f"written: {path}")
