"""`crib quiz review`: drafts on the terminal, one at a time, judged with a key.

Also what finds the lines that carry a case's answer, and what has a model put questions better.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from commands.eval_index import index_of, notes_of
from commands.quiz.extract import cases_in
from commands.terminal import Typed, bar
from eval.case_files import NoteTexts, all_cases
from eval.drafts.reviewing import DraftCase, Proposal, Quoted, Review, propose, searched
from eval.drafts.rewording import QuestionRewriter, is_clumsy
from eval.types import Case, Standing
from rag.chat_models.factory import load_direct
from rag.config import Settings
from rag.errors import CaseError
from rag.index_wiring import Store, build_reader, build_retriever
from rag.types import Role

_KEYS = "[k]eep  [m]end  [d]rop  [s]kip  [o]nly the quiz answers it  [q]uit"
Reword = Callable[[Case], Case]
"""Puts the question of a case better, or leaves it as it is."""

_PASSAGES = 8
"""Passages whose lines are looked at: more than an answer is written from, since nobody waits."""

_OTHERS = " | "
_NONE = "-"


def open_review(
    settings: Settings, path: Path, notes: Path, *, stale: bool
) -> tuple[Review, Store]:
    """A review of the file at `path`, whose cases ask about `notes`, and the index of these.

    Raises:
        CaseError: it is no file of cases, or not there.
        NotesError: the notes cannot be read.
    """
    if not path.exists():
        raise CaseError(f"no {path}; find what is in the notes: crib quiz extract {notes}")
    all_cases(path)  # sooner than the notes, which may take a while
    store = index_of(settings, [], notes)
    notes_there = NoteTexts(*notes_of(store))
    return Review(path, notes_there, quote_finder(settings, store), stale=stale), store


def review(judged: Review, typed: Typed, reword: Reword | None = None) -> None:
    """Show draft after draft until all are judged, or `q`. `reword` puts a question better."""
    console = Console()
    acts = _ACTS | ({"w": partial(_reword, reword)} if reword else {})
    while draft := judged.next():
        show(draft, console)
        while not (done := _verdict(judged, draft, typed, acts)):
            pass
        if done == "q":
            return


def summary(path: Path) -> str:
    """What the file holds by now."""
    counts = Counter(case.standing for case in all_cases(path))
    return f"{path}: " + ", ".join(f"{counts[one]} {one.value}" for one in Standing if counts[one])


def show(draft: DraftCase, console: Console) -> None:
    """The case: what is asked, what is right, where it is from, and its quotes in their notes."""
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(justify="right", style="cyan", min_width=8)
    for name, said in _rows(draft, marks=not console.is_terminal):
        drawn.add_row(name, said)
    console.rule(f"{draft.left} left", style="dim")
    console.print(drawn)


def _rows(draft: DraftCase, *, marks: bool) -> Iterator[tuple[str, Text]]:
    case, origin = draft.case, draft.case.origin
    if origin:
        where = f"{origin.note_path}:{origin.start_line} ({origin.form})"
        yield "from", Text(_plain(where), "dim")
    yield from (("after", Text(_plain(asked))) for asked in case.before)
    yield "question", Text(_plain(case.question), "bold")
    yield "answer", Text(_plain(_OTHERS.join(case.references)) or "none")
    for at, option in enumerate(case.options):
        yield "right" if at in case.correct else "option", Text(_plain(option))
    for quoted in draft.quoted:
        yield "quote", _in_note(quoted, marks=marks)
    if not draft.quoted and case.answerable:
        yield "quote", Text("no line of the notes was found to carry it", "dim")
    for number, target in enumerate(draft.near if draft.problem else (), start=1):
        words = _plain(" ".join(target.quote.split()))
        yield f"[{number}]", Text.assemble((f"{target.note_path}  ", "dim"), words)


def _plain(text: str) -> str:
    """`text` without what a terminal would obey."""
    return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)


def _in_note(quoted: Quoted, *, marks: bool) -> Text:
    if quoted.problem:
        return Text(_plain(quoted.problem), "red")
    words = _plain(quoted.target.quote)
    words = f">>{words}<<" if marks else words
    where = f"{quoted.target.note_path}:{quoted.line}"
    marked = (words, "black on yellow")
    before, after = _plain(quoted.before), _plain(quoted.after)
    return Text.assemble((f"{where}\n", "dim"), before, marked, after)


def _verdict(judged: Review, draft: DraftCase, typed: Typed, acts: "Mapping[str, Act]") -> str:
    """The key that ended with the draft; empty if it is still to be judged."""
    near = draft.near if draft.problem else ()
    keys = f"[1-{len(near)}] quote that line  " * bool(near) + _KEYS
    keys += "  [w]ord it better" * ("w" in acts)
    pressed = typed.key(keys) or "q"
    if pressed == "q":
        return pressed
    try:
        if pressed in "123456789"[: len(near)]:
            judged.quote(draft.case, near[int(pressed) - 1])
        elif act := acts.get(pressed):
            act(judged, draft.case, typed)
        else:
            typer.echo(f"no such key; {keys}")
            return ""
    except CaseError as error:
        typer.echo(f"not done: {error}")
        return ""
    return pressed


def _reword(reword: Reword, judged: Review, case: Case, _typed: Typed) -> None:
    better = reword(case)
    if better.question == case.question:
        raise CaseError("the model wrote nothing better that can be used")
    judged.reword(case, better.question)


def _mend(judged: Review, case: Case, typed: Typed) -> None:
    typer.echo(f"Enter leaves a line as it is; {_NONE} takes a quote away")
    question = typed.line("question", case.question)
    answers = typed.line("answer (a | b: either; a & b: both)", _OTHERS.join(case.references))
    quotes = [typed.line("quote", " ".join(target.quote.split())) for target in case.targets]
    while added := typed.line("another quote" if quotes else "quote"):
        quotes.append(added)
    references = [one.strip() for one in answers.split(_OTHERS.strip()) if one.strip()]
    judged.mend(case, question, references, [quote for quote in quotes if quote != _NONE])


Act = Callable[[Review, Case, Typed], None]

_ACTS: dict[str, Act] = {
    "k": lambda judged, case, _: judged.keep(case),
    "m": _mend,
    "d": lambda judged, case, _: judged.drop(case),
    "s": lambda judged, case, _: judged.skip(case),
    "o": lambda judged, case, _: judged.keep_as_quiz_only(case),
}


def quote_finder(settings: Settings, store: Store) -> Callable[[Case], Proposal]:
    """What finds the lines of the notes of `store` that carry an answer, and those near it."""
    retriever = build_retriever(settings, store, (Role.NOTE,), _PASSAGES)
    reader, paths = build_reader(store), tuple(store.index.catalog.states())

    def find(case: Case) -> Proposal:
        words = searched(case)
        return propose(case, reader.read(words, retriever.retrieve(words)), paths)

    return find


def rewriter(settings: Settings, store: Store) -> QuestionRewriter:
    """What rewrites questions about the notes of `store`.

    Raises:
        ModelError: there is no model to ask.
    """
    find = quote_finder(settings, store)
    retriever = build_retriever(settings, store, (Role.NOTE,))
    return QuestionRewriter(load_direct(settings).ask, retriever, lambda case: find(case).quotes)


def reworded(settings: Settings, cases: Iterable[Case], notes: Path, into: Path) -> list[Case]:
    """The cases; questions that a template made clumsily, and `into` does not hold yet, better.

    Ctrl-C leaves the rest as they are.

    Raises:
        ModelError: there is no model to ask, or it failed.
    """
    known = {case.id for case in cases_in(into)}
    changed = {case.id: case for case in cases}
    new = [case for case in changed.values() if case.id not in known and is_clumsy(case)]
    if new:
        better = rewriter(settings, index_of(settings, [], notes))
        with bar(MofNCompleteColumn(), TimeRemainingColumn()) as drawn:
            try:
                for case in drawn.track(new, description="rewording"):
                    changed[case.id] = better.reworded(case)
            except KeyboardInterrupt:
                pass
    return list(changed.values())
