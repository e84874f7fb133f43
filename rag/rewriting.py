"""A follow-up -> a question that stands alone, without a model.

"What about its cost?" finds nothing by itself. Where a question points back by a pronoun, the words
of the question before are searched for too. What this does not know: follow-ups without a pronoun.
"""

import re
from collections.abc import Sequence

from rag.types import Turn
from rag.words import content_words

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|he|she|the same|the (?:first|second|other|"
    r"last|former|latter) one)\b|^(?:and|what about|how about|why|so)\b",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """`question`, with the topic of the turn before where it points back to it."""
    if not history or not _POINTS_BACK.search(question):
        return question
    known = set(content_words(question))
    topic = [word for word in content_words(history[-1].question) if word not in known]
    return f"{question} ({' '.join(topic)})" if topic else question
