"""The forms in which people write quizzes. A new one is a function and an entry here.

They are tried in this order, and what one has taken is no longer there for those after it: the
more a form says that it is a quiz, the earlier it comes.
"""

from eval.quiz import pairs, statements
from eval.quiz.types import Form, Where

FORMS: tuple[Form, ...] = (
    Form(
        "description => term", "No code at all => Canvas", Where.QUIZ, "=>|⇒", pairs.double_arrows
    ),
    Form("description --> term", "As it plays --> real time", Where.QUIZ, "->|→|⟶", pairs.arrows),
    Form("term = definition", "RLHF = learning from people", Where.QUIZ, "=", pairs.equals),
    Form("statement", "Clarify explains predictions", Where.QUIZ, r"\w", statements.statements),
)
