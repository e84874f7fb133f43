"""Messages that go by a name, in English; `web.words` gives them in the language of the page."""

from eval.study.store import Rating
from eval.types import Cause, Verdict
from ingest.types import Phase
from rag.types import Status, Style
from web.translation import N_

CHAT = N_("Chat")
YOU = N_("You")
ANSWER = N_("Answer")
NOTES = N_("Notes")
READ_BY = N_("Model")
NAME = N_("Cribsheet")
TAGLINE = N_("Answers from your own notes")
ASK = N_("Ask your notes a question")
ASK_LABEL = N_("Question")
NOT_YET = N_("Reading your notes")
NO_NOTES = N_("There are no notes to ask yet")
EMPTY_CHAT = N_("What would you like to know?")
EMPTY_CHAT_MORE = N_("Every answer comes with the lines of your notes that it rests on.")
RETRY = N_("Ask again")
NEW_CHAT = N_("New chat")
REFRESH = N_("Refresh notes")
REFRESH_RETRY = N_("Try again")
HALT = N_("Stop")
HALTING = N_("Stopping")
HALTING_MORE = N_("What is being read is finished first.")
HALTED = N_("Stopped. What was read is kept; Refresh notes goes on from there.")
PHASES = {
    Phase.SCANNING: N_("Looking for notes"),
    Phase.READING: N_("Reading"),
    Phase.EMBEDDING: N_("Embedding"),
    Phase.INDEXING: N_("Writing the index"),
}
SEARCHING = N_("Searching your notes")
WRITING = N_("Writing")
STOPPED = N_("Stopped. This is as far as the answer got.")
STOPPED_EARLY = N_("Stopped before the answer began.")
INTERRUPTED = N_("The model was cut off. This is as far as the answer got.")
UNEXPECTED = N_("Something went wrong on our side; the log of the program says what.")
CHATS = N_("Conversations")
SEARCH_CHATS = N_("Search conversations")
NO_CHATS = N_("What you ask is kept here.")
NO_SUCH_CHAT = N_("No conversation holds these words.")
MORE_CHATS = N_("Show more")
YESTERDAY = N_("yesterday")
CHAT_MENU = N_("Rename, export or delete")
RENAME = N_("Rename")
NEW_TITLE = N_("New title")
EXPORT = N_("Export")
DELETE = N_("Delete")
DELETE_SURE = N_("Delete the conversation")
DELETE_MORE = N_("It is deleted for good.")
DELETE_NOT = N_("Keep it")
CANCEL = N_("Cancel")
CLOSE = N_("Close")
STALE_CHAT = N_("notes changed")
STALE_CHAT_MORE = N_("An answer rests on words that your notes no longer hold.")
BUSY = N_("An answer is being written; stop it first.")
OPTIONS = N_("Options")
WHERE = N_("Look in")
WHERE_ALL = N_("all notes")
STYLE = N_("Style")
MODEL = N_("Model")
NO_MODEL = N_("none: the notes' own sentences")
STYLES = {
    Style.SHORT: N_("short"),
    Style.DETAILED: N_("in detail"),
    Style.STEPS: N_("step by step"),
    Style.LIST: N_("as a list"),
    Style.COMPARE: N_("as a comparison"),
}
STANDIN = N_("From the notes, while the model reads")
STANDIN_FAILED = N_("From the notes, without the model")
WEAK = N_("your notes carry this only in part")
WEAK_MORE = N_(
    "Your notes carry this sentence only in part: read the source before you rely on it."
)
MISSING = N_("not in your notes")
MISSING_MORE = N_("No passage that was read says this: the model may have made it up.")
CACHED = N_("answered before")
SOURCES = N_("Sources")
SOURCES_EMPTY = N_("The passages that an answer rests on appear here.")
SOURCES_NONE = N_("Nothing in your notes is near this question.")
ALSO_READ = N_("Also read")
ALSO_FOUND = N_("Also found, not read")
READ_ONLY = N_("Closest passages")
SHOW_IN_NOTE = N_("Show in the note")
COPY = N_("Copy")
SENTENCES = N_("the notes' own sentences, no language model")
STAYS = N_("on this machine")
LEAVES = N_("passages leave this machine")
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
EVALS_DELETED = N_("The run is deleted.")
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
LOGIN = N_("Log in")
LOGOUT = N_("Log out")
LOGIN_USER = N_("User")
LOGIN_PASSWORD = N_("Password")
LOGIN_NEEDED = N_("Log in first.")
LOGIN_WRONG = N_("User or password are wrong.")
NOTES_LIST = N_("Your notes")
NOTES_SEARCH = N_("Search notes by name or by words")
NOTES_ALL = N_("All")
NOTES_STATES = {
    "indexed": N_("up to date"),
    "changed": N_("changed"),
    "new": N_("new"),
    "moved": N_("moved"),
    "gone": N_("gone"),
    "skipped": N_("skipped"),
}
NOTES_STATES_MORE = {
    "indexed": N_("The index holds what the file says."),
    "changed": N_("The file has changed since it was read."),
    "new": N_("The file was not read yet."),
    "moved": N_("The file now lies elsewhere."),
    "gone": N_("The file is not there any more."),
    "skipped": N_("The file could not be read."),
}
NOTES_EMPTY = N_("There are no notes here yet.")
NOTES_EMPTY_MORE = N_("Add some above: drop files, name a folder, or give the address of a page.")
NOTES_NO_MATCH = N_("No note has that name.")
NOTES_NO_MATCH_STATE = N_("No note is in this state.")
NOTES_IN_TEXT = N_("In the text")
NOTES_TREE = N_("List of notes")
NOTES_FILTER = N_("Which notes are listed")
NOTES_PAGES = N_("Pages of the list")
NOTES_BEFORE = N_("Before")
NOTES_NEXT = N_("Next")
NOTES_PICK = N_("Choose a note to read it as it was read for the index.")
NOTES_PICK_MORE = N_("Its headings, and the passages that it was cut into, are shown beside it.")
NOTES_OUTLINE = N_("Headings")
NOTES_TEXT = N_("Text of the note")
NOTES_PASSAGES = N_("Show passages")
NOTES_ASK = N_("Ask about this note")
NOTES_BACK = N_("Back to the list")
NOTES_OPEN = N_("Open in notes")
NOTES_EARLIER = N_("Earlier part")
NOTES_LATER = N_("Later part")
NOTES_PARTS = N_("Parts of the note")
NOTES_LOST = N_("These words are not in the note any more; it is shown from its beginning.")
NOTES_MARKED = N_("What was cited is marked.")
NOTES_ADD = N_("Add notes")
NOTES_KEEP = N_("Keep them up to date")
NOTES_DROP = N_("Drop files here, or click to choose")
NOTES_FOLDER = N_("Choose a folder")
NOTES_TARGET = N_("Folder, file or address")
NOTES_TARGET_MORE = N_("/home/me/notes or https://…")
NOTES_ADD_IT = N_("Add")
NOTES_UPDATE = N_("Bring up to date")
NOTES_UNDO = N_("Undo the last ingest")
NOTES_FIND_DUPLICATES = N_("Find duplicates and conflicts")
NOTES_DUPLICATES = N_("Notes that say the same")
NOTES_NO_DUPLICATES = N_("No two notes say the same.")
NOTES_CONFLICTS = N_("Lines that may contradict each other")
NOTES_NO_CONFLICTS = N_("No two notes contradict each other in the same words.")
NOTES_SAME = N_("The same to the last byte:")
NOTES_WATCH = N_("Read changes as they happen")
NOTES_SOURCES = N_("Where your notes come from")
NOTES_REMOVE = N_("Remove")
NOTES_DO_IT = N_("Do it")
NOTES_FORGET = N_("Remove from library")
NOTES_CANCEL = N_("Cancel")
NOTES_PLAN = N_("What would be done")
NOTES_BEGUN = N_("It is being read; the line at the top of the page says how far it is.")
NOTES_FILES_STAY = N_("The files stay where they are; only the index forgets them.")
NOTES_COPIES_STAY = N_("Your files are never changed. Undo takes this back.")
QUIZ = N_("Quiz")
QUIZ_STUDY = N_("Study")
QUIZ_DRAFTS = N_("Drafts")
QUIZ_PROGRESS = N_("Progress")
QUIZ_WHERE = N_("Notes")
QUIZ_WHERE_MORE = N_("Choose notes or folders; none is all of them.")
QUIZ_MANY = N_("Cards at most")
QUIZ_WITH_DRAFTS = N_("With drafts that nobody has looked at yet")
QUIZ_START = N_("Start")
QUIZ_AHEAD = N_("Study ahead")
QUIZ_NONE = N_("There is no quiz here yet")
QUIZ_NONE_MORE = N_(
    "Cribsheet finds the questions that your notes ask already, in any of these forms:"
)
QUIZ_FORMS = (
    N_("Q: Which? A: This."),
    N_("1. Which? A. this B. that Answer: B"),
    N_("Which?::This."),
    N_("True or false: this. True"),
    N_("The answer is {{c1::this}}."),
    N_("| Question | Answer |"),
    N_("## Quiz, and under it: term = definition"),
    N_("Anki packages and tables of cards (CSV)"),
)
QUIZ_LOOK = N_("Find the quiz in my notes")
QUIZ_READY = N_("Ready when you are")
QUIZ_ALL_DONE = N_("Nothing is due")
QUIZ_NO_CHOICE = N_("None of the chosen notes has a card. Choose others.")
QUIZ_ANSWER = N_("Your answer")
QUIZ_ANSWER_MORE = N_("Type what you know; Enter shows the answer")
QUIZ_CHOOSE_ONE = N_("Choose one")
QUIZ_CHOOSE_MANY = N_("Choose all that are right")
QUIZ_SURE = N_("How sure are you?")
QUIZ_SURES = (N_("unsure"), N_("rather sure"), N_("sure"))
QUIZ_SHOW = N_("Show the answer")
QUIZ_DRAFT = N_("draft")
QUIZ_DRAFT_MORE = N_("Nobody has looked at this card yet; it may be wrong.")
QUIZ_RIGHT = N_("Right")
QUIZ_WRONG = N_("Not right")
QUIZ_PARTLY = N_("Partly right")
QUIZ_UNJUDGED = N_("Compare it yourself")
QUIZ_OVERRULED = N_("as you say")
QUIZ_YOURS = N_("You answered")
QUIZ_NOTHING = N_("nothing")
QUIZ_REFERENCE = N_("The answer")
QUIZ_ALSO = N_("Also right")
QUIZ_CHOSEN = N_("you chose this")
QUIZ_IS_RIGHT = N_("right")
QUIZ_WAS_RIGHT = N_("I was right")
QUIZ_WAS_WRONG = N_("I was wrong")
QUIZ_PASSAGE = N_("In your notes")
QUIZ_NO_PASSAGE = N_(
    "No line of your notes was found that holds this answer; the card stands here:"
)
QUIZ_RATE = N_("How well did you know it?")
QUIZ_RATINGS = {
    Rating.AGAIN: N_("Again"),
    Rating.HARD: N_("Hard"),
    Rating.GOOD: N_("Good"),
    Rating.EASY: N_("Easy"),
}
QUIZ_UNDO = N_("Undo")
QUIZ_LEAVE = N_("End")
QUIZ_KEYS = N_("Keys: Enter goes on, 1 to 4 rate, U undoes.")
QUIZ_GONE = N_("This session has ended. Start another.")
QUIZ_END = N_("Done")
QUIZ_MISSED = N_("Missed")
QUIZ_MISSED_NONE = N_("You missed none.")
QUIZ_MORE = N_("Go on")
QUIZ_DUE = N_("due")
QUIZ_NEW = N_("new cards")
QUIZ_KNOWN = N_("known")
QUIZ_STREAK = N_("in a row")
QUIZ_TODAY = N_("answers today")
QUIZ_FORECAST = N_("Cards that come back")
QUIZ_FORECAST_NONE = N_("Once you have studied, the days ahead stand here.")
QUIZ_DAY = N_("day")
QUIZ_CARDS = N_("cards")
QUIZ_SURENESS = N_("How sure against how right")
QUIZ_SURENESS_NONE = N_("Say how sure you are before you see an answer, and this compares the two.")
QUIZ_SURENESS_MORE = N_("Who knows what they know is right about as often as they are sure.")
QUIZ_HOW_SURE = N_("how sure")
QUIZ_HOW_RIGHT = N_("right, in %")
QUIZ_ANSWERS = N_("answers")
QUIZ_TABLE = N_("As a table")
QUIZ_TAKE = N_("Take the cards with you")
QUIZ_TAKE_MORE = N_("Every card says where in your notes it comes from.")
QUIZ_ANKI = N_("Anki package")
QUIZ_CSV = N_("CSV table")
QUIZ_WRITE = N_("Draft cards")
QUIZ_WRITE_MANY = N_("How many")
QUIZ_WRITE_MORE = N_("The model asks about your notes; each draft is checked against them first.")
QUIZ_STOP = N_("Stop")
QUIZ_STOPPED = N_("Stopped; what was drafted is kept.")
QUIZ_BUSY = N_("Cards are being drafted already; wait for their end, or stop it.")
QUIZ_LOOKING = N_("Looking for quizzes")
QUIZ_WRITING = N_("Drafting cards")
QUIZ_LOADING = N_("Loading the model")
QUIZ_NO_DRAFTS = N_("No draft is waiting")
QUIZ_NO_DRAFTS_MORE = N_(
    "Find the quiz that is in your notes, or let the model draft cards. What you keep here also"
    " measures answers in an eval."
)
QUIZ_FROM = N_("From")
QUIZ_AFTER = N_("Asked after")
QUIZ_QUESTION = N_("Question")
QUIZ_OPTION = N_("Option")
QUIZ_QUOTE = N_("Quote")
QUIZ_UNQUOTED = N_("No line of the notes was found to carry it.")
QUIZ_NEAR = N_("Lines that come near; choose one to quote it")
QUIZ_KEEP = N_("Keep")
QUIZ_MEND = N_("Mend")
QUIZ_DROP = N_("Drop")
QUIZ_SKIP = N_("Skip")
QUIZ_ONLY = N_("Only the quiz answers it")
QUIZ_SAVE = N_("Save")
QUIZ_MEND_REFERENCES = N_("Answers, one a line; a & b asks for both")
QUIZ_MEND_QUOTES = N_("Quotes from the notes, word for word, one a line")
SETTINGS = N_("Settings")
SETTINGS_ANSWERS = N_("Answers")
SETTINGS_KEPT = N_("What you change here holds at once, and after the next start.")
SETTINGS_NAMES = {
    "llm": N_("Model that reads the passages"),
    "passages": N_("Passages found for a question"),
    "prompt_tokens": N_("Tokens that the model is given"),
    "wrong_answers": N_("Wrong answers that you accept, of 100"),
    "strict": N_("Leave out what no passage says"),
    "answer_cache": N_("Give a kept answer where the same is asked of the same passages"),
    "language": N_("Language"),
}
SETTINGS_ABOUT = {
    "llm": N_("Local models read on this machine; hosted ones are sent the passages."),
    "passages": N_("More find more, and take longer to read."),
    "prompt_tokens": N_("More passages fit in, and the first word comes later."),
    "wrong_answers": N_("Fewer means that more questions are refused."),
    "strict": N_("Otherwise such sentences are marked."),
    "answer_cache": N_("Then it comes at once. “Ask again” always asks anew."),
    "language": N_("Of this page."),
}
SETTINGS_NEXT_START = N_("The page speaks it after the next start of Cribsheet.")
SETTINGS_LOOKS = N_("Looks")
SETTINGS_THEME = N_("Theme")
SETTINGS_THEMES = {"system": N_("as the system"), "light": N_("light"), "dark": N_("dark")}
SETTINGS_RUNNING = N_("What is running where")
SETTINGS_RUNS = {
    "model": N_("Writes answers"),
    "embedding": N_("Finds passages"),
    "home": N_("Index and conversations"),
    "cache": N_("Models"),
}
SETTINGS_HEALTH = N_("Health")
SETTINGS_UNSEEN = N_("Nothing was looked at yet.")
SETTINGS_LOOKING = N_("Looking")
SETTINGS_LOOK = N_("Look whether all is well")
SETTINGS_REPAIR = N_("Repair the index")
SETTINGS_OK = N_("well")
SETTINGS_BAD = N_("not well")
SETTINGS_DIAGNOSIS = N_("Diagnosis")
SETTINGS_DIAGNOSIS_MORE = N_("To copy for whoever helps you. No keys, and nothing of your notes.")
TALK_TOOLS = N_("This answer")
TALK_COPY = N_("Copy the answer with its sources")
TALK_COPIED = N_("Copied")
TALK_NOT_COPIED = N_("It could not be copied: the browser does not allow it.")
TALK_GOOD = N_("Good answer")
TALK_BAD = N_("Bad answer")
TALK_WHY = N_("Say why, or what would be right")
TALK_QUIZ = N_("Make it a question of your quiz")
TALK_EDIT = N_("Change this question and ask it again")
TALK_COPY_CODE = N_("Copy the code")
TALK_WHY_TITLE = N_("What do you think of this answer?")
TALK_REASON = N_("Why (if you like)")
TALK_CORRECTION = N_("What would be right (if you know)")
TALK_KEEP = N_("Keep")
TALK_EDIT_TITLE = N_("Ask it in other words")
TALK_EDIT_MORE = N_("The answer is replaced, and what was asked after it goes.")
TALK_ASK = N_("Ask")
TALK_THOUGHT_GOOD = N_("You found this good.")
TALK_THOUGHT_BAD = N_("You found this bad.")
TALK_RIGHT = N_("Right would be:")
TALK_DRAFTED = N_("It is a draft in your quiz; review it before it counts.")
TALK_STRICT = N_("Only what is in the notes")
TALK_NEAR = N_("Closest in your notes")
TALK_FOLLOW = N_("Ask next")
TALK_SOURCES = N_("Sources:")
TALK_GONE = N_("This answer is not there any more; open the conversation again.")
