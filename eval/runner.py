"""Puts cases to an assistant and scores what it answers. Knows neither models nor stores."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter

from eval.posing import asked, history_of
from eval.protocols import Assistant, Memory, OnProgress, Scorer
from eval.scorers import SCORERS
from eval.types import Case, Outcome, Run
from rag.errors import ModelError, QuestionError
from rag.types import Answer, Status

GIVE_UP = 3
"""Cases in a row that the model fails on, after which the others are not asked: it is gone."""


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


def run(
    assistant: Assistant,
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
    assistant: Assistant, plan: Sequence[_Place], options: RunOptions
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


def _at_once(assistant: Assistant, left: Sequence[_Place], options: RunOptions) -> Iterator[_Ended]:
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


def _ask(assistant: Assistant, place: _Place, options: RunOptions) -> tuple[Outcome, bool]:
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
