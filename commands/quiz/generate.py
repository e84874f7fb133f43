"""`crib quiz generate`: a model drafts questions from notes; each that stands is kept at once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import MofNCompleteColumn, TextColumn, TimeRemainingColumn

from commands.eval_index import index_of
from commands.terminal import bar
from eval.case_files import all_cases, put_cases
from eval.drafts.generating import Ask, Drafter, Reject
from eval.drafts.topics import KINDS, plan_drafts, spread
from eval.types import Case, Target
from rag.config import Settings
from rag.errors import NotesError, SettingsError
from rag.index_wiring import Store, build_reader, build_retriever
from rag.types import Role

TRIES = 4
"""Lines asked about at most for each question that is wanted."""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """How many questions of which kinds, from a folder of notes or one `note` in it, into what."""

    notes: Path
    into: Path
    count: int = 10
    kinds: tuple[str, ...] = KINDS
    note: str = ""


@dataclass(slots=True)
class DraftTally:
    """What came of it: drafts that are in the file, and why others are not, by reason."""

    drafts: list[Case] = field(default_factory=list)
    rejects: Counter[Reject] = field(default_factory=Counter)
    stopped: bool = False

    @property
    def tried(self) -> int:
        """How often the model was asked for a question."""
        return len(self.drafts) + self.rejects.total()


def generate(settings: Settings, ask: Ask, request: DraftRequest) -> DraftTally:
    """Draft until there are enough, the passages are used up, or Ctrl-C.

    Raises:
        NotesError: there is no such note, or nothing in it to ask about.
        CaseError: what is there already is no file of cases, or cannot be written.
        ModelServerError: the model failed; what was drafted before is kept.
    """
    store = index_of(settings, [], request.notes)
    tally = DraftTally()
    columns = (MofNCompleteColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
    with bar(*columns) as drawn:
        task = drawn.add_task("drafting", total=request.count, said="")
        try:
            for tally in drafting(settings, store, ask, request):
                said = f"{tally.rejects.total()} turned down"
                drawn.update(task, completed=len(tally.drafts), said=said)
        except KeyboardInterrupt:
            tally.stopped = True
    return tally


def drafting(
    settings: Settings, store: Store, ask: Ask, request: DraftRequest
) -> Iterator[DraftTally]:
    """What came of it, first and whenever the model was asked about a line; drafts are kept.

    Raises:
        As `generate`.
    """
    known = all_cases(request.into) if request.into.exists() else ()
    catalog, named = store.index.catalog, Target(request.note, "")
    chunks = spread(
        [one for one in catalog.all_chunks() if not request.note or named.names(one.note_path)],
        known,
    )
    if not chunks:
        raise NotesError(f"{request.note or request.notes} holds no passage to ask about")
    retriever = build_retriever(settings, store, (Role.NOTE,))
    drafter = Drafter(ask, retriever, build_reader(store), tuple(catalog.states()), known)
    tally = DraftTally()
    yield tally
    for topic, kind in plan_drafts(chunks, request.kinds):
        if len(tally.drafts) >= request.count or tally.tried >= TRIES * request.count:
            return
        result = drafter.draft(topic, kind)
        if isinstance(result, Case):
            put_cases(request.into, [result])
            tally.drafts.append(result)
        else:
            tally.rejects[result] += 1
        yield tally


def draft_lines(tally: DraftTally, request: DraftRequest) -> Iterator[str]:
    """What was drafted, and why the rest was turned down."""
    for case in tally.drafts:
        yield f"  {case.question}  {' | '.join(case.references)}"
    yield f"{len(tally.drafts)} drafts in {request.into}, of {tally.tried} that the model wrote"
    yield from (f"  {count} turned down: {why.value}" for why, count in tally.rejects.most_common())
    if tally.stopped:
        yield "stopped; what was drafted is kept"
    elif len(tally.drafts) < request.count:
        yield f"{request.count} were wanted; the notes gave no more"
    if tally.drafts:
        yield f"look at them: crib quiz review {request.into}"


def kinds_of(named: Sequence[str]) -> tuple[str, ...]:
    """The kinds that are named, or all. Raises SettingsError."""
    for one in named:
        if one not in KINDS:
            raise SettingsError(f"--kind {one!r} is none of {', '.join(KINDS)}")
    return tuple(dict.fromkeys(named)) or KINDS
