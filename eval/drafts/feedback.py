"""What a person thinks of an answer -> a case: a good answer is a reference, so is a corrected one.

It is a draft, to be looked at before it counts: what was right in a talk may be too long, or too
short, to be what every later answer is measured by.
"""

import re
from pathlib import PurePath

from eval.types import Case, Standing, Target
from rag.chats.kept import Kept
from rag.types import Answer, Status

_CITATION = re.compile(r"\s*\[\d{1,3}\]")


def case_of(kept: Kept) -> Case | None:
    """The case that an answer makes, once a person has said something of it.

    None where it makes none: nothing was said, a bad answer was not corrected, a good one was not
    whole, or nothing is cited that search could be measured by. A refusal that is called good makes
    a case that the notes do not answer.
    """
    answer, feedback = kept.answer, kept.feedback
    if feedback is None or answer.status is Status.INTERRUPTED:
        return None
    identity, question = f"chat-{kept.id}", answer.standalone or answer.question
    if feedback.correction:
        return _answered(identity, question, feedback.correction, _targets(answer))
    if not feedback.good:
        return None
    if answer.status is Status.REFUSED:
        return Case(identity, question, (), (), False, kind="unanswerable", standing=Standing.DRAFT)
    return _answered(identity, question, _CITATION.sub("", answer.text), _targets(answer))


def _answered(identity: str, question: str, text: str, targets: tuple[Target, ...]) -> Case | None:
    if not targets:
        return None
    reference = " ".join(text.split())
    return Case(identity, question, (reference,), targets, True, standing=Standing.DRAFT)


def _targets(answer: Answer) -> tuple[Target, ...]:
    cited = (Target(PurePath(c.chunk.note_path).name, c.quote.strip()) for c in answer.citations)
    return tuple(dict.fromkeys(target for target in cited if target.quote))
