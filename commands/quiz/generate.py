"""`crib quiz generate`: a model drafts questions from notes; each that stands is kept at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import MofNCompleteColumn, TextColumn, TimeRemainingColumn

from commands.eval_index import index_of
from commands.terminal import bar
from eval.case_files import all_cases, put_cases
from eval.drafts.generating import Ask, Drafter, Reject, SearchPassages
from eval.drafts.topics import KINDS, plan_drafts, spread
from eval.types import Case, Target
from rag.config import Settings
from rag.errors import NotesError, SettingsError
from rag.index_wiring import Store, build_reader, build_retriever
from rag.types import Chunk, Role

TRIES = 4
"""Lines asked about at most for each question that is wanted."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many questions of which kinds, from a folder of notes or one `note` in it, into what."""

    notes: Path
    into: Path
    count: int = 10
    kinds: tuple[str, ...] = KINDS
    note: str = ""


@dataclass(slots=True)
class Tally:
    """What came of it: drafts that are in the file, and why others are not, by reason."""

    drafts: list[Case] = field(default_factory=list)
    rejects: Counter[Reject] = field(default_factory=Counter)
    stopped: bool = False

    @property
    def tried(self) -> int:
        """How often the model was asked for a question."""
        return len(self.drafts) + self.rejects.total()


def generate(settings: Settings, ask: Ask, wanted: Wanted) -> Tally:
    """Draft until there are enough, the passages are used up, or Ctrl-C.

    Raises:
        NotesError: there is no such note, or nothing in it to ask about.
        CaseError: what is there already is no file of cases, or cannot be written.
        ModelServerError: the model failed; what was drafted before is kept.
    """
    store = index_of(settings, [], wanted.notes)
    tally = Tally()
    columns = (MofNCompleteColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    with bar(*columns) as drawn:
        task = drawn.add_task("drafting", total=wanted.count, said="")
        try:
            for _ in drafting(settings, store, ask, wanted, tally):
                said = f"{tally.rejects.total()} turned down"
                drawn.update(task, completed=len(tally.drafts), said=said)
        except KeyboardInterrupt:
            tally.stopped = True
    return tally


def drafting(
    settings: Settings, store: Store, ask: Ask, wanted: Wanted, tally: Tally
) -> Iterator[Case | Reject]:
    """What comes of each time that the model is asked about a passage of `store`; drafts are kept.

    Raises:
        As `generate`.
    """
    known = all_cases(wanted.into) if wanted.into.exists() else ()
    drafter = Drafter(ask, _search(settings, store), known)
    chunks = spread(_chunks(store, wanted.note), known)
    if not chunks:
        raise NotesError(f"{wanted.note or wanted.notes} holds no passage to ask about")
    for result in _results(drafter, chunks, wanted, tally):
        if isinstance(result, Case):
            put_cases(wanted.into, [result])
        yield result


def draft_lines(tally: Tally, wanted: Wanted) -> Iterator[str]:
    """What was drafted, and why the rest was turned down."""
    for case in tally.drafts:
        yield f"  {case.question}  {' | '.join(case.references)}"
    yield f"{len(tally.drafts)} drafts in {wanted.into}, of {tally.tried} that the model wrote"
    yield from (f"  {count} turned down: {why.value}" for why, count in tally.rejects.most_common())
    if tally.stopped:
        yield "stopped; what was drafted is kept"
    elif len(tally.drafts) < wanted.count:
        yield f"{wanted.count} were wanted; the notes gave no more"
    if tally.drafts:
        yield f"look at them: crib quiz review {wanted.into}"


def kinds_of(named: Sequence[str]) -> tuple[str, ...]:
    """The kinds that are named, or all. Raises SettingsError."""
    for one in named:
        if one not in KINDS:
            raise SettingsError(f"--kind {one!r} is none of {', '.join(KINDS)}")
    return tuple(dict.fromkeys(named)) or KINDS


def _results(
    drafter: Drafter, chunks: Sequence[Chunk], wanted: Wanted, tally: Tally
) -> Iterator[Case | Reject]:
    for topic, kind in plan_drafts(chunks, wanted.kinds):
        if len(tally.drafts) >= wanted.count or tally.tried >= TRIES * wanted.count:
            return
        result = drafter.draft(topic, kind)
        if isinstance(result, Case):
            tally.drafts.append(result)
        else:
            tally.rejects[result] += 1
        yield result


def _search(settings: Settings, store: Store) -> SearchPassages:
    retriever = build_retriever(settings, store, (Role.NOTE,))
    return SearchPassages(retriever, build_reader(store), tuple(store.index.catalog.states()))


def _chunks(store: Store, note: str) -> list[Chunk]:
    named = Target(note, "")
    chunks = store.index.catalog.all_chunks()
    return [chunk for chunk in chunks if not note or named.names(chunk.note_path)]
