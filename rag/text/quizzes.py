"""Where notes say themselves that a quiz follows: in a heading, a file's name, a table's header.

Both who cuts notes (a quiz is an answer key, and kept out of evals) and who looks for cases in
them go by this.
"""

import re

FILE = "quiz.jsonl"
"""Where the cases of a folder of notes are kept, in that folder.

It is no note, whoever reads JSONL: the answers in it must not be found.
"""

_QUIZ = re.compile(
    r"\b(?:quiz(?:zes)?|flash ?cards?|practice (?:questions|exam)|self[- ]test|q ?& ?a)\b", re.I
)

FRONT = frozenset(
    "question questions q front term word prompt recto terme mot frage vorderseite begriff wort "
    "pregunta anverso término".split()
)
"""Headers of the column that asks."""

BACK = frozenset(
    "answer answers a back definition meaning translation verso réponse reponse définition "
    "traduction antwort rückseite bedeutung übersetzung respuesta reverso definición".split()
)
"""Headers of the column that answers."""


def says_quiz(title: str) -> bool:
    """True if what stands under this heading is a quiz."""
    return bool(_QUIZ.search(title))
