"""Yes or no: no "yes" that notes deny or a model half believes, and no "no" that is made up."""

import pytest
from fakes import (
    MemoryIndex,
    ScriptedAnswerer,
    WordEmbedder,
    make_chunk,
    make_confidence,
    make_note,
    make_state,
)

from rag.answers.reading import yes_over_no
from rag.answers.verdicts import DENIED, INSTEAD, LEAD, UNSURE, asks_yes_or_no
from rag.assistant import Assistant
from rag.retrieval import HybridRetriever
from rag.search.evidence import EvidenceReader
from rag.text.contradiction import denies
from rag.types import Answer, Chunk, Status, Style

ALGORITHMS = make_chunk(
    "- Supervised algorithms\n  - KNN (for classification)\n"
    "- Unsupervised algorithms\n  - K-means (for grouping)",
    "Algorithms",
)
LIMITS = make_chunk(
    "- The service does not support Python\n- Three regions host the service\n"
    "- A function may run for at most 15 minutes",
    "Lambda",
)


class LeaningAnswerer(ScriptedAnswerer):
    """Says how far it doubts, and how far it leans to a yes, before it answers."""

    def __init__(self, *pieces: str, leaning: float | None, doubt: float = 0.0) -> None:
        super().__init__(*pieces)
        self._leaning, self._doubt = leaning, doubt

    def doubt(self, evidence, history, style=Style.SHORT) -> float:
        return self._doubt

    def leaning(self, evidence, style=Style.SHORT) -> float | None:
        return self._leaning


def asked(answerer: ScriptedAnswerer, question: str, *more: Chunk) -> Answer:
    embedder, index, chunks = WordEmbedder(), MemoryIndex(), [ALGORITHMS, LIMITS, *more]
    index.replace(
        make_note(), make_state(), chunks, embedder.embed_documents([c.text for c in chunks])
    )
    reader = EvidenceReader(index, embedder)
    retriever = HybridRetriever(index, embedder)
    confidence = make_confidence(is_easy=True) if not _doubts(answerer) else make_confidence()
    return Assistant(
        retriever, reader, lambda: answerer, confidence=confidence, question_chars=2000
    ).ask(question)


def _doubts(answerer: ScriptedAnswerer) -> bool:
    return isinstance(answerer, LeaningAnswerer) and answerer.doubt(None, ()) > 0


@pytest.mark.parametrize(
    ("question", "written", "line"),
    [
        (
            "Is K-means a supervised algorithm?",
            "Yes, K-means is a supervised algorithm [1].",
            "No. Algorithms: Unsupervised algorithms: K-means (for grouping) [1]",
        ),
        (
            "Does the service support Python?",
            "Yes [1].",
            "No. Lambda: The service does not support Python [1]",
        ),
        (
            "Do five regions host the service?",
            "Yes, five regions host the service [1].",
            "No. Lambda: Three regions host the service [1]",
        ),
    ],
)
def test_a_yes_that_a_line_denies_becomes_a_no_with_that_line(question, written, line):
    """A no more, "un-", or another number of the same."""
    answer = asked(ScriptedAnswerer(written), question)
    assert (answer.text, answer.status, answer.notice) == (line, Status.EXTRACTIVE, DENIED)
    assert answer.citations
    assert all(cited.quote in line for cited in answer.citations)


def test_where_notes_disagree_neither_makes_a_no():
    """Both are said, where what the model wrote is withheld."""
    written = "Yes, it is hosted in Paris [1]."
    other = make_chunk("The service does support Python", "Lambda", path="/notes/other.md")
    answer = asked(ScriptedAnswerer(written), "Does the service support Python?", other)
    assert not answer.text.startswith("No")
    assert "does support" in answer.text
    assert "does not support" in answer.text


def test_a_refusal_becomes_a_no_where_a_line_denies_all_that_was_asked():
    question = "Does the service support Python?"
    for answerer in (
        ScriptedAnswerer("Not in the notes."),
        LeaningAnswerer("never", leaning=None, doubt=0.9),
    ):
        assert asked(answerer, question).text.startswith("No. Lambda: The service does not")


def test_a_no_of_the_model_is_left_as_it_is():
    answer = asked(
        ScriptedAnswerer("No, it does not support Python [1]."), "Does the service support Python?"
    )
    assert answer.text == "No, it does not support Python [1]."


def test_a_claim_that_a_line_denies_gives_way_to_the_line():
    """A question for more than yes or no gets no "No"."""
    answer = asked(
        ScriptedAnswerer("The service supports Python [1]."), "Which languages does it support?"
    )
    assert answer.text == "Lambda: The service does not support Python [1]"
    assert answer.notice == INSTEAD


@pytest.mark.parametrize("leaning", [0.1, LEAD - 0.1])
def test_a_yes_that_the_model_half_believes_is_the_nearest_line_and_no_verdict(leaning):
    answerer = LeaningAnswerer("never", leaning=leaning)
    answer = asked(answerer, "Do regions of Europe host the service?")
    assert answer.text == "Lambda: Three regions host the service [1]"
    assert (answer.status, answer.notice, answerer.asked) == (Status.EXTRACTIVE, UNSURE, [])


@pytest.mark.parametrize("leaning", [None, -3.0, LEAD])
def test_what_the_model_is_sure_of_it_writes(leaning):
    answerer = LeaningAnswerer("Three regions host the service [1].", leaning=leaning)
    assert asked(answerer, "Do three regions of Europe host it?").status is Status.ANSWERED
    assert answerer.asked


def test_a_line_that_holds_all_that_was_asked_makes_up_for_some_of_the_lead():
    answerer = LeaningAnswerer("Yes, three regions host the service [1].", leaning=LEAD - 1)
    answer = asked(answerer, "Do three regions host the service?")
    assert answer.text == "Yes, three regions host the service [1]."


def test_a_question_for_more_is_written_however_the_model_leans():
    answerer = LeaningAnswerer("Three regions host the service [1].", leaning=0.1)
    assert asked(answerer, "Which regions host the service?").status is Status.ANSWERED


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        ("Is it free?", True),
        ("I have a cat. Does that matter?", True),
        ("Is it free or paid?", False),
        ("What is it?", False),
        ("Island?", False),
        ("", False),
    ],
)
def test_what_asks_for_yes_or_no(question, is_one):
    assert asks_yes_or_no(question) is is_one


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("the postal rule does not hold for telex", "Does the postal rule hold for a fax?"),
        ("deletes a branch once merged", "Does it delete a branch that is not merged?"),
        ("a function may run for at most 15 minutes", "May a function run for 10 minutes?"),
        ("a function runs for 15 minutes", "Can a function run for 10 minutes?"),
        ("enzymes are not always proteins", "Are enzymes proteins?"),
        ("tools not in the list work", "Do tools work?"),
        ("used with Bedrock and SageMaker", "Is it used with Lambda?"),
        ("the price of bread doubled", "Did the price of meat double?"),
        ("two nuclei form", "Do four spindles form?"),
        ("three chocolate wrappers, need not be adequate", "Does a contract need consideration?"),
    ],
)
def test_a_near_miss_denies_nothing(line, question):
    """Another thing, a part, a bound, or one value of several."""
    assert not denies(line, question, "Contract law: consideration")


@pytest.mark.parametrize(
    ("line", "question", "context"),
    [
        ("silence is no acceptance (Felthouse v Bindley)", "Does silence count as acceptance?", ""),
        ("lower the activation energy", "Do enzymes raise the activation energy?", "Enzymes"),
        ("Telophase: two nuclei form", "Do four nuclei form in telophase?", ""),
        ("The reflog keeps it for 90 days", "Does the reflog keep it for 30 days?", ""),
    ],
)
def test_a_line_denies_what_it_says_the_opposite_of(line, question, context):
    assert denies(line, question, context)


@pytest.mark.parametrize(
    ("tokens", "nats"),
    [
        ({"Yes": -0.1, "No": -2.6}, 2.5),
        ({" Yes": -2.0, "No": -0.5}, -1.5),
        ({"Yes": -2.0, "Not": -0.2}, None),
        ({}, None),
    ],
)
def test_how_far_a_yes_leads_is_told_where_one_of_them_comes_first(tokens, nats):
    assert yes_over_no(tokens) == (nats if nats is None else pytest.approx(nats))
