"""English: the quiz page."""

from eval.study.types import Rating
from web.words.english.numbers import counted, number

QUIZ = "Quiz"
QUIZ_STUDY = "Study"
QUIZ_DRAFTS = "Drafts"
QUIZ_PROGRESS = "Progress"

QUIZ_WHERE = "Notes"
QUIZ_WHERE_MORE = "Choose notes or folders; none is all of them."
QUIZ_MANY = "Cards at most"
QUIZ_WITH_DRAFTS = "With drafts that nobody has looked at yet"
QUIZ_START = "Start"
QUIZ_AHEAD = "Study ahead"
QUIZ_NONE = "There is no quiz here yet"
QUIZ_NONE_MORE = "Cribsheet finds the questions that your notes ask already, in any of these forms:"
QUIZ_FORMS = (
    "Q: Which? A: This.",
    "1. Which? A. this B. that Answer: B",
    "Which?::This.",
    "True or false: this. True",
    "The answer is {{c1::this}}.",
    "| Question | Answer |",
    "## Quiz, and under it: term = definition",
    "Anki packages and tables of cards (CSV)",
)
QUIZ_LOOK = "Find the quiz in my notes"
QUIZ_READY = "Ready when you are"
QUIZ_ALL_DONE = "Nothing is due"
QUIZ_NO_CHOICE = "None of the chosen notes has a card. Choose others."

QUIZ_ANSWER = "Your answer"
QUIZ_ANSWER_MORE = "Type what you know; Enter shows the answer"
QUIZ_CHOOSE_ONE = "Choose one"
QUIZ_CHOOSE_MANY = "Choose all that are right"
QUIZ_SURE = "How sure are you?"
QUIZ_SURES = ("unsure", "rather sure", "sure")
QUIZ_SHOW = "Show the answer"
QUIZ_DRAFT = "draft"
QUIZ_DRAFT_MORE = "Nobody has looked at this card yet; it may be wrong."

QUIZ_RIGHT = "Right"
QUIZ_WRONG = "Not right"
QUIZ_PARTLY = "Partly right"
QUIZ_UNJUDGED = "Compare it yourself"
QUIZ_OVERRULED = "as you say"
QUIZ_YOURS = "You answered"
QUIZ_NOTHING = "nothing"
QUIZ_REFERENCE = "The answer"
QUIZ_ALSO = "Also right"
QUIZ_CHOSEN = "you chose this"
QUIZ_IS_RIGHT = "right"
QUIZ_WAS_RIGHT = "I was right"
QUIZ_WAS_WRONG = "I was wrong"
QUIZ_PASSAGE = "In your notes"
QUIZ_NO_PASSAGE = "No line of your notes was found that holds this answer; the card stands here:"
QUIZ_RATE = "How well did you know it?"
QUIZ_RATINGS = {
    Rating.AGAIN: "Again",
    Rating.HARD: "Hard",
    Rating.GOOD: "Good",
    Rating.EASY: "Easy",
}
QUIZ_UNDO = "Undo"
QUIZ_LEAVE = "End"
QUIZ_KEYS = "Keys: Enter goes on, 1 to 4 rate, U undoes."
QUIZ_GONE = "This session has ended. Start another."

QUIZ_END = "Done"
QUIZ_MISSED = "Missed"
QUIZ_MISSED_NONE = "You missed none."
QUIZ_MORE = "Go on"

QUIZ_DUE = "due"
QUIZ_NEW = "new"
QUIZ_KNOWN = "known"
QUIZ_STREAK = "in a row"
QUIZ_TODAY = "answers today"

QUIZ_FORECAST = "Cards that come back"
QUIZ_FORECAST_NONE = "Once you have studied, the days ahead stand here."
QUIZ_DAY = "day"
QUIZ_CARDS = "cards"
QUIZ_SURENESS = "How sure against how right"
QUIZ_SURENESS_NONE = "Say how sure you are before you see an answer, and this compares the two."
QUIZ_SURENESS_MORE = "Who knows what they know is right about as often as they are sure."
QUIZ_HOW_SURE = "how sure"
QUIZ_HOW_RIGHT = "right, in %"
QUIZ_ANSWERS = "answers"
QUIZ_TABLE = "As a table"
QUIZ_TAKE = "Take the cards with you"
QUIZ_TAKE_MORE = "Every card says where in your notes it comes from."
QUIZ_ANKI = "Anki package"
QUIZ_CSV = "CSV table"

QUIZ_WRITE = "Draft cards"
QUIZ_WRITE_MANY = "How many"
QUIZ_WRITE_MORE = "The model asks about your notes; each draft is checked against them first."
QUIZ_STOP = "Stop"
QUIZ_STOPPED = "Stopped; what was drafted is kept."
QUIZ_BUSY = "Cards are being drafted already; wait for their end, or stop it."
QUIZ_LOOKING = "Looking for quizzes"
QUIZ_WRITING = "Drafting cards"
QUIZ_LOADING = "Loading the model"
QUIZ_NO_DRAFTS = "No draft is waiting"
QUIZ_NO_DRAFTS_MORE = (
    "Find the quiz that is in your notes, or let the model draft cards. What you keep here also"
    " measures answers in an eval."
)
QUIZ_FROM = "From"
QUIZ_AFTER = "Asked after"
QUIZ_QUESTION = "Question"
QUIZ_OPTION = "Option"
QUIZ_QUOTE = "Quote"
QUIZ_UNQUOTED = "No line of the notes was found to carry it."
QUIZ_NEAR = "Lines that come near; choose one to quote it"
QUIZ_KEEP = "Keep"
QUIZ_MEND = "Mend"
QUIZ_DROP = "Drop"
QUIZ_SKIP = "Skip"
QUIZ_ONLY = "Only the quiz answers it"
QUIZ_SAVE = "Save"
QUIZ_MEND_REFERENCES = "Answers, one a line; a & b asks for both"
QUIZ_MEND_QUOTES = "Quotes from the notes, word for word, one a line"


def quiz_place(asked: int, total: int) -> str:
    """Which card of how many."""
    return f"Card {number(asked)} of {number(total)}"


def quiz_chosen(due: int, new: int) -> str:
    """What there is to study now."""
    return f"{counted(due, 'card')} due, {number(new)} new"


def quiz_next(seconds: float) -> str:
    """When the next card is due."""
    return f"The next card comes back {quiz_in(seconds)}. You can study ahead."


def quiz_in(seconds: float) -> str:
    """`in 10 min`, `in 3 days`."""
    return f"in {_span(seconds)}"


def quiz_rating(rating: Rating, seconds: float) -> str:
    """What stands on the button of a rating."""
    return f"{rating.value} · {QUIZ_RATINGS[rating]} · {_span(seconds)}"


def quiz_known(right: int, total: int) -> str:
    """How many cards were known at once."""
    return f"{number(right)} of {counted(total, 'card')} known at once"


def quiz_days(count: int) -> str:
    """`1 day`, `3 days`."""
    return counted(count, "day")


def quiz_found(new: int, notes: int) -> str:
    """What a search for quizzes came to."""
    return f"{counted(new, 'new draft')} in {counted(notes, 'note')}"


def quiz_written(new: int, turned_down: int) -> str:
    """What a drafting came to."""
    return f"{counted(new, 'draft')} written, {number(turned_down)} turned down by the checks"


def quiz_left(count: int) -> str:
    """How many drafts wait."""
    return f"{counted(count, 'draft')} left"


def _span(seconds: float) -> str:
    for size, name in ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day")):
        if seconds >= size * 0.95:
            return counted(round(seconds / size), name)
    if seconds >= 3_600 * 0.95:
        return f"{round(seconds / 3_600)} h"
    return f"{max(1, round(seconds / 60))} min"
