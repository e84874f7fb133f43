"""The nouns of the eval. Frozen, and free of third-party code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rag.types import Answer


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer stands: a verbatim quote, which survives re-chunking as offsets would not.

    `note_path` is a file name or the end of a path, such as `sagemaker.md` or `aws/sagemaker.md`.
    """

    note_path: str
    quote: str

    def names(self, path: str) -> bool:
        """True if the note at `path` (absolute, POSIX-style) is the one meant."""
        return path == self.note_path or path.endswith("/" + self.note_path)


class Standing(StrEnum):
    """How far a case can be trusted."""

    DRAFT = "draft"  # found in notes or written by a model, looked at by nobody
    GOLD = "gold"  # a person has kept it
    DROPPED = "dropped"  # a person has turned it down; it stays written, lest it be found again


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a case was found: lines of a note, from 1, both ends included.

    `form` names how the quiz is written there, such as `question and answer` or `cloze`.
    """

    note_path: str
    start_line: int
    end_line: int
    form: str


@dataclass(frozen=True, slots=True)
class Case:
    """A question whose right answer is known.

    Any one of `references` is right; one written `a & b` asks for each of its parts. A case that
    is not `answerable` has neither references nor targets; `quiz_only` marks one that only an
    answer key in the notes answers. `kind` groups cases; `options` are those of an exam question,
    `correct` the places of the right ones, from 0. `before` are the questions asked before it,
    which it follows up on, oldest first. `facts` are what a whole answer has to say, each written
    like a reference.
    """

    id: str
    question: str
    references: tuple[str, ...]
    targets: tuple[Target, ...]
    answerable: bool
    quiz_only: bool = False
    kind: str = "fact"
    options: tuple[str, ...] = ()
    correct: tuple[int, ...] = ()
    before: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    origin: Origin | None = None
    standing: Standing = Standing.GOLD


class Cause(StrEnum):
    """Why a case was missed, in the order in which the rules are tried."""

    NOT_IN_NOTES = "not in the notes"
    NOT_RETRIEVED = "not retrieved"
    RANKED_TOO_LOW = "ranked too low for the budget"
    MISREAD = "in the context but misread"
    CITED_WRONGLY = "right but cited wrongly"
    REFUSED_WRONGLY = "refused wrongly"
    ANSWERED_WRONGLY = "answered what should be refused"
    FAILED = "could not be scored"


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a case was missed, and one line on what shows it.

    `rank` is the place, from 1, of the first passage that bears on the answer, among as many as
    were looked at, which is more than were given; None where none of them does. `section` are the
    headings above the answer in the notes, `prompt` is all that the model was sent; both are empty
    where that is not known.
    """

    cause: Cause
    detail: str
    rank: int | None = None
    section: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case.

    `scores` has None where a scorer cannot judge the case. With an `error` there are no scores:
    a model that failed did not answer wrongly. `seconds` is what the whole call took. `miss` says
    why a case was missed; None as well where nobody has looked. `repeat` is which asking of the
    case it was, from 0.
    """

    case: Case
    answer: Answer | None
    scores: Mapping[str, float | None]
    seconds: float
    error: str = ""
    miss: Miss | None = None
    repeat: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Cases put to an assistant, in order.

    `planned` counts those that were meant to be asked, each as often as it was to be repeated.
    `settings` are those that decide the figures, `provenance` is what else they may depend on
    (commit, fingerprint of the index, digest of the model, machine). `closed_book` is the same
    cases put to the same model without any passages. `id` is the run's name where it is kept.
    """

    outcomes: tuple[Outcome, ...]
    planned: int
    started_at: datetime
    seconds: float
    settings: Mapping[str, str]
    provenance: Mapping[str, str] = field(default_factory=dict)
    closed_book: "Run | None" = None
    id: str = ""

    @property
    def partial(self) -> bool:
        """True if the run was stopped before its last case."""
        return len(self.outcomes) < self.planned

    @property
    def model(self) -> str:
        """What wrote the answers; more than one if another model stood in for some of the cases.

        Questions that were refused before any model was asked do not count: nothing wrote there.
        """
        answers = [outcome.answer for outcome in self.outcomes if outcome.answer]
        return ", ".join(
            dict.fromkeys(a.model for a in answers if a.timings.first_token is not None)
        )

    @property
    def answerable(self) -> int:
        """Number of cases asked that the notes answer."""
        return sum(outcome.case.answerable for outcome in self.outcomes)

    @property
    def unanswerable(self) -> int:
        """Number of cases asked that the notes do not answer."""
        return len(self.outcomes) - self.answerable

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Cases that could not be scored."""
        return tuple(outcome for outcome in self.outcomes if outcome.error)


class Method(StrEnum):
    """How an interval was made; see stats.py and measures.py."""

    BCA = "BCa bootstrap"
    PERCENTILE = "percentile bootstrap"
    STUDENTISED = "bootstrap-t"
    STUDENT = "Student's t"
    BONETT_PRICE = "Bonett and Price"
    WILSON = "Wilson score"
    CONSTANT = "constant"
    NEWCOMBE = "Newcombe's score"


@dataclass(frozen=True, slots=True)
class Interval:
    """The mean of `n` scores, and the bounds of its confidence interval."""

    mean: float
    low: float
    high: float
    n: int
    method: Method


class Verdict(StrEnum):
    """What can be said of a metric of two runs over the same cases."""

    BETTER = "better"
    WORSE = "worse"
    EQUAL = "equal"  # whatever difference there is lies within the margin
    UNDECIDED = "not enough questions to tell"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of two runs over the same cases; `difference` is `after - before`, paired.

    `p` is of the paired test named by `test`, `adjusted` is p after correction over all metrics
    compared. `needed` is about how many questions would tell, where these were too few.
    """

    metric: str
    before: Interval
    after: Interval
    difference: Interval
    test: str
    p: float
    adjusted: float
    verdict: Verdict
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that one of two runs got right, by this metric, and the other did not."""

    case_id: str
    metric: str
    before: float
    after: float


class Format(StrEnum):
    """Whose data sets cases are written as and taken from."""

    RAGAS = "ragas"
    DEEPEVAL = "deepeval"
