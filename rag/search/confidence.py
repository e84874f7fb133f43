"""How likely do the notes hold the answer, and how likely must that be to answer at all?

Two logistic models. One looks at what the search found, by how much it is better than what general
questions find in the same notes (rag/search/baseline.py), and tells questions that the notes touch
on from those that they do not. The other adds what a language model read, and tells the fact from
its topic. Each comes with the curve that its threshold is taken from, so that the threshold has a
meaning: of 100 answers at most so many are to questions that the notes do not answer, where one
question in five is such a question.

An embedding model lays texts of a language that it hardly knows close together, so what was fitted
on English questions says little of German ones. There a question is as sure as the threshold asks
where it fits better than 95 of 100 general questions do.

The shipped figures (calibration.json) were fitted by `python -m benchmarks.vaults --fit`; those
in the home by `crib eval --calibrate`. Both are for one embedding model. Limitation: how often the
answer is wrong though the notes hold it is not known.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from rag.files import write_text
from rag.types import Support

CALIBRATION_FILE = "calibration.json"
SHIPPED = Path(__file__).with_name(CALIBRATION_FILE)

NOTHING = Support()

SEARCH_FEATURES = tuple(field.name for field in fields(Support))
READING_FEATURES = ("search", "doubt")
"""Log-odds: what the first model says, and that the language model begins with a refusal."""

UNANSWERABLE = 0.2
"""The share of questions that notes do not answer, of all that they are asked: an assumption."""

HOPELESS = 0.01
"""Probability by the search below which a model is not asked. It reads in other languages than
English what the embedding model does not see: a higher one cost eight of sixty answers there."""

_LARGEST = 30.0
"""Log-odds beyond which nothing is more certain."""

_LEAST_DOUBT = 0.001
"""Less is not told apart: only the likeliest first tokens are looked at."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """`probability = 1 / (1 + exp(-(bias + sum of weight * feature)))`, features by name."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Between 0 and 1, neither included."""
        return _probability(self.log_odds(features))

    def log_odds(self, features: Mapping[str, float]) -> float:
        """The probability's logarithmic odds, in nats."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())


class Point(NamedTuple):
    """Where all of at least this probability are answered: the shares that are, of both kinds."""

    probability: float
    answerable: float
    unanswerable: float

    @property
    def risk(self) -> float:
        """The share of the answers that are to questions which the notes do not answer."""
        wrong = UNANSWERABLE * self.unanswerable
        answered = wrong + (1 - UNANSWERABLE) * self.answerable
        return wrong / answered if answered else 0.0


@dataclass(frozen=True, slots=True)
class Judge:
    """A model and its curve, by falling probability; empty where nothing was measured."""

    model: Logistic
    curve: tuple[Point, ...]

    def at_most(self, wrong_answers: float) -> Point | None:
        """Of the points with at most `wrong_answers` in 100 wrong, the one that answers most.

        Of those that answer as much it is the surest. Where none keeps the bound, it is the one
        that comes nearest; None where nothing was measured.
        """
        allowed = [point for point in self.curve if point.risk <= wrong_answers / 100]
        most = max(allowed, key=lambda point: point.answerable, default=None)
        return most or min(self.curve, key=lambda point: point.risk, default=None)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Both judges, for vectors of the embedding model with this fingerprint.

    `languages` are those of the questions that they were fitted on.
    """

    embedding: str
    search: Judge
    reading: Judge
    languages: tuple[str, ...] = ("English",)


class _Verdict(NamedTuple):
    """The probability that the notes hold the answer, and whether that is enough to answer."""

    chance: float
    enough: bool


class Confidence:
    """What is answered, where at most `wrong_answers` in 100 answers may be wrong."""

    def __init__(
        self,
        calibration: Calibration,
        wrong_answers: float,
        usual: Callable[[], Support] = lambda: NOTHING,
        high: Callable[[], float] = lambda: 1.0,
    ) -> None:
        """Take what was fitted; `usual` tells what questions find that the notes do not answer.

        `high` is the score that few of them come to. Both are asked each time: the library may have
        grown since.
        """
        self._usual, self._high = usual, high
        self._search, self._reading = calibration.search, calibration.reading
        self._languages = frozenset(calibration.languages)
        self._floors = [_floor(one, wrong_answers) for one in (self._search, self._reading)]

    def of_search(self, support: Support, language: str = "English") -> _Verdict:
        """By what the search found for a question in this language: do the notes touch on it?"""
        chance = _probability(self._searched(support, language))
        return _Verdict(chance, chance >= self._floors[0])

    def is_hopeless(self, support: Support, language: str = "English") -> bool:
        """True where so little was found that no model need read it."""
        chance = _probability(self._searched(support, language))
        return bool(self._search.curve) and chance < HOPELESS

    def of_reading(self, support: Support, doubt: float, language: str = "English") -> _Verdict:
        """The same, once a model has read the passages.

        Args:
            support: what the search found.
            doubt: the probability, as the model has it, that the passages do not say it.
            language: the question's, by its English name.
        """
        features = reading_features(self._searched(support, language), doubt)
        chance = self._reading.model.probability(features)
        return _Verdict(chance, chance >= self._floors[1])

    def _searched(self, support: Support, language: str) -> float:
        """The log-odds by the search."""
        model = self._search.model
        if language in self._languages:
            return model.log_odds(search_features(support, self._usual()))
        least = min(max(self._floors[0], _LEAST_DOUBT), 1 - _LEAST_DOUBT)
        better = support.best - self._high()
        return math.log(least / (1 - least)) + sum(model.weights.values()) * better


def search_features(support: Support, usual: Support) -> dict[str, float]:
    """By how much what was found is better than what is usual for questions out of the notes."""
    pairs = zip(astuple(support), astuple(usual), strict=True)
    return dict(zip(SEARCH_FEATURES, (one - other for one, other in pairs), strict=True))


def reading_features(searched: float, doubt: float) -> dict[str, float]:
    """What the second model looks at: the first one's log-odds, and the language model's."""
    told = max(_LEAST_DOUBT, min(1 - _LEAST_DOUBT, doubt))
    odds = (_bounded(searched), math.log(told / (1 - told)))
    return dict(zip(READING_FEATURES, odds, strict=True))


def load(path: Path) -> Calibration:
    """Read a calibration.

    Raises:
        OSError: there is none, or it cannot be read.
        ValueError: it is damaged.
    """
    try:
        found = TypeAdapter(Calibration).validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(f"damaged: {error.errors()[0]['msg']}") from None
    for judge, known in ((found.search, SEARCH_FEATURES), (found.reading, READING_FEATURES)):
        numbers = [judge.model.bias, *judge.model.weights.values(), *sum(judge.curve, ())]
        if not all(map(math.isfinite, numbers)) or not set(known).issuperset(judge.model.weights):
            raise ValueError("damaged: a figure or a feature that cannot be")
    return found


def save(calibration: Calibration, path: Path) -> None:
    """Write it whole, or not at all. Raises OSError."""
    write_text(path, TypeAdapter(Calibration).dump_json(calibration).decode() + "\n")


def of_home(home: Path, embedding: str) -> tuple[Calibration, str]:
    """The calibration of the home, else the shipped one; and one line on why not the home's."""
    shipped, path = load(SHIPPED), home / CALIBRATION_FILE
    again = "run: crib eval --calibrate"
    try:
        own = load(path)
    except FileNotFoundError:
        return shipped, ""
    except (OSError, ValueError) as error:
        return shipped, f"{path} cannot be used ({error}); the shipped one is; {again}"
    if own.embedding != embedding:
        return shipped, f"{path} is of another embedding model; the shipped one is used; {again}"
    return own, ""


def _floor(judge: Judge, wrong_answers: float) -> float:
    point = judge.at_most(wrong_answers)
    return point.probability if point else 0.0


def _probability(odds: float) -> float:
    return 1 / (1 + math.exp(-_bounded(odds)))


def _bounded(odds: float) -> float:
    return max(-_LARGEST, min(_LARGEST, odds))
