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
"""

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from eval.causes import given
from eval.labels import append_json, json_lines
from eval.scorers import refused
from eval.texts.tokens import cut_to_show, grader_words, parts
from eval.types import Case, Outcome, Run
from rag.errors import ModelError
from rag.types import Answer, Message

_T = TypeVar("_T")

_CHARS = 6000
"""Of passages that a judge is shown at most: what fits a small model, beside the rest."""

_QUOTE = re.compile(r"^\W*(?:quote|evidence)\W*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_VERDICT = re.compile(r"^\W*verdict\W*:\W*(\w+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict: its worth, what it means, an example, and where what it quotes has to stand.

    The example is material with a quote: without one a small model repeats the instruction.
    """

    worth: float
    meaning: str
    example: tuple[str, str]
    of_answer: bool = True


@dataclass(frozen=True, slots=True)
class Rubric:
    """What is judged, and the verdicts there are."""

    asks: str
    marks: Mapping[str, Mark]
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
_PLANTS = (
    "Question: What do plants take up?\n\nRight answers: water and carbon dioxide\n\n"
    "Note: Plants take up water and carbon dioxide"
)
_SEAS = (
    "Question: What causes the tides?\n\n"
    "Passages:\nThe moon pulls at the sea. So there are two tides a day."
)

JUDGED = Rubric(
    "You mark a student's answer. Compare it with the right answers and with the note.",
    MappingProxyType(
        {
            "correct": Mark(
                1.0,
                "it says what one of the right answers says, in whatever words",
                (f"{_TIDES}\n\nAnswer: It is mostly the moon.", "mostly the moon"),
            ),
            "partly": Mark(
                0.5,
                "it says a part of that, or adds something false to it",
                (f"{_PLANTS}\n\nAnswer: They take up water.", "They take up water"),
            ),
            "wrong": Mark(
                0.0,
                "it says something else",
                (f"{_TIDES}\n\nAnswer: The wind makes them.", "The wind makes them"),
            ),
        }
    ),
)

FAITHFUL = Rubric(
    "You check whether an answer was made up. Compare it with the passages.",
    MappingProxyType(
        {
            "yes": Mark(
                1.0,
                "the passages state all that the answer says",
                (f"{_SEAS}\n\nAnswer: The moon.", "The moon pulls at the sea"),
                of_answer=False,
            ),
            "partly": Mark(
                0.5,
                "they state some of it",
                (f"{_SEAS}\n\nAnswer: The moon and the wind.", "the wind"),
            ),
            "no": Mark(
                0.0,
                "they do not state it",
                (f"{_SEAS}\n\nAnswer: The wind makes them.", "The wind makes them"),
            ),
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
    marks = _turned(list(rubric.marks.items()), turn)
    names = [name for name, _ in marks]
    source = "the passages or the answer" if rubric.shows_passages else "the answer"
    rules = [
        rubric.asks,
        *(f"- {name}: {mark.meaning}" for name, mark in marks),
        "Reply with two lines and nothing else:",
        f"Quote: the words of {source} that decide, copied exactly",
        f"Verdict: {', '.join(names[:-1])} or {names[-1]}",
    ]
    examples = [
        (mark.example[0], f"Quote: {mark.example[1]}\nVerdict: {name}") for name, mark in marks
    ]
    return _messages("\n".join(rules), examples, _material(rubric, case, answer))


def parse_vote(reply: str, rubric: Rubric, answer: Answer) -> Vote | None:
    """The vote in a reply; None if there is none, or if it quotes what is not there."""
    verdict, quote = _VERDICT.search(reply), _QUOTE.search(reply)
    word = verdict[1].casefold() if verdict else ""
    mark = rubric.marks.get(word)
    if not (mark and quote):
        return None
    sources = [answer.text] if mark.of_answer else _passages(answer)
    said = quote[1].strip().strip("\"'`\u201c\u201d\u00ab\u00bb").strip()
    row = " ".join(grader_words(said))
    stands = row and any(f" {row} " in f" {' '.join(grader_words(source))} " for source in sources)
    return Vote(word, mark.worth, said) if stands else None


def _material(rubric: Rubric, case: Case, answer: Answer) -> str:
    if rubric.shows_passages:
        passages = "\n\n".join(_passages(answer))
        about = [f"Passages:\n{passages[:_CHARS]}"]
    else:
        about = [f"Right answers: {_right(case)}"]
        about += [f"Note: {target.quote}" for target in case.targets]
    return "\n\n".join([f"Question: {case.question}", *about, f"Answer: {_said(answer)}"])


def _passages(answer: Answer) -> list[str]:
    return [hit.chunk.text for hit in given(answer)]


def _right(case: Case) -> str:
    return "; or: ".join(" and ".join(parts(reference)) for reference in case.references)


def _said(answer: Answer) -> str:
    return cut_to_show(answer.text).strip()


def _turned(every: Sequence[_T], turn: int) -> Sequence[_T]:
    start = turn % len(every)
    return [*every[start:], *every[:start]]


def _messages(system: str, examples: Iterable[tuple[str, str]], asked: str) -> list[Message]:
    """The instruction, the examples with the replies to them, and what is asked."""
    messages = [Message("system", system)]
    for question, reply in examples:
        messages += [Message("user", question), Message("assistant", reply)]
    return [*messages, Message("user", asked)]


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

_TIDAL = ("What causes the tides?", "the moon", "Tides: the moon pulls at the sea")
_RINGS = ("Which planet has rings?", "Saturn or Uranus", "Saturn and Uranus have rings")
_TAKEN = (
    *("What do plants take up?", "water and carbon dioxide"),
    "Plants take up water and carbon dioxide",
)
_EXAMPLES = (
    (*_TIDAL, "It is mostly the moon.", "yes"),
    (*_TIDAL, "The wind makes them.", "no"),
    (*_RINGS, "Uranus.", "yes"),
    (*_TAKEN, "They take up nutrients from the soil.", "no"),
)
"""Question, right answers, note, answer, verdict."""


def yes_no_prompt(case: Case, answer: Answer, turn: int) -> list[Message]:
    """What the judge is sent for its vote number `turn`, from 0: the examples in another order."""
    examples = [(_yes_no(*rest), word) for *rest, word in _turned(_EXAMPLES, turn)]
    note = " / ".join(target.quote for target in case.targets) or "-"
    return _messages(_SYSTEM, examples, _yes_no(case.question, _right(case), note, _said(answer)))


def _yes_no(question: str, right: str, note: str, said: str) -> str:
    return (
        f"Question: {question}\nRight answers: {right}\nNote: {note}\n"
        f"Student's answer: {said}\n\nYes or no?"
    )


def read_verdict(likely: Sequence[float]) -> Vote | None:
    """The vote by how likely yes and no are, 1 for yes and 0 for no; None if it is neither."""
    yes, no = map(math.exp, likely)
    if yes + no < _LEAST:
        return None
    is_yes = yes >= SURE * (yes + no)
    return Vote("yes" if is_yes else "no", float(is_yes), "")


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
        replies = [self._reply(prompt, weigh) for prompt in prompts]
        found = _judgement(replies, rubric, answer)
        # Where votes are missing, a server that was down may be up again.
        if self._kept and (found.worth is not None or not found.failed):
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


def _judgement(
    replies: Sequence[str | Sequence[float] | None], rubric: Rubric, answer: Answer
) -> Judgement:
    """The worth that more than half of all votes asked for agree on."""
    came = [reply for reply in replies if reply is not None]
    votes = [
        vote
        for reply in came
        if (
            vote := parse_vote(reply, rubric, answer)
            if isinstance(reply, str)
            else read_verdict(reply)
        )
    ]
    worths = Counter(vote.worth for vote in votes)
    worth = next((one for one, count in worths.items() if 2 * count > len(replies)), None)
    return Judgement(worth, tuple(votes), len(came) - len(votes), len(replies) - len(came))


def judged(
    run: Run, judge: ModelJudge, on_progress: Callable[[int, int], None] | None = None
) -> Run:
    """The run with the judge's scores, and with how many answers got none in its provenance.

    Ctrl-C ends the judging: what is not judged then has no score, and is counted.
    """
    outcomes = list(run.outcomes)
    found: dict[str, list[Judgement]] = {metric: [] for metric in RUBRICS}
    done = 0
    try:
        for place, outcome in enumerate(run.outcomes):
            own = _of(outcome, judge)
            for metric, one in own.items():
                found[metric].append(one)
            worths = {metric: one.worth for metric, one in own.items()}
            outcomes[place] = replace(outcome, scores={**outcome.scores, **worths})
            done = place + 1
            if on_progress:
                on_progress(done, len(outcomes))
    except KeyboardInterrupt:
        pass
    counts = {f"no score, {metric}": _count(every) for metric, every in found.items()}
    if left := len(outcomes) - done:
        counts["not looked at by the judge"] = str(left)
    return replace(run, outcomes=tuple(outcomes), provenance={**run.provenance, **counts})


def _of(outcome: Outcome, judge: ModelJudge) -> dict[str, Judgement]:
    if not outcome.answer or outcome.error:
        return {}
    every = {metric: judge.judge(metric, outcome.case, outcome.answer) for metric in RUBRICS}
    return {metric: one for metric, one in every.items() if one}


def _count(every: Sequence[Judgement]) -> str:
    """How many got no score, and for what reason."""
    none = [one for one in every if one.worth is None]
    if not none:
        return f"0 of {len(every)}"
    failed, unusable = sum(one.failed for one in none), sum(one.unusable for one in none)
    return (
        f"{len(none)} of {len(every)} (votes that failed: {failed}, that were nonsense or quoted "
        f"what is not there: {unusable}, that disagree: {sum(len(one.votes) for one in none)})"
    )


def no_scores(run: Run) -> list[str]:
    """One line for each metric of a judge on how many answers got no score, and why."""
    counts = {metric: run.provenance.get(f"no score, {metric}") for metric in RUBRICS}
    return [f"{metric}: no score for {count}" for metric, count in counts.items() if count]


VERDICTS_FILE = "verdicts.jsonl"


class KeptVerdicts:
    """The verdicts in `path`; each is written at once. What cannot be read is asked again."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        """With `fresh`, what was said before does not count."""
        self._path = path
        self._known = {} if fresh else dict(filter(None, map(_read, json_lines(path))))

    def known(self, key: tuple[str, ...]) -> Judgement | None:
        """The judgement of before, if there is one."""
        return self._known.get(_digest(key))

    def keep(self, key: tuple[str, ...], judgement: Judgement) -> None:
        """Write it. Raises OSError if that cannot be done."""
        digest = _digest(key)
        self._known[digest] = judgement
        votes = [[vote.word, vote.worth, vote.quote] for vote in judgement.votes]
        written = {"key": digest, "worth": judgement.worth, "votes": votes}
        append_json(self._path, written | {"unusable": judgement.unusable})


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
