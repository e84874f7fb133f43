"""The entry: `crib serve | ingest | ask | chat | chats | eval | quiz | status | models | doctor`.

No logic: a command reads the Settings, builds, and hands over. Errors that Cribsheet raises on
purpose become one line and exit code 1; `--debug` shows where they came from. What a command needs
is imported inside it, so that none pays for another's: gradio alone takes seconds.
"""

import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rag.config import load_settings
from rag.errors import CribError
from rag.types import AskOptions, Style

_GROUPS = {
    "models": "commands.models",
    "chats": "commands.chats",
    "eval": "commands.evals.cli",
    "quiz": "commands.quiz.options",
}
"""Commands that have commands of their own, and the module that holds them."""


class Commands(TyperGroup):
    """The commands; what holds a group of them is imported when that is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, as help lists them."""
        return [*super().list_commands(ctx), *_GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, or the group, of this name."""
        if cmd_name in _GROUPS:
            group = typer.main.get_command(importlib.import_module(_GROUPS[cmd_name]).cli)
            group.name = cmd_name
            return group
        return super().get_command(ctx, cmd_name)


cli = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Chat with your own study notes; every answer opens on the lines it rests on.",
)

_Target = Annotated[
    str | None,  # `Path` would take a slash out of an address
    typer.Argument(
        metavar="[FOLDER|FILE|URL]",
        help="Folder of notes, one note, or the address of a page; default: CRIB_NOTES.",
    ),
]


@cli.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Serve if no command is named."""
    if context.invoked_subcommand is None:
        serve()


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 7860,
    watch: Annotated[
        bool, typer.Option(help="Bring the index up to date with every change of the notes.")
    ] = True,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A name that the page is called by, with CRIB_PASSWORD set. Repeatable."),
    ] = None,
    allow_path: Annotated[
        list[str] | None,
        typer.Option(
            help="A folder from which may be added by path, with CRIB_PASSWORD set. Repeatable."
        ),
    ] = None,
) -> None:
    """Open the page on this machine; with CRIB_PASSWORD set and another --host, to others too."""
    from commands.pages import serving
    from commands.pages.library import NotesLibrary
    from web import translation
    from web.server import check_address
    from web.server import serve as serve_page

    settings = load_settings()
    allowed = serving.access(settings, allow_host or ())
    within = serving.folders(settings, allow_path or ())
    check_address(host, port, allowed)
    translation.set_language(settings.language)
    notes = NotesLibrary(settings)

    page = serve_page(
        notes,
        host,
        port,
        pages=lambda: serving.pages(notes, within),  # once the port is known to be free
        access=allowed,
        block=False,
    )
    for line in serving.address_lines(host, page.url):
        typer.echo(line)
    notes.load_model()
    if watch:
        page.watch()
    page.wait()


@cli.command()
def ingest(
    target: _Target = None,
    allow_deletions: Annotated[
        bool,
        typer.Option("--allow-deletions", help="Forget notes that are gone, even if most are."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take the last ingest back; notes are never changed.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and do it again with every change.")
    ] = False,
) -> None:
    """Bring the index up to date with notes of yours. Only what changed is embedded."""
    from commands import ingestion
    from commands.terminal import say

    settings = load_settings()
    if undo:
        say(ingestion.undone_lines(*ingestion.undo(settings)))
    elif dry_run:
        for source, plan, seconds in ingestion.plans(settings, target):
            say(ingestion.plan_lines(source, plan, seconds))
    else:
        events = ingestion.ingest(settings, target, allow_deletions=allow_deletions)
        say(ingestion.report_lines(ingestion.show_ingest(events)))
    if watch:
        typer.echo("watching; Ctrl-C ends it")
        for report in ingestion.watch(settings, target):
            say(ingestion.report_lines(report))


@cli.command()
def ask(
    question: Annotated[str, typer.Argument(help="What to ask; may hold tag:exam and the like.")],
    within: Annotated[
        list[str] | None, typer.Option("--in", help="Only this note, or folder. Repeatable.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only notes so tagged. Repeatable.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only notes of this kind, such as pdf. Repeatable.")
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="Only notes changed since, as 2026-03-31 or 2026.")
    ] = None,
    before: Annotated[str | None, typer.Option(help="Only notes changed before.")] = None,
    style: Annotated[Style, typer.Option(help="How the answer is written.")] = Style.SHORT,
    strict: Annotated[
        bool, typer.Option("--strict", help="Leave out what is not found in the passages.")
    ] = False,
) -> None:
    """Answer one question, with the places in the notes that it rests on."""
    from commands.ask import for_one_question, show_answer
    from rag.query import scope_of

    dates = {"after": [after] if after else [], "before": [before] if before else []}
    scope = scope_of({"in": within or [], "tag": tag or [], "kind": kind or [], **dates})
    options = AskOptions(scope, style, strict)
    show_answer(for_one_question(load_settings()).stream(question, options=options))


@cli.command()
def chat() -> None:
    """Talk with the notes: a question may follow up on those before. Reads a pipe, too."""
    from commands.ask import for_many
    from commands.chat import KeptTalk, converse, typed_questions
    from rag.chats.conversations import Conversations

    settings = load_settings()
    converse(KeptTalk(for_many(settings).stream, Conversations(settings.home)), typed_questions())


@cli.command()
def status(
    every: Annotated[bool, typer.Option("--all", help="A line for every note.")] = False,
) -> None:
    """What is in the library, how fresh it is, what was left out and why."""
    from commands.status import look, status_lines

    settings = load_settings()
    typer.echo(f"home: {settings.home}\ncache: {settings.cache}\nmodel: {settings.llm}")
    for line in status_lines(look(settings), every=every):
        typer.echo(line)


@cli.command()
def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
) -> None:
    """Look at models, index and answers; say what is wrong and what to do."""
    from commands.doctor import examine

    findings = list(examine(load_settings(), repair))
    for finding in findings:
        typer.echo(f"{'ok ' if finding.ok else 'BAD'} {finding.name}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run a command; turn an error into one line on stderr and an exit code."""
    debug = "--debug" in sys.argv
    sys.argv = [sys.argv[0], *(argument for argument in sys.argv[1:] if argument != "--debug")]
    try:
        cli()
    except CribError as error:
        if debug:
            raise
        typer.echo(f"crib: {_one_line(error)}", err=True)
        sys.exit(error.code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        what = f"unexpected {type(error).__name__}: {_one_line(error)}"
        typer.echo(f"crib: {what}; run it again with --debug for the details", err=True)
        sys.exit(2)  # 1 would say that the gate of an eval is broken


def _one_line(error: Exception) -> str:
    """What an error says; those that libraries raise may ramble."""
    return " ".join(str(error).split("\n"))


if __name__ == "__main__":
    main()
