"""Messages that go by a name, in English; `web.words` gives them in the language of the page."""

from eval.types import Cause, Verdict
from rag.types import Status
from web.translation import N_

UNEXPECTED = N_("Something went wrong on our side; the log of the program says what.")
EVALS = N_("Evals")
EVALS_WHAT = N_(
    "An eval asks questions whose right answers are known, and counts how often your notes "
    "answer them, with the right lines cited. So you see whether a change of model, notes or "
    "settings helps before you rely on it."
)
EVALS_FIRST = N_("Start an eval: without a model it takes some seconds.")
EVALS_START = N_("Start an eval")
EVALS_HOW = N_("What is asked, and of whom")
EVALS_CASES = N_("Cases")
EVALS_MODEL = N_("Model")
EVALS_NO_MODEL = N_("no model: the notes' own sentences")
EVALS_CLOSED_BOOK = N_("Closed book, too: ask the model without the notes")
EVALS_PASSAGES = N_("Passages the model is given")
EVALS_PASSAGES_MORE = N_("0: as in the settings")
EVALS_NAME = N_("Name of the run")
EVALS_NAME_MORE = N_("Optional; the settings name it otherwise.")
EVALS_STOP = N_("Stop")
EVALS_PHASES = {
    "indexing": N_("Reading the notes"),
    "asking": N_("Asking"),
    "closed book": N_("Asking without the notes"),
}
EVALS_STOPPING = N_("Stopping after the case at hand; what is done is kept")
EVALS_STOPPED = N_("Stopped before the first case. The same start goes on from there.")
EVALS_DONE = N_("The eval is done.")
EVALS_RUNS = N_("Runs")
EVALS_NO_RUNS = N_("Runs are kept here.")
EVALS_MORE = N_("Older runs")
EVALS_RUN = N_("Run")
EVALS_GONE = N_("This run is not there any more.")
EVALS_UNFINISHED = N_("not finished")
EVALS_PART_CLOSED = N_("closed book")
EVALS_REPORT = N_("Report (HTML)")
EVALS_JSON = N_("All figures (JSON)")
EVALS_DELETE = N_("Delete")
EVALS_DELETE_YES = N_("Delete the run")
EVALS_DELETE_NO = N_("Keep it")
EVALS_SCORES = N_("Scores")
EVALS_SCORES_PLOT = N_("Mean of each score, from 0 to 1")
EVALS_METRIC = N_("Score")
EVALS_MEAN = N_("mean")
EVALS_INTERVAL = N_("95% interval")
EVALS_COUNT = N_("cases")
EVALS_SHARE = N_("share right")
EVALS_CHART = N_("from 0 to 1")
EVALS_COSTS = N_("What an answer costs")
EVALS_WITH_NOTES = N_("with the notes")
EVALS_WITHOUT_NOTES = N_("the same model without them")
EVALS_LESS = N_("less is better")
EVALS_BY_KIND = N_("By kind of question")
EVALS_BY_NOTE = N_("By note")
EVALS_KIND = N_("kind")
EVALS_NOTE = N_("note that holds the answer")
EVALS_NO_NOTE = N_("in no note")
EVALS_NONE_RIGHT = N_("No case could be scored.")
EVALS_MISSES = N_("Cases")
EVALS_CAUSES_PLOT = N_("Misses by the first thing that went wrong")
EVALS_CAUSE_COUNT = N_("misses")
EVALS_CAUSE = N_("Why it was missed")
EVALS_WHICH = N_("Which")
EVALS_ALL = N_("All cases")
EVALS_MISSED = N_("Missed")
EVALS_RIGHT = N_("Right")
EVALS_SEARCH = N_("Search the questions")
EVALS_NO_CASES = N_("No case is like this.")
EVALS_EARLIER = N_("Previous")
EVALS_LATER = N_("Next")
EVALS_BACK = N_("All cases")
EVALS_ASKED_BEFORE = N_("Asked before")
EVALS_WANTED = N_("Wanted")
EVALS_A_REFUSAL = N_("a refusal: the notes do not answer it")
EVALS_OPTIONS = N_("Choices")
EVALS_OPTION_RIGHT = N_("right")
EVALS_STANDS_IN = N_("Stands in")
EVALS_SAID = N_("Said")
EVALS_SEARCHED = N_("Searched for")
EVALS_NOTICE = N_("Notice")
EVALS_FAILED = N_("Failed")
EVALS_RESULT = N_("Result")
EVALS_NOT_EXPLAINED = N_("missed; nobody has looked why")
EVALS_FOUND = N_("Passages found")
EVALS_HOLDS = N_("holds what answers it")
EVALS_NOT_GIVEN = N_("found, not given")
EVALS_LEGEND_TARGET = N_("what answers it")
EVALS_LEGEND_CITED = N_("what was cited")
EVALS_LEGEND_WEAK = N_("weakly supported")
EVALS_LEGEND_UNFOUNDED = N_("not found in the notes")
EVALS_PROMPT = N_("What the model was sent")
EVALS_CASE_SCORES = N_("Scores of this case")
EVALS_AGAIN = N_("Try again with")
EVALS_AGAIN_DO = N_("Ask again")
EVALS_ASKING = N_("Asking again…")
EVALS_BEFORE = N_("before")
EVALS_NOW = N_("now")
EVALS_SAME_MODEL = N_("the model of the run")
EVALS_STATUS = {
    Status.ANSWERED: N_("answered"),
    Status.REFUSED: N_("refused"),
    Status.EXTRACTIVE: N_("answered with sentences of the notes"),
    Status.INTERRUPTED: N_("cut off"),
}
EVALS_COMPARE = N_("Compare")
EVALS_AGAINST = N_("Compare with")
EVALS_NO_OTHER = N_("There is no other run yet to compare with.")
EVALS_CHOOSE = N_("Choose a run to compare this one with.")
EVALS_NOTHING_SHARED = N_("The two runs have no case in common.")
EVALS_DIFFERENCE = N_("difference, 0 in the middle")
EVALS_P = N_("p, adjusted")
EVALS_VERDICT = N_("verdict")
EVALS_FLIPS = N_("Cases that turned")
EVALS_LOST = N_("right before, wrong now")
EVALS_WON = N_("wrong before, right now")
EVALS_NO_FLIPS = N_("No case turned.")
EVALS_OTHER_CASES = N_("Not the same cases")
EVALS_HISTORY = N_("Over time")
EVALS_HISTORY_MORE = N_("The runs of the same cases as this one, the oldest first.")
EVALS_WHEN = N_("begun")
EVALS_COMMIT = N_("commit")
EVALS_SELDOM = N_("This score was not measured in these runs.")
EVALS_LABEL = N_("Label")
EVALS_LABEL_MORE = N_(
    "You say whether answers are right, without seeing what the scorers say. Your word is kept,"
    " and shows how far the scorers can be trusted."
)
EVALS_ALL_LABELLED = N_("Every answer of this run that can be judged has a label.")
EVALS_LABELS = {"correct": N_("Right"), "partly": N_("Partly"), "wrong": N_("Wrong")}
EVALS_SKIP = N_("Skip")
EVALS_ANSWER = N_("Answer")
EVALS_CAUSES = {
    Cause.NOT_IN_NOTES: N_("not in the notes"),
    Cause.NOT_RETRIEVED: N_("not found"),
    Cause.RANKED_TOO_LOW: N_("found too far down to be given"),
    Cause.MISREAD: N_("given but misread"),
    Cause.CITED_WRONGLY: N_("right but cited wrongly"),
    Cause.REFUSED_WRONGLY: N_("refused wrongly"),
    Cause.ANSWERED_WRONGLY: N_("answered what should be refused"),
    Cause.FAILED: N_("could not be scored"),
}
EVALS_VERDICTS = {
    Verdict.BETTER: N_("better"),
    Verdict.WORSE: N_("worse"),
    Verdict.EQUAL: N_("equal"),
    Verdict.UNDECIDED: N_("not enough questions to tell"),
}
EVALS_METRICS = {
    "recall@1": N_("found, first passage"),
    "recall@3": N_("found, first 3 passages"),
    "recall@5": N_("found, first 5 passages"),
    "precision@5": N_("passages that help, of 5"),
    "mrr": N_("reciprocal rank"),
    "ndcg@5": N_("ranking (nDCG@5)"),
    "span_recall": N_("target lines found"),
    "span_precision": N_("share of what was found"),
    "span_iou": N_("overlap with the target lines"),
    "reference_match": N_("answered rightly"),
    "token_f1": N_("words in common (F1)"),
    "facts_said": N_("facts said"),
    "choice_accuracy": N_("right option"),
    "similarity": N_("likeness of meaning"),
    "judged": N_("right, says the judge"),
    "judged_faithful": N_("true to the notes, says the judge"),
    "grounded": N_("sentences carried by the notes"),
    "not_found": N_("sentences not in the notes"),
    "carried": N_("carried by what is cited"),
    "citation_precision": N_("citations on the right lines"),
    "citation_recall": N_("right lines cited"),
    "refusal_right": N_("refused rightly"),
    "refusal_right_quiz_only": N_("refused what only a quiz says"),
    "refusal_wrong": N_("refused wrongly"),
    "seconds_to_sources": N_("seconds to the passages"),
    "seconds_to_first_token": N_("seconds to the first word"),
    "seconds_total": N_("seconds to the whole answer"),
    "prompt_tokens": N_("tokens read"),
    "generated_tokens": N_("tokens written"),
    "dollars": N_("dollars"),
}
