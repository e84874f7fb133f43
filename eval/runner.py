"""Puts cases to an assistant and scores what it answers. Knows neither models nor stores.

How a case is put to an assistant, or to a model alone. Kept answers hang on what stands here.

A case is asked after the questions before it, and with its options. Closed-book, the same questions
are put to the same model without any passage: what it knows is not the notes' doing. Only questions
that the notes answer are asked so, and only what the answer says is scored: there is nothing to be
found, cited or refused.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter

from eval.protocols import Answerer, Memory, OnProgress, Scorer
from eval.scorers import SCORERS
from eval.types import Case, Outcome, Run
from rag.errors import ModelError, QuestionError
from rag.rewriting import turn_after
from rag.types import Answer, Message, Status, Timings, Turn

GIVE_UP = 3
"""Cases in a row that the model fails on, after which the others are not asked: it is gone."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

CLOSED_BOOK_SYSTEM = "Answer the student's question in one short sentence."

EXAM = "Answer the multiple choice question with the letter of the right option only."
"""Of the second kind are questions with options."""

_TOKENS = 200
"""Of an answer at most: as many as one from the notes may have."""

SCORES = frozenset({"reference_match", "token_f1", "facts_said", "choice_accuracy", "similarity"})
"""Metrics that look at nothing but what is said."""

Say = Callable[[Sequence[Message], int], Iterator[str]]
"""Messages, and the most tokens -> the pieces that a model writes to them."""


class Halted(KeyboardInterrupt):
    """Raised by an `on_progress` to end a run as Ctrl-C does."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How cases are asked: so many at once, each so often, with a memory for what is answered.

    `scorers` judge the answers, by the names of eval/scorers.py.
    """

    parallel: int = 1
    repeats: int = 1
    memory: Memory | None = None
    scorers: Mapping[str, Scorer] = field(default_factory=lambda: SCORERS)


@dataclass(frozen=True, slots=True)
class _Place:
    """A case in the order in which cases are asked. `repeat` is how often it was before."""

    number: int
    case: Case
    repeat: int


def run_cases(
    assistant: Answerer,
    cases: Sequence[Case],
    on_progress: OnProgress | None = None,
    settings: Mapping[str, str] | None = None,
    options: RunOptions = RunOptions(),
) -> Run:
    """Ask every case, after the questions that it follows up on; outcomes are in order.

    A model that fails on a case or stops in the middle of its answer, and a question that cannot
    be asked, cost that case and no other: it is kept with its error and without scores. After
    `GIVE_UP` failures of the model in a row the run ends, as it does with Ctrl-C; what is done is
    kept.

    Args:
        assistant: what is measured. With `options.parallel` it is asked from several threads.
        cases: with unique ids.
        on_progress: called after each case, in the order in which they end.
        settings: what the run was made with, for the report; no secrets.
        options: how they are asked.
    """
    started_at, begin = datetime.now(UTC), perf_counter()
    plan = plan_of(cases, options.repeats)
    done: dict[int, Outcome] = {}
    failures = 0
    with suppress(KeyboardInterrupt), closing(_outcomes(assistant, plan, options)) as ending:
        for place, outcome, failed in ending:
            done[place.number] = outcome
            if on_progress:
                on_progress(outcome, len(done), len(plan))
            failures = failures + 1 if failed else 0
            if failures == GIVE_UP:
                break
    outcomes = tuple(done[number] for number in sorted(done))
    seconds = perf_counter() - begin
    return Run(outcomes, len(plan), started_at, seconds, dict(settings or {}))


def plan_of(cases: Sequence[Case], repeats: int) -> list[_Place]:
    """All askings, in order: every case once before any is repeated."""
    every = [(case, repeat) for repeat in range(repeats) for case in cases]
    return [_Place(number, *one) for number, one in enumerate(every)]


_Ended = tuple[_Place, Outcome, bool]


def _outcomes(
    assistant: Answerer, plan: Sequence[_Place], options: RunOptions
) -> Generator[_Ended]:
    """What became of each, as they end, and whether the model is to blame; kept before."""
    left = []
    for place in plan:
        known = options.memory.known(place.number, place.case) if options.memory else None
        if known:
            outcome = _judged(place, known.answer, known.seconds, options)
            outcome = replace(outcome, miss=known.miss)
            yield _kept((place, outcome, False), options)
        else:
            left.append(place)
    if options.parallel == 1:
        for place in left:
            yield _kept((place, *_ask(assistant, place, options)), options)
    else:
        yield from _at_once(assistant, left, options)


def _at_once(assistant: Answerer, left: Sequence[_Place], options: RunOptions) -> Iterator[_Ended]:
    with ThreadPoolExecutor(options.parallel) as pool:
        places: dict[Future[tuple[Outcome, bool]], _Place] = {
            pool.submit(_ask, assistant, place, options): place for place in left
        }
        try:
            for future in as_completed(places):
                yield _kept((places[future], *future.result()), options)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _kept(ended: _Ended, options: RunOptions) -> _Ended:
    place, outcome, _ = ended
    if options.memory:
        options.memory.keep(place.number, outcome)
    return ended


def _ask(assistant: Answerer, place: _Place, options: RunOptions) -> tuple[Outcome, bool]:
    """The outcome, and whether the model failed."""
    begin = perf_counter()
    try:
        history = history_of(assistant, place.case)
        begin = perf_counter()
        answer = asked(assistant, place.case, history)
    except (ModelError, QuestionError) as error:
        why = str(error) or type(error).__name__
        outcome = Outcome(place.case, None, {}, perf_counter() - begin, why, repeat=place.repeat)
        return outcome, isinstance(error, ModelError)
    outcome = _judged(place, answer, perf_counter() - begin, options)
    return outcome, answer.status is Status.INTERRUPTED


def _judged(place: _Place, answer: Answer, seconds: float, options: RunOptions) -> Outcome:
    outcome = Outcome(place.case, answer, {}, seconds, repeat=place.repeat)
    if answer.status is Status.INTERRUPTED:
        return replace(outcome, error=answer.notice or "the answer was interrupted")
    return replace(outcome, scores=score(place.case, answer, options.scorers))


def score(
    case: Case, answer: Answer, scorers: Mapping[str, Scorer] = SCORERS
) -> dict[str, float | None]:
    """What every scorer says of the answer, by the scorer's name."""
    return {name: scorer(case, answer) for name, scorer in scorers.items()}


def posed(case: Case) -> str:
    """The question; of an exam question with its options behind it, each under its letter."""
    if not case.options:
        return case.question
    named = (f"{letter}. {one}" for letter, one in zip(LETTERS, case.options, strict=False))
    return "\n".join([case.question, *named])


def history_of(assistant: Answerer, case: Case) -> Sequence[Turn]:
    """The questions that the case follows up on, asked, each with those before as its history.

    Raises what the assistant raises.
    """
    history: list[Turn] = []
    for question in case.before:
        history.append(turn_after(assistant.ask(question, tuple(history))))
    return tuple(history)


def asked(assistant: Answerer, case: Case, history: Sequence[Turn]) -> Answer:
    """The answer to the case itself. Raises what the assistant raises."""
    return assistant.ask(posed(case), history)


class ClosedBook:
    """An assistant that has read no notes.

    Args:
        say: its model.
        model: that one's name.
        exams: the questions, as they are put to it, that have options.
    """

    def __init__(self, say: Say, model: str, exams: Collection[str] = ()) -> None:
        self._say = say
        self._model = model
        self._exams = frozenset(exams)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """What the model says by itself. Raises ModelError as the model fails."""
        started = perf_counter()
        text, first = "", None
        system = EXAM if question in self._exams else CLOSED_BOOK_SYSTEM
        pieces = self._say(_messages(system, question, history), _TOKENS)
        for piece in pieces:
            first = first or perf_counter() - started
            text += piece
        draft = Answer(question, question, "", Status.ANSWERED, self._model)
        draft = replace(draft, usage=getattr(pieces, "usage", None))
        timings = Timings(first_token=first, total=perf_counter() - started)
        return replace(draft, text=text.strip(), status=Status.ANSWERED, timings=timings)


def _messages(system: str, question: str, history: Sequence[Turn]) -> list[Message]:
    """The instruction, what was said before, and the question."""
    before = [
        message
        for turn in history
        for message in (Message("user", turn.question), Message("assistant", turn.answer))
    ]
    return [Message("system", system), *before, Message("user", question)]


def exams(cases: Iterable[Case]) -> frozenset[str]:
    """The questions with options among the cases, as they are put to an assistant."""
    return frozenset(posed(case) for case in cases if case.options)


def askable(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases that an answer without notes can be scored on."""
    return tuple(case for case in cases if case.answerable)


def scored(run: Run) -> Run:
    """The run with those scores alone that look at what was said."""
    return replace(
        run,
        outcomes=tuple(
            replace(one, scores={name: one.scores[name] for name in one.scores if name in SCORES})
            for one in run.outcomes
        ),
    )
