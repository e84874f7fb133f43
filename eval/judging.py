"""A language model as a judge of answers: several votes, and a majority or no score.

A vote counts only if it quotes, word for word, what it rests on: a quote that is not there is a
sign that the judge has not read what it judges. A judge that times out, talks nonsense, quotes what
is not there or cannot make up its mind gives no score: that is counted, and is neither 0 nor a
number that spoils a mean. What it has once said of an answer is kept in a file, and it is not asked
again, so that a run judged twice has the same figures.

Small models in the process are weighed instead. One of 1.5 billion parameters that is asked for a
quote and one of three words says "partly" to most answers and quotes what is not there. Asked for
yes or no it says yes too soon, but how surely tells right from wrong: so the verdict is the
probability of yes of its first token, against a limit.

How far a judge, or a scorer, agrees with people is told by the share and by Cohen's kappa (1960):
the agreement beyond what chance would give two who deal out their marks as often as these two do. 0
is chance, 1 is perfect. Its interval is of the percentile bootstrap over answers. A judge that
always says the same has none: it cannot be told from chance.
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.labels import Labels, append, label_lines, labelled
from eval.scorers import refused
from eval.stats import LEVEL, wilson_interval
from eval.texts.tokens import cut_to_show, grader_words, parts
from eval.types import Case, Interval, Method, Outcome, Run
from rag.errors import ModelError
from rag.types import Answer, Message

CHARS = 6000
"""Of passages that a judge is shown at most: what fits a small model, beside the rest."""

_QUOTE = re.compile(r"^\W*(?:quote|evidence)\W*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_VERDICT = re.compile(r"^\W*verdict\W*:\W*(\w+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict: its worth, what it means, and where what it quotes has to stand."""

    worth: float
    meaning: str
    of_answer: bool = True


@dataclass(frozen=True, slots=True)
class Rubric:
    """What is judged, and the verdicts there are, with an example of each: material and quote.

    Without examples a small model repeats the instruction.
    """

    asks: str
    marks: Mapping[str, Mark]
    examples: Mapping[str, tuple[str, str]]
    shows_passages: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """A verdict with the words that it rests on."""

    word: str
    worth: float
    quote: str


_TIDES = (
    "Question: What causes the tides?\n\nRight answers: the moon\n\n"
    "Note: Tides: the moon pulls at the sea"
)
_SEAS = (
    "Question: What causes the tides?\n\n"
    "Passages:\nThe moon pulls at the sea. So there are two tides a day."
)

JUDGED = Rubric(
    "You mark a student's answer. Compare it with the right answers and with the note.",
    MappingProxyType(
        {
            "correct": Mark(1.0, "it says what one of the right answers says, in whatever words"),
            "partly": Mark(0.5, "it says a part of that, or adds something false to it"),
            "wrong": Mark(0.0, "it says something else"),
        }
    ),
    MappingProxyType(
        {
            "correct": (f"{_TIDES}\n\nAnswer: It is mostly the moon.", "mostly the moon"),
            "partly": (
                "Question: What do plants take up?\n\nRight answers: water and carbon dioxide\n\n"
                "Note: Plants take up water and carbon dioxide\n\nAnswer: They take up water.",
                "They take up water",
            ),
            "wrong": (f"{_TIDES}\n\nAnswer: The wind makes them.", "The wind makes them"),
        }
    ),
)

FAITHFUL = Rubric(
    "You check whether an answer was made up. Compare it with the passages.",
    MappingProxyType(
        {
            "yes": Mark(1.0, "the passages state all that the answer says", of_answer=False),
            "partly": Mark(0.5, "they state some of it"),
            "no": Mark(0.0, "they do not state it"),
        }
    ),
    MappingProxyType(
        {
            "yes": (f"{_SEAS}\n\nAnswer: The moon.", "The moon pulls at the sea"),
            "partly": (f"{_SEAS}\n\nAnswer: The moon and the wind.", "the wind"),
            "no": (f"{_SEAS}\n\nAnswer: The wind makes them.", "The wind makes them"),
        }
    ),
    shows_passages=True,
)

RUBRICS: Mapping[str, Rubric] = MappingProxyType({"judged": JUDGED, "judged_faithful": FAITHFUL})
"""By the name of the metric."""


def vote_prompt(rubric: Rubric, case: Case, answer: Answer, turn: int) -> list[Message]:
    """What the judge is sent for its vote number `turn`, from 0.

    The verdicts come in another order each time, so that none gains by its place.
    """
    names = list(rubric.marks)
    names = names[turn % len(names) :] + names[: turn % len(names)]
    about = [f"- {name}: {rubric.marks[name].meaning}" for name in names]
    source = "the passages or the answer" if rubric.shows_passages else "the answer"
    rules = [
        rubric.asks,
        *about,
        "Reply with two lines and nothing else:",
        f"Quote: the words of {source} that decide, copied exactly",
        f"Verdict: {', '.join(names[:-1])} or {names[-1]}",
    ]
    examples = [
        message
        for name in names
        for message in (
            Message("user", rubric.examples[name][0]),
            Message("assistant", f"Quote: {rubric.examples[name][1]}\nVerdict: {name}"),
        )
    ]
    material = Message("user", _material(rubric, case, answer))
    return [Message("system", "\n".join(rules)), *examples, material]


def parse_vote(reply: str, rubric: Rubric, answer: Answer) -> Vote | None:
    """The vote in a reply; None if there is none, or if it quotes what is not there."""
    verdict, quote = _VERDICT.search(reply), _QUOTE.search(reply)
    word = verdict[1].casefold() if verdict else ""
    mark = rubric.marks.get(word)
    if not (mark and quote):
        return None
    passages = [hit.chunk.text for hit in answer.hits[: answer.read]]
    sources = [answer.text] if mark.of_answer else passages
    said = quote[1].strip().strip("\"'`\u201c\u201d\u00ab\u00bb").strip()
    return Vote(word, mark.worth, said) if _stands(said, sources) else None


def _stands(quote: str, sources: Sequence[str]) -> bool:
    """True if the words of `quote` stand in a row in one of the sources, whatever the dress."""
    row = grader_words(quote)
    return bool(row) and any(
        f" {' '.join(row)} " in f" {' '.join(grader_words(source))} " for source in sources
    )


def _material(rubric: Rubric, case: Case, answer: Answer) -> str:
    if rubric.shows_passages:
        passages = "\n\n".join(hit.chunk.text for hit in answer.hits[: answer.read])
        given = [f"Passages:\n{passages[:CHARS]}"]
    else:
        right = [" and ".join(parts(reference)) for reference in case.references]
        given = [f"Right answers: {'; or: '.join(right)}"]
        given += [f"Note: {target.quote}" for target in case.targets]
    said = cut_to_show(answer.text).strip()
    return "\n\n".join([f"Question: {case.question}", *given, f"Answer: {said}"])


SURE = 0.75
"""Probability of yes from which an answer is right; see docs/eval-metrics.md for how it was set."""

_LEAST = 0.5
"""Probability of yes and no together below which the model has said neither."""

Weigh = Callable[[Sequence[Message]], Sequence[float]]
"""Messages -> how likely the reply begins with yes, and with no: log-probabilities, in nats.

Raises ModelError as the model fails."""

_SYSTEM = """\
You mark the answers of students. Does the student's answer say what a right answer says, in \
whatever words? Reply yes or no."""

_WEIGHED_TIDES = ("What causes the tides?", "the moon", "Tides: the moon pulls at the sea")
_RINGS = ("Which planet has rings?", "Saturn or Uranus", "Saturn and Uranus have rings")
_PLANTS = (
    "What do plants take up?",
    "water and carbon dioxide",
    "Plants take up water and carbon dioxide",
)
_EXAMPLES = (
    (*_WEIGHED_TIDES, "It is mostly the moon.", "yes"),
    (*_WEIGHED_TIDES, "The wind makes them.", "no"),
    (*_RINGS, "Uranus.", "yes"),
    (*_PLANTS, "They take up nutrients from the soil.", "no"),
)


def yes_no_prompt(case: Case, answer: Answer, turn: int) -> list[Message]:
    """What the judge is sent for its vote number `turn`, from 0: the examples in another order."""
    start = turn % len(_EXAMPLES)
    examples = [
        message
        for question, right, note, said, verdict in _EXAMPLES[start:] + _EXAMPLES[:start]
        for message in (
            Message("user", _weighed_material(question, right, note, said)),
            Message("assistant", verdict),
        )
    ]
    right = "; or: ".join(" and ".join(parts(reference)) for reference in case.references)
    note = " / ".join(target.quote for target in case.targets) or "-"
    said = cut_to_show(answer.text).strip()
    return [
        Message("system", _SYSTEM),
        *examples,
        Message("user", _weighed_material(case.question, right, note, said)),
    ]


def read_verdict(likely: Sequence[float]) -> Vote | None:
    """The vote by how likely yes and no are, 1 for yes and 0 for no; None if it is neither."""
    yes, no = map(math.exp, likely)
    if yes + no < _LEAST:
        return None
    is_yes = yes >= SURE * (yes + no)
    return Vote("yes" if is_yes else "no", float(is_yes), "")


def _weighed_material(question: str, right: str, note: str, said: str) -> str:
    return (
        f"Question: {question}\nRight answers: {right}\nNote: {note}\n"
        f"Student's answer: {said}\n\nYes or no?"
    )


_TOKENS = 160
"""Of a reply at most: a quote and a word."""

GIVE_UP_JUDGING = 3
"""Failures of the model in a row after which it is not asked any more: it is gone."""

_Ask = Callable[[Sequence[Message], int], str]
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


class ModelJudge:
    """Asks `ask`, the model called `name`, for so many votes on each answer.

    Where `weigh` is given, the votes on whether an answer is right are read off first tokens.
    `kept` are the verdicts of before; without, none is known and none is kept.
    """

    def __init__(
        self,
        ask: _Ask,
        name: str,
        votes: int,
        kept: "KeptVerdicts | None" = None,
        *,
        weigh: Weigh | None = None,
    ) -> None:
        self._ask = ask
        self._weigh = weigh
        self._name = name
        self._votes = votes
        self._kept = kept
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
        put = yes_no_prompt if weigh else partial(vote_prompt, rubric)
        prompts = [put(case, answer, turn) for turn in range(self._votes)]
        key = (self._name, *(text for prompt in prompts for _, text in prompt))
        if self._kept and (known := self._kept.known(key)):
            return known
        given = [self._reply(prompt, weigh) for prompt in prompts]
        replies = [reply for reply in given if reply is not None]
        usable = [
            parse_vote(reply, rubric, answer) if isinstance(reply, str) else read_verdict(reply)
            for reply in replies
        ]
        votes = tuple(vote for vote in usable if vote)
        unusable, failed = len(replies) - len(votes), len(given) - len(replies)
        found = Judgement(_majority(votes, len(given)), votes, unusable, failed)
        # Where votes are missing, a server that was down may be up again.
        if self._kept and (found.worth is not None or not failed):
            self._kept.keep(key, found)
        return found

    def _reply(
        self, prompt: Sequence[Message], weigh: Weigh | None
    ) -> str | Sequence[float] | None:
        """What the model says, or how it weighs yes and no; None if it failed."""
        if self._failures >= GIVE_UP_JUDGING:
            return None
        try:
            reply = weigh(prompt) if weigh else self._ask(prompt, _TOKENS)
        except ModelError:
            self._failures += 1
            return None
        self._failures = 0
        return reply


def judged(
    run: Run, judge: ModelJudge, on_progress: Callable[[int, int], None] | None = None
) -> Run:
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


def _of(outcome: Outcome, judge: ModelJudge) -> Mapping[str, Judgement]:
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


AGREEMENT_FILE = "verdicts.jsonl"


class KeptVerdicts:
    """The verdicts in `path`; each is written at once. What cannot be read is asked again."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        """With `fresh`, what was said before does not count."""
        self._path = path
        self._known = {} if fresh else dict(filter(None, map(_read, label_lines(path))))

    def known(self, key: tuple[str, ...]) -> Judgement | None:
        """The judgement of before, if there is one."""
        return self._known.get(_digest(key))

    def keep(self, key: tuple[str, ...], judgement: Judgement) -> None:
        """Write it. Raises OSError if that cannot be done."""
        digest = _digest(key)
        self._known[digest] = judgement
        votes = [[vote.word, vote.worth, vote.quote] for vote in judgement.votes]
        written = {"key": digest, "worth": judgement.worth, "votes": votes}
        append(self._path, written | {"unusable": judgement.unusable})


def _read(line: object) -> tuple[str, Judgement] | None:
    match line:
        case {
            "key": str(key),
            "worth": None | float() as worth,
            "votes": list(votes),
            "unusable": int(unusable),
        } if all(isinstance(vote, list) and len(vote) == 3 for vote in votes):
            read = tuple(Vote(str(word), float(of), str(quote)) for word, of, quote in votes)
            return key, Judgement(worth, read, unusable)
    return None


def _digest(key: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()


ENOUGH = 30
"""Labels from which a kappa is worth looking at: below, its interval spans most of the scale."""

LEAST_LABELS = 10
"""Labels from which there is a kappa at all: of fewer, a bootstrap may claim to be certain."""

_RESAMPLES = 2000

_PARTLY = 0.5

COMPARED: Mapping[str, bool] = {"judged": True, "reference_match": False, "facts_said": False}
"""Metrics that are held against labels, and whether they know "partly". Those that do not are held
against "correct" or not, and so is one that knows it and never says it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `n` answers that both have marked. `kappa` is None if it has no sense."""

    metric: str
    share: Interval
    kappa: Interval | None

    @property
    def n(self) -> int:
        """Number of answers."""
        return self.share.n

    @property
    def is_enough(self) -> bool:
        """True if there are enough labels to say anything."""
        return self.n >= ENOUGH


def agreements(run: Run, labels: Labels) -> list[Agreement]:
    """How far each metric agrees with people, of the answers that both have marked."""
    found = []
    marked = list(labelled(run, labels))
    for metric, knows_partly in COMPARED.items():
        pairs = [(o.scores.get(metric), label) for o, label in marked]
        both = [(score, label) for score, label in pairs if score is not None]
        if both:
            scores, said = zip(*both, strict=True)
            says_partly = knows_partly and _PARTLY in scores
            found.append(agreement(metric, scores, said, whole=not says_partly))
    return found


def agreement(
    metric: str, scores: Sequence[float], labels: Sequence[float], *, whole: bool, seed: int = 0
) -> Agreement:
    """Of marks of the same answers, at least one; with `whole`, of which are fully right."""
    one, other = np.asarray(scores), np.asarray(labels)
    if whole:
        one, other = one == 1, other == 1
    kinds = np.unique(np.concatenate([one, other]))
    first, second = np.searchsorted(kinds, one), np.searchsorted(kinds, other)
    share = wilson_interval(int((first == second).sum()), len(first))
    return Agreement(metric, share, _kappa_interval(first, second, seed))


def kappa(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Cohen's kappa of the marks of two, whole numbers from 0; NaN if it is not defined."""
    size = int(max(first.max(), second.max())) + 1
    counts = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    table = counts / len(first)
    chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return float("nan") if chance >= 1 else (float(np.trace(table)) - chance) / (1 - chance)


def _kappa_interval(
    first: NDArray[np.int64], second: NDArray[np.int64], seed: int
) -> Interval | None:
    if len(first) < LEAST_LABELS or len(np.unique(first)) < 2 or len(np.unique(second)) < 2:
        return None
    value, draw = kappa(first, second), np.random.default_rng(seed)
    rows = draw.integers(len(first), size=(_RESAMPLES, len(first)))
    drawn = [kappa(first[row], second[row]) for row in rows]
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    bounds = min(float(low), value), max(float(high), value)
    return Interval(value, *bounds, len(first), Method.PERCENTILE)


def judge_prompt(found: Sequence[Agreement]) -> RenderableType:
    """A table, and whether there are enough labels for it to say anything."""
    if not found:
        return Text("no answer of this run has a label; crib eval label makes them")
    table = Table("agrees with people", title="agreement with labels", title_justify="left")
    for heading in ("labels", "share", "Cohen's kappa"):
        table.add_column(heading, justify="right")
    for one in found:
        few = f"fewer than {LEAST_LABELS} labels" if one.n < LEAST_LABELS else ""
        why = few or "one of the two never varies"
        beyond = _cell(one.kappa) if one.kappa else Text(f"none: {why}")
        table.add_row(one.metric, str(one.n), _cell(one.share), beyond)
    short = [f"{one.metric} {one.n}" for one in found if not one.is_enough]
    note = f"not enough labels to tell (of {ENOUGH}): {', '.join(short)}"
    return Group(table, *([Text(note)] if short else []))


def _cell(one: Interval) -> Text:
    return Text(f"{one.mean:.2f} [{one.low:.2f}, {one.high:.2f}]")


def no_scores(run: Run) -> list[str]:
    """One line for each metric of a judge on how many answers got no score, and why."""
    counts = {metric: run.provenance.get(f"no score, {metric}") for metric in RUBRICS}
    return [f"{metric}: no score for {count}" for metric, count in counts.items() if count]
