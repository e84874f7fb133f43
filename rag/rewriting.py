"""A follow-up -> a question that stands alone, without a model.

"What about its cost?" finds nothing by itself. Where a question points back by a pronoun, the words
of the question before are searched for too. What this does not know: follow-ups without a pronoun.
"""

import re
from collections.abc import Sequence

from rag.types import Turn
from rag.words import content_words

_POINTERS = (
    "it|its|they|them|their|he|she|the same|the (?:first|second|other|last|former|latter) one"
)
# "Why is that" and "of that" point back; "data that is labelled" does not.
_BEFORE_THAT = "is|are|was|were|do|does|did|can|could|will|would|of|about|for|with|from|to|in|on|by"
_POINTS_BACK = re.compile(
    rf"\b(?:{_POINTERS})\b"
    rf"|(?:^|\b(?:{_BEFORE_THAT}|like|than)\s+)(?:this|that|these|those)\b"
    r"|^(?:and|what about|how about|so)\b|^why(?:\s+not)?\W*$",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """`question`, with the topic of the turn before where it points back to it."""
    if not history or not _POINTS_BACK.search(question):
        return question
    known = set(content_words(question))
    topic = [word for word in content_words(history[-1].question) if word not in known]
    return f"{question} ({' '.join(topic)})" if topic else question
