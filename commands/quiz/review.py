"""`crib quiz review`: drafts on the terminal, one at a time, judged with a key.

Also what finds the lines that carry a case's answer, and what has a model put questions better.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from eval.drafts.reviewing import (
    DraftCase,
    Proposal,
    Quoted,
    Review,
    nearest_lines,
    quotes,
    searched,
)
from eval.drafts.rewording import QuestionRewriter, is_clumsy
from eval.types import Case, Standing, Target
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
    finder = QuoteFinder(settings, store)
    return Review(path, NoteTexts(*notes_of(store)), finder, stale=stale), store


def review(judged: Review, typed: Typed, reword: Reword | None = None) -> None:
    """Show draft after draft until all are judged, or `q`. `reword` puts a question better."""
    console = Console()
    acts = dict(_ACTS) | ({"w": _rewording(reword)} if reword else {})
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
    keys = _keys(draft) + ("  [w]ord it better" if "w" in acts else "")
    pressed = typed.key(keys) or "q"
    if pressed == "q":
        return pressed
    near = draft.near[int(pressed) - 1 :][:1] if pressed in "123456789" else ()
    act = _take(near[0]) if near and draft.problem else acts.get(pressed)
    if act is None:
        typer.echo(f"no such key; {keys}")
        return ""
    try:
        act(judged, draft, typed)
    except CaseError as error:
        typer.echo(f"not done: {error}")
        return ""
    return pressed


def _keys(draft: DraftCase) -> str:
    near = f"[1-{len(draft.near)}] quote that line  " if draft.near and draft.problem else ""
    return near + _KEYS


def _take(target: Target) -> "Act":
    return lambda judged, draft, typed: judged.quote(draft.case, target)


def _rewording(reword: Reword) -> "Act":
    def act(judged: Review, draft: DraftCase, typed: Typed) -> None:
        better = reword(draft.case)
        if better.question == draft.case.question:
            raise CaseError("the model wrote nothing better that can be used")
        judged.reword(draft.case, better.question)

    return act


def _mend(judged: Review, draft: DraftCase, typed: Typed) -> None:
    case = draft.case
    typer.echo(f"Enter leaves a line as it is; {_NONE} takes a quote away")
    question = typed.line("question", case.question)
    answers = typed.line("answer (a | b: either; a & b: both)", _OTHERS.join(case.references))
    quotes = _quotes([target.quote for target in case.targets], typed)
    references = [one.strip() for one in answers.split(_OTHERS.strip()) if one.strip()]
    judged.mend(case, question, references, quotes)


def _quotes(old: Sequence[str], typed: Typed) -> list[str]:
    quotes = [typed.line("quote", " ".join(quote.split())) for quote in old]
    while added := typed.line("another quote" if quotes else "quote"):
        quotes.append(added)
    return [quote for quote in quotes if quote != _NONE]


Act = Callable[[Review, DraftCase, Typed], None]

_ACTS: Mapping[str, Act] = {
    "k": lambda judged, draft, typed: judged.keep(draft.case),
    "m": _mend,
    "d": lambda judged, draft, typed: judged.drop(draft.case),
    "s": lambda judged, draft, typed: judged.skip(draft.case),
    "o": lambda judged, draft, typed: judged.keep_as_quiz_only(draft.case),
}


class QuoteFinder:
    """Finds quotes in the notes of `store`."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._retriever = build_retriever(settings, store, (Role.NOTE,), _PASSAGES)
        self._reader = build_reader(store)
        self._paths = tuple(store.index.catalog.states())

    def __call__(self, case: Case) -> Proposal:
        """The lines that carry the answer, and those that come near it."""
        words = searched(case) or case.question
        evidence = self._reader.read(words, self._retriever.retrieve(words))
        found = quotes(case, evidence, self._paths)
        near = nearest_lines(case, evidence, self._paths)
        return Proposal(found, tuple(one for one in near if one not in found))


def rewriter(settings: Settings, store: Store) -> QuestionRewriter:
    """What rewrites questions about the notes of `store`.

    Raises:
        ModelError: there is no model to ask.
    """
    finder = QuoteFinder(settings, store)
    retriever = build_retriever(settings, store, (Role.NOTE,))
    return QuestionRewriter(load_direct(settings).ask, retriever, lambda case: finder(case).quotes)


def reworded(
    settings: Settings, cases: Iterable[Case], notes: Path, into: Path
) -> tuple[Case, ...]:
    """The cases; questions that a template made clumsily, and `into` does not hold yet, better.

    Ctrl-C leaves the rest as they are.

    Raises:
        ModelError: there is no model to ask, or it failed.
    """
    known = {case.id for case in cases_in(into)}
    everything = list(cases)
    new = [case for case in everything if case.id not in known and is_clumsy(case)]
    if not new:
        return tuple(everything)
    better = rewriter(settings, index_of(settings, [], notes))
    changed = {case.id: case for case in _with_bar(better, new)}
    return tuple(changed.get(case.id, case) for case in everything)


def _with_bar(better: QuestionRewriter, cases: list[Case]) -> Iterator[Case]:
    with bar(MofNCompleteColumn(), TimeRemainingColumn()) as drawn:
        try:
            for case in drawn.track(cases, description="rewording"):
                yield better.reworded(case)
        except KeyboardInterrupt:
            return
