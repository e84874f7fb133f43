"""The forms in which people write quizzes. A new one is a function and an entry here.

They are tried in this order, and what one has taken is no longer there for those after it: the
more a form says that it is a quiz, the earlier it comes. Those that count anywhere come first,
those that count in quizzes only last.
"""

from eval.quiz.asked import bold, headings, marked, unmarked
from eval.quiz.cards import cards
from eval.quiz.choices import CUE as RIGHT
from eval.quiz.choices import choices
from eval.quiz.cloze import anki, highlights
from eval.quiz.flashcards import below, below_both_ways, inline, inline_both_ways
from eval.quiz.folds import callouts, details
from eval.quiz.pairs import arrows, colons, double_arrows, equals
from eval.quiz.statements import statements
from eval.quiz.tables import tables
from eval.quiz.truths import truths
from eval.quiz.types import Form, Where

_ANYWHERE, _DECK, _QUIZ = Where.ANYWHERE, Where.DECK, Where.QUIZ

FORMS: tuple[Form, ...] = (
    #    name                   example                               counts     cue         find
    Form("card", "a note of Anki, a row of a CSV file", _ANYWHERE, "", cards),
    Form("multiple choice", "1. Which?  A. this  B. that  Answer: B", _ANYWHERE, RIGHT, choices),
    Form("question and answer", "Q: Which?  A: This.", _ANYWHERE, r"[:.)\uff1a]", marked),
    Form("true or false", "True or false: this. True", _ANYWHERE, r"\b(?:or|ou|oder)\b|/", truths),
    Form("details", "<details><summary>Which?</summary>This.", _ANYWHERE, "<details", details),
    Form("callout", "> [!question] Which?  > This.", _ANYWHERE, r"\[!", callouts),
    Form("flashcard ??", "one side  ??  other side", _ANYWHERE, r"\?\?", below_both_ways),
    Form(
        "flashcard ?",
        "Which?  ?  This.",
        _ANYWHERE,
        r"(?:\A|[\r\n])[\s>]*\?\s*(?:[\r\n]|\Z)",
        below,
    ),
    Form("flashcard :::", "one side:::other side", _ANYWHERE, ":::", inline_both_ways),
    Form("flashcard ::", "Which?::This.", _ANYWHERE, "::", inline),
    Form("cloze {{c1}}", "The answer is {{c1::this::hint}}.", _ANYWHERE, r"\{\{c\d", anki),
    Form("table", "| Question | Answer |", _ANYWHERE, r"\|[ \t]*:?-|-[ \t]*\|", tables),
    Form("bold question", "**Which?**  This.", _ANYWHERE, r"\*\*|__", bold),
    Form("cloze ==", "The answer is ==this==.", _DECK, "==", highlights),
    Form("heading question", "### Which?  This.", _QUIZ, r"\?", headings),
    Form("description => term", "No code at all => Canvas", _QUIZ, "=>|⇒", double_arrows),
    Form("description --> term", "As it plays --> real time", _QUIZ, "->|→|⟶", arrows),
    Form("term = definition", "RLHF = learning from people", _QUIZ, "=", equals),
    Form("term: definition", "- RLHF: learning from people", _QUIZ, r":|[ \t][-–—]", colons),  # noqa: RUF001
    Form("plain question", "Which? This.", _QUIZ, r"[?\uff1f]", unmarked),
    Form("statement", "Clarify explains predictions.", _QUIZ, r"\w", statements),
)
