"""Cases, passages and answers for the tests of the eval; what a test leaves out is filled in."""

from eval.types import Case, Target
from rag.types import Answer, Chunk, Citation, Hit, Status, Timings

CLARIFY = "Clarify explains biases.\nIt also debugs predictions."
CANVAS = "Canvas builds models without code."
TIMINGS = Timings(sources=0.1, first_token=0.2, total=0.5)


def make_chunk(text=CLARIFY, path="/notes/aws/sagemaker.md", start_line=1):
    return Chunk(
        id=f"{path}:{start_line}",
        note_path=path,
        note_digest="digest",
        ordinal=0,
        headings=("SageMaker",),
        start=0,
        end=len(text),
        start_line=start_line,
        end_line=start_line + text.count("\n"),
        text=text,
    )


def make_case(
    quotes=("Clarify explains biases.",),
    references=("Clarify",),
    answerable=True,
    quiz_only=False,
    case_id="case",
):
    return Case(
        id=case_id,
        question=f"What is asked by {case_id}?",
        references=references if answerable else (),
        targets=tuple(Target("sagemaker.md", quote) for quote in quotes) if answerable else (),
        answerable=answerable,
        quiz_only=quiz_only,
    )


def make_answer(
    text="Clarify [1]",
    chunks=(),
    cited=(),
    status=Status.ANSWERED,
    timings=TIMINGS,
    **others,
):
    """`cited` are pairs of a chunk and the words in it that are cited."""
    citations = tuple(
        Citation(number, chunk, chunk.text.index(words), chunk.text.index(words) + len(words))
        for number, (chunk, words) in enumerate(cited, start=1)
    )
    return Answer(
        question="What?",
        standalone="What?",
        text=text,
        status=status,
        model=others.pop("model", "tiny"),
        citations=citations,
        hits=tuple(Hit(chunk, score=1.0, similarity=0.5) for chunk in chunks),
        timings=timings,
        **others,
    )


class ScriptedAssistant:
    """Answers each question from a table; an exception there is raised."""

    def __init__(self, script):
        self._script = script
        self.asked = []
        self.histories = []

    def ask(self, question, history=()):
        """Reply, or raise, as the script says."""
        self.asked.append(question)
        self.histories.append(tuple(turn.question for turn in history))
        reply = self._script[question]
        if isinstance(reply, BaseException):
            raise reply
        return reply
