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

from eval.drafts.generating import (
    ANSWER_TOKENS,
    Ask,
    Prompt,
    agree,
    leaks,
    reads_as_question,
    to_answer_from,
)
from eval.texts.tokens import find_quote, parts, token_stems
from eval.types import Case, Target
from rag.protocols import Retriever

_FIRST = 5
"""The line has to stand in one of so many passages that the search finds."""

_TOKENS = 60

KEPT = 0.6
"""Share of the content words of the old question that a new one has to hold at least."""

_SYSTEM = """\
Rewrite a clumsy exam question as one clear, short question in correct English that has the same \
answer. Keep its names and technical words as they are. Never put the answer into it. Reply with \
the question alone."""

_PREFIX: Prompt = (
    ("system", _SYSTEM),
    (
        "human",
        "Question: Which term fits this: Tree that is keeping needles the winter?\nAnswer: pine",
    ),
    ("ai", "Which tree keeps its needles in winter?"),
    ("human", "Question: What does Oak do?\nAnswer: gives acorns and lives up to 1000 years"),
    ("ai", "What does an oak give, and how long does it live?"),
    ("human", "Question: Fill in the blank: An oak has ____ as fruit.\nAnswer: acorns"),
    ("ai", "What does an oak have as fruit?"),
    ("human", "Question: Fill in the blank: A maple is known by its ____.\nAnswer: leaves"),
    ("ai", "By what is a maple known?"),
    ("human", "Question: Which term fits this: Sells wood in planks?\nAnswer: sawmill"),
    ("ai", "Who sells wood in planks?"),
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

Quotes = Callable[[Case], tuple[Target, ...]]
"""Finds the lines of the notes that carry the answer of a case."""


class QuestionRewriter:
    """Puts questions better. Asks the model once for each."""

    def __init__(self, ask: Ask, retriever: Retriever, quotes: Quotes) -> None:
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
        written = self._ask(to_rewrite(case), _TOKENS).strip().removeprefix("Question:")
        question = " ".join(written.split()).strip(" \"'*`")
        if not holds(question, case):
            return case
        better = replace(case, question=question)
        return better if self._comes_back(case, question) and self._leads(better) else case

    def _comes_back(self, case: Case, question: str) -> bool:
        prompt = to_answer_from(statement(case), question)
        return agree(case.references, self._ask(prompt, ANSWER_TOKENS))

    def _leads(self, case: Case) -> bool:
        """True if the search finds the lines that answer it; where there are none, it may be so."""
        targets = case.targets or self._quotes(case)
        texts = [hit.chunk.text for hit in self._retriever.retrieve(case.question)[:_FIRST]]
        return all(any(find_quote(t.quote, text) for text in texts) for t in targets)


def is_clumsy(case: Case) -> bool:
    """True for a question of a template that is no plain English, and says enough to go by."""
    about = set(token_stems(case.question)) - _FRAME
    return case.question.startswith(_CLUMSY) and len(about) > 1


def statement(case: Case) -> str:
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


def to_rewrite(case: Case) -> Prompt:
    """Messages that ask for a better question."""
    answer = " or ".join(case.references).replace(" & ", ", ")
    return (*_PREFIX, ("human", f"Question: {case.question}\nAnswer: {answer}"))


def holds(question: str, case: Case) -> bool:
    """True for one question that keeps what the old one asks about, and gives nothing away."""
    if not reads_as_question(question) or question == case.question:
        return False
    if leaks(question, case.references) and not leaks(case.question, case.references):
        return False
    if set(_NAME.findall(case.question)) - set(re.findall(r"\w+", question)):
        return False
    about = set(token_stems(case.question)) - _FRAME
    return len(about & set(token_stems(question))) >= KEPT * len(about)
