"""English: the page of evals."""

from eval.types import Cause, Interval, Verdict
from rag.types import Status
from web.words.english.numbers import counted, number

EVALS = "Evals"
EVALS_WHAT = (
    "An eval asks questions whose right answers are known, and counts how often your notes answer "
    "them, with the right lines cited. So you see whether a change of model, notes or settings "
    "helps before you rely on it."
)
EVALS_FIRST = "Start an eval: without a model it takes some seconds."
EVALS_START = "Start an eval"
EVALS_HOW = "What is asked, and of whom"
EVALS_CASES = "Cases"
EVALS_MODEL = "Model"
EVALS_NO_MODEL = "no model: the notes' own sentences"
EVALS_CLOSED_BOOK = "Closed book, too: ask the model without the notes"
EVALS_PASSAGES = "Passages the model is given"
EVALS_PASSAGES_MORE = "0: as in the settings"
EVALS_NAME = "Name of the run"
EVALS_NAME_MORE = "Optional; the settings name it otherwise."
EVALS_STOP = "Stop"
EVALS_PHASES = {
    "indexing": "Reading the notes",
    "asking": "Asking",
    "closed book": "Asking without the notes",
}
EVALS_STOPPING = "Stopping after the case at hand; what is done is kept"
EVALS_STOPPED = "Stopped before the first case. The same start goes on from there."
EVALS_DONE = "The eval is done."

EVALS_RUNS = "Runs"
EVALS_NO_RUNS = "Runs are kept here."
EVALS_MORE = "Older runs"
EVALS_RUN = "Run"
EVALS_GONE = "This run is not there any more."
EVALS_UNFINISHED = "not finished"
EVALS_PART_CLOSED = "closed book"
EVALS_REPORT = "Report (HTML)"
EVALS_JSON = "All figures (JSON)"
EVALS_DELETE = "Delete"
EVALS_DELETE_YES = "Delete the run"
EVALS_DELETE_NO = "Keep it"
EVALS_DELETED = "The run is deleted."

EVALS_SCORES = "Scores"
EVALS_SCORES_PLOT = "Mean of each score, from 0 to 1"
EVALS_METRIC = "Score"
EVALS_MEAN = "mean"
EVALS_INTERVAL = "95% interval"
EVALS_COUNT = "cases"
EVALS_SHARE = "right"
EVALS_CHART = "from 0 to 1"
EVALS_COSTS = "What an answer costs"
EVALS_WITH_NOTES = "with the notes"
EVALS_WITHOUT_NOTES = "the same model without them"
EVALS_LESS = "less is better"
EVALS_BY_KIND = "By kind of question"
EVALS_BY_NOTE = "By note"
EVALS_KIND = "kind"
EVALS_NOTE = "note that holds the answer"
EVALS_NO_NOTE = "in no note"
EVALS_NONE_RIGHT = "No case could be scored."

EVALS_MISSES = "Cases"
EVALS_CAUSES_PLOT = "Misses by the first thing that went wrong"
EVALS_CAUSE_COUNT = "misses"
EVALS_CAUSE = "Why it was missed"
EVALS_WHICH = "Which"
EVALS_ALL = "All cases"
EVALS_MISSED = "Missed"
EVALS_RIGHT = "Right"
EVALS_SEARCH = "Search the questions"
EVALS_NO_CASES = "No case is like this."
EVALS_EARLIER = "Previous"
EVALS_LATER = "Next"
EVALS_BACK = "All cases"
EVALS_ASKED_BEFORE = "Asked before"
EVALS_WANTED = "Wanted"
EVALS_A_REFUSAL = "a refusal: the notes do not answer it"
EVALS_OPTIONS = "Options"
EVALS_OPTION_RIGHT = "right"
EVALS_STANDS_IN = "Stands in"
EVALS_SAID = "Said"
EVALS_SEARCHED = "Searched for"
EVALS_NOTICE = "Notice"
EVALS_FAILED = "Failed"
EVALS_RESULT = "Result"
EVALS_NOT_EXPLAINED = "missed; nobody has looked why"
EVALS_FOUND = "Passages found"
EVALS_HOLDS = "holds what answers it"
EVALS_NOT_GIVEN = "found, not given"
EVALS_LEGEND_TARGET = "what answers it"
EVALS_LEGEND_CITED = "what was cited"
EVALS_LEGEND_WEAK = "weakly supported"
EVALS_LEGEND_UNFOUNDED = "not found in the notes"
EVALS_PROMPT = "What the model was sent"
EVALS_CASE_SCORES = "Scores of this case"
EVALS_AGAIN = "Try again with"
EVALS_AGAIN_DO = "Ask again"
EVALS_ASKING = "Asking again…"
EVALS_BEFORE = "before"
EVALS_NOW = "now"
EVALS_SAME_MODEL = "the model of the run"
EVALS_STATUS = {
    Status.ANSWERED: "answered",
    Status.REFUSED: "refused",
    Status.EXTRACTIVE: "answered with sentences of the notes",
    Status.INTERRUPTED: "cut off",
}

EVALS_COMPARE = "Compare"
EVALS_AGAINST = "Compare with"
EVALS_NO_OTHER = "There is no other run yet to compare with."
EVALS_CHOOSE = "Choose a run to compare this one with."
EVALS_NOTHING_SHARED = "The two runs have no case in common."
EVALS_DIFFERENCE = "difference, 0 in the middle"
EVALS_P = "p, adjusted"
EVALS_VERDICT = "verdict"
EVALS_FLIPS = "Cases that turned"
EVALS_LOST = "right before, wrong now"
EVALS_WON = "wrong before, right now"
EVALS_NO_FLIPS = "No case turned."
EVALS_OTHER_CASES = "Not the same cases"

EVALS_HISTORY = "Over time"
EVALS_HISTORY_MORE = "The runs of the same cases as this one, the oldest first."
EVALS_WHEN = "begun"
EVALS_COMMIT = "commit"
EVALS_SELDOM = "This score was not measured in these runs."

EVALS_LABEL = "Label"
EVALS_LABEL_MORE = (
    "You say whether answers are right, without seeing what the scorers say. Your word is kept, "
    "and shows how far the scorers can be trusted."
)
EVALS_ALL_LABELLED = "Every answer of this run that can be judged has a label."
EVALS_LABELS = {"correct": "Right", "partly": "Partly", "wrong": "Wrong"}
EVALS_SKIP = "Skip"
EVALS_ANSWER = "Answer"

EVALS_CAUSES = {
    Cause.NOT_IN_NOTES: "not in the notes",
    Cause.NOT_RETRIEVED: "not found",
    Cause.RANKED_TOO_LOW: "found too far down to be given",
    Cause.MISREAD: "given but misread",
    Cause.CITED_WRONGLY: "right but cited wrongly",
    Cause.REFUSED_WRONGLY: "refused wrongly",
    Cause.ANSWERED_WRONGLY: "answered what should be refused",
    Cause.FAILED: "could not be scored",
}
EVALS_VERDICTS = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.EQUAL: "equal",
    Verdict.UNDECIDED: "not enough questions to tell",
}
EVALS_METRICS = {
    "recall@1": "found, first passage",
    "recall@3": "found, first 3 passages",
    "recall@5": "found, first 5 passages",
    "precision@5": "passages that help, of 5",
    "mrr": "reciprocal rank",
    "ndcg@5": "ranking (nDCG@5)",
    "span_recall": "target lines found",
    "span_precision": "share of what was found",
    "span_iou": "overlap with the target lines",
    "reference_match": "answered rightly",
    "token_f1": "words in common (F1)",
    "facts_said": "facts said",
    "choice_accuracy": "right option",
    "similarity": "likeness of meaning",
    "judged": "right, says the judge",
    "judged_faithful": "true to the notes, says the judge",
    "grounded": "sentences carried by the notes",
    "not_found": "sentences not in the notes",
    "carried": "carried by what is cited",
    "citation_precision": "citations on the right lines",
    "citation_recall": "right lines cited",
    "refusal_right": "refused rightly",
    "refusal_right_quiz_only": "refused what only a quiz says",
    "refusal_wrong": "refused wrongly",
    "seconds_to_sources": "seconds to the passages",
    "seconds_to_first_token": "seconds to the first word",
    "seconds_total": "seconds to the whole answer",
    "prompt_tokens": "tokens read",
    "generated_tokens": "tokens written",
    "dollars": "dollars",
}


def evals_set(notes: str, count: int, *, shipped: bool) -> str:
    """A set of cases."""
    name = "The cases that come with Cribsheet" if shipped else f"The quiz of {notes}"
    return f"{name} ({number(count)})"


def evals_cases(count: int) -> str:
    """`1 case`, `2,100 cases`."""
    return counted(count, "case")


def evals_part(done: int, total: int) -> str:
    """How many of all."""
    return f"{number(done)} of {number(total)}"


def evals_interval(one: Interval, *, percent: bool = False) -> str:
    """The bounds of a mean."""
    if percent:
        return f"{100 * one.low:.0f} to {100 * one.high:.0f}%"
    return f"{one.low:.3g} to {one.high:.3g}"


def evals_about(model: str, answerable: int, unanswerable: int, seconds: float) -> str:
    """What a run asked, and of whom."""
    return (
        f"Answered by {model}: {counted(answerable, 'question')} that the notes answer, "
        f"{number(unanswerable)} that they do not, in {seconds:,.1f} s."
    )


def evals_stopped(done: int, total: int) -> str:
    """Of a run that did not come to its end."""
    return f"Stopped after {number(done)} of {number(total)}; starting the same goes on from there."


def evals_failed(count: int) -> str:
    """Of cases without scores."""
    return f"{counted(count, 'case')} could not be scored."


def evals_delete_sure(run: str) -> str:
    """The question before a run is deleted."""
    return f"Delete the run {run} and its answers for good?"


def evals_page(first: int, last: int, total: int) -> str:
    """Which cases of all are shown."""
    return f"{number(first)} to {number(last)} of {number(total)}"


def evals_confidence(confidence: float) -> str:
    """How sure an answer was."""
    return f"confidence {confidence:.2f}"


def evals_needed(count: int) -> str:
    """How many questions would tell."""
    return f"about {number(count)} would do"


def evals_more_rows(count: int) -> str:
    """What a table leaves out."""
    return f"and {number(count)} more"


def evals_to_label(count: int) -> str:
    """How many answers wait for a label."""
    return f"{counted(count, 'answer')} to label"


def evals_characters_left(count: int) -> str:
    """What is left out in the middle of a text."""
    return f"… {number(count)} characters more …"
