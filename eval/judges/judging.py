"""A language model as a judge of answers: several votes, and a majority or no score.

A judge that times out, talks nonsense, quotes what is not there or cannot make up its mind gives
no score: that is counted, and is neither 0 nor a number that spoils a mean. What it has once said
of an answer it is not asked again (verdicts.py), so that a run judged twice has the same
figures.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial

from eval.judges.rubrics import RUBRICS, Rubric, Vote, asked, read
from eval.judges.weighing import Weigh, verdict, weighed
from eval.scorers.targets import refused
from eval.types import Case, Outcome, Run
from rag.errors import ModelError
from rag.types import Answer, Message

TOKENS = 160
"""Of a reply at most: a quote and a word."""

GIVE_UP = 3
"""Failures of the model in a row after which it is not asked any more: it is gone."""

Ask = Callable[[Sequence[Message], int], str]
"""Messages and the most tokens -> the reply. Raises ModelError as the model fails."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the votes come to. `worth` is None where no verdict has more than half of them.

    `failed` counts the votes that the model did not give at all, `unusable` those that were
    nonsense or quoted what is not there.
    """

    worth: float | None
    votes: tuple[Vote, ...] = ()
    unusable: int = 0
    failed: int = 0


class _None(Enum):
    """Why there is no vote."""

    FAILED = auto()
    UNUSABLE = auto()


class Verdicts:
    """Judgements of before, by a key that stands for all that was judged. Keeps nothing here."""

    def known(self, key: tuple[str, ...]) -> Judgement | None:
        """The judgement of before, if there is one."""
        return None

    def keep(self, key: tuple[str, ...], judgement: Judgement) -> None:
        """Keep it."""


class Judge:
    """Asks `ask`, the model called `name`, for so many votes on each answer.

    Where `weigh` is given, the votes on whether an answer is right are read off first tokens.
    """

    def __init__(
        self,
        ask: Ask,
        name: str,
        votes: int,
        verdicts: Verdicts | None = None,
        *,
        weigh: Weigh | None = None,
    ) -> None:
        self._ask = ask
        self._weigh = weigh
        self._name = name
        self._votes = votes
        self._verdicts = verdicts or Verdicts()
        self._failures = 0

    def judge(self, metric: str, case: Case, answer: Answer) -> Judgement | None:
        """What is said of the answer by the rubric of `metric`; None if that is not to be judged.

        Only answers to what the notes answer are judged. A refusal is not right; it says nothing
        that could be unfaithful.
        """
        rubric = RUBRICS[metric]
        if not case.answerable or not case.references:
            return None
        if refused(answer):
            return None if rubric.shows_passages else Judgement(0.0)
        if rubric.shows_passages and not answer.hits:
            return None
        weigh = None if rubric.shows_passages else self._weigh
        put = weighed if weigh else partial(asked, rubric)
        prompts = [put(case, answer, turn) for turn in range(self._votes)]
        key = (self._name, *(text for prompt in prompts for _, text in prompt))
        found = self._verdicts.known(key)
        if not found:
            voted = [self._voted(prompt, rubric, answer, weigh) for prompt in prompts]
            found = _counted(voted)
            # Where votes are missing, a server that was down may be up again.
            if found.worth is not None or not found.failed:
                self._verdicts.keep(key, found)
        return found

    def _voted(
        self, prompt: Sequence[Message], rubric: Rubric, answer: Answer, weigh: Weigh | None
    ) -> Vote | _None:
        """A vote, or why there is none."""
        if self._failures >= GIVE_UP:
            return _None.FAILED
        try:
            if weigh:
                vote = verdict(weigh(prompt))
            else:
                vote = read(self._ask(prompt, TOKENS), rubric, answer)
        except ModelError:
            self._failures += 1
            return _None.FAILED
        self._failures = 0
        return vote or _None.UNUSABLE


def _counted(voted: Sequence[Vote | _None]) -> Judgement:
    votes = tuple(one for one in voted if isinstance(one, Vote))
    unusable, failed = (voted.count(why) for why in (_None.UNUSABLE, _None.FAILED))
    return Judgement(_majority(votes, len(voted)), votes, unusable, failed)


def judged(run: Run, judge: Judge, on_progress: Callable[[int, int], None] | None = None) -> Run:
    """The run with the judge's scores, and with how many answers got none in its provenance.

    Ctrl-C ends the judging: what is not judged then has no score, and is counted.
    """
    found: dict[int, Mapping[str, Judgement]] = {}
    try:
        for place, outcome in enumerate(run.outcomes):
            found[place] = _of(outcome, judge)
            if on_progress:
                on_progress(place + 1, len(run.outcomes))
    except KeyboardInterrupt:
        pass
    outcomes = [_scored(outcome, found.get(at, {})) for at, outcome in enumerate(run.outcomes)]
    said = {f"no score, {metric}": _count(found, metric) for metric in RUBRICS}
    if left := len(run.outcomes) - len(found):
        said["not looked at by the judge"] = str(left)
    return replace(run, outcomes=tuple(outcomes), provenance={**run.provenance, **said})


def _of(outcome: Outcome, judge: Judge) -> Mapping[str, Judgement]:
    if not outcome.answer or outcome.error:
        return {}
    every = {metric: judge.judge(metric, outcome.case, outcome.answer) for metric in RUBRICS}
    return {metric: one for metric, one in every.items() if one}


def _scored(outcome: Outcome, found: Mapping[str, Judgement]) -> Outcome:
    worths = {metric: one.worth for metric, one in found.items()}
    return replace(outcome, scores={**outcome.scores, **worths}) if found else outcome


def _count(found: Mapping[int, Mapping[str, Judgement]], metric: str) -> str:
    """How many got no score, and for what reason."""
    every = [one[metric] for one in found.values() if metric in one]
    none = [one for one in every if one.worth is None]
    if not none:
        return f"0 of {len(every)}"
    failed, unusable = sum(one.failed for one in none), sum(one.unusable for one in none)
    return (
        f"{len(none)} of {len(every)} (votes that failed: {failed}, that were nonsense or quoted "
        f"what is not there: {unusable}, that disagree: {sum(len(one.votes) for one in none)})"
    )


def _majority(votes: Sequence[Vote], asked_for: int) -> float | None:
    """The worth that more than half of all votes asked for agree on."""
    counts = Counter(vote.worth for vote in votes).most_common(1)
    return counts[0][0] if counts and 2 * counts[0][1] > asked_for else None
