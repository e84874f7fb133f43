"""A question made of a statement by a template, put better by a model where that can be checked.

Of what is extracted only what a template made clumsily is put better: a question that a person
wrote, "What is X?" and "What does X do?" are as good as a small model makes them, and it changed
the meaning of some ("an Amazon Q developer"). What comes back is taken only if it is one question,
keeps the names and most words of the template, does not hold its answer, finds the line that
answers it, and brings the answer back when the model is asked it of the statement. Else the
template stays. Limitations: no grammar.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from eval.drafts.generating import Ask, Prompt, answered_alike, leaks, reads_as_question
from eval.texts.tokens import find_quote, parts, token_stems
from eval.types import Case, Target
from rag.protocols import Retriever

_FIRST = 5
"""The line has to stand in one of so many passages that the search finds."""

_TOKENS = 60
_KEPT = 0.6
"""Share of the content words of the old question that a new one has to hold at least."""

_SYSTEM = """\
Rewrite a clumsy exam question as one clear, short question in correct English that has the same \
answer. Keep its names and technical words as they are. Never put the answer into it. Reply with \
the question alone."""

_EXAMPLES = (
    (
        "Which term fits this: Tree that is keeping needles the winter?",
        "pine",
        "Which tree keeps its needles in winter?",
    ),
    (
        "What does Oak do?",
        "gives acorns and lives up to 1000 years",
        "What does an oak give, and how long does it live?",
    ),
    (
        "Fill in the blank: An oak has ____ as fruit.",
        "acorns",
        "What does an oak have as fruit?",
    ),
    ("Fill in the blank: A maple is known by its ____.", "leaves", "By what is a maple known?"),
    ("Which term fits this: Sells wood in planks?", "sawmill", "Who sells wood in planks?"),
)
_CLUMSY = ("Which term fits this:", "Fill in the blank")
"""How the questions of templates begin that are no plain English."""

_FRAME = frozenset(
    token_stems(
        "which what term fits this does do is are a an it called mean of for fill in blank blanks"
    )
)
_BLANK = "____"
_NAME = re.compile(r"(?<![.?!:] )(?<!^)\b\w*[A-Z]\w*")
"""A word with a capital inside a sentence."""


class QuestionRewriter:
    """Puts questions better. Asks the model once for each.

    Args:
        ask: the model.
        retriever: the search of the notes.
        quotes: finds the lines of the notes that carry the answer of a case.
    """

    def __init__(
        self, ask: Ask, retriever: Retriever, quotes: Callable[[Case], tuple[Target, ...]]
    ) -> None:
        self._ask = ask
        self._retriever = retriever
        self._quotes = quotes

    def reworded(self, case: Case) -> Case:
        """The case with a better question, or as it is.

        Raises:
            ModelServerError: the model failed.
        """
        if not case.references:
            return case
        written = self._ask(_prompt(case), _TOKENS).strip().removeprefix("Question:")
        question = " ".join(written.split()).strip(" \"'*`")
        stands = _asks_the_same(question, case) and answered_alike(
            self._ask, _statement(case), question, case.references
        )
        return replace(case, question=question) if stands and self._leads(question, case) else case

    def _leads(self, question: str, case: Case) -> bool:
        """True if the search finds the lines that answer it; where there are none, it may be so."""
        targets = case.targets or self._quotes(case)
        texts = [hit.chunk.text for hit in self._retriever.retrieve(question)[:_FIRST]]
        return all(any(find_quote(t.quote, text) for text in texts) for t in targets)


def is_clumsy(case: Case) -> bool:
    """True for a question of a template that is no plain English, and says enough to go by."""
    about = set(token_stems(case.question)) - _FRAME
    return case.question.startswith(_CLUMSY) and len(about) > 1


def _statement(case: Case) -> str:
    """What the question was made of, its answer included."""
    answers = parts(case.references[0])
    if not case.question.startswith(_CLUMSY):
        return f"{case.question} {', '.join(answers)}"
    stated = case.question.partition(": ")[2].rstrip("?")
    if _BLANK not in stated:
        return f"{', '.join(answers)}: {stated}"
    for answer in answers:
        stated = stated.replace(_BLANK, answer, 1)
    return stated


def _prompt(case: Case) -> Prompt:
    """Messages that ask for a better question."""
    messages = [("system", _SYSTEM)]
    for question, answer, better in _EXAMPLES:
        messages += [("human", f"Question: {question}\nAnswer: {answer}"), ("ai", better)]
    answer = " or ".join(case.references).replace(" & ", ", ")
    return [*messages, ("human", f"Question: {case.question}\nAnswer: {answer}")]


def _asks_the_same(question: str, case: Case) -> bool:
    """True for one question that keeps what the old one asks about, and gives nothing away."""
    if not reads_as_question(question) or question == case.question:
        return False
    if leaks(question, case.references) and not leaks(case.question, case.references):
        return False
    if set(_NAME.findall(case.question)) - set(re.findall(r"\w+", question)):
        return False
    about = set(token_stems(case.question)) - _FRAME
    return len(about & set(token_stems(question))) >= _KEPT * len(about)
