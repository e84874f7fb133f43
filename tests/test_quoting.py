"""The lines that carry an answer: found by words and by what stands above, or not at all."""

import functools

import pytest
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_note, make_state

from commands.eval_index import CASES, NOTES, index_of
from commands.quiz.review import quote_finder
from eval.case_files import load_cases, shortest
from eval.drafts.reviewing import propose, searched
from eval.types import Case, Target
from rag.config import Settings
from rag.embedding import load_embedder
from rag.retrieval import HybridRetriever
from rag.search.evidence import EvidenceReader

CANVAS = "- builds models without code\n- exports to Studio"
CLARIFY = "- explains bias of a dataset\n- monitors drift every 30 minutes"
BATCH = "Batch transform handles many requests at once.\nReal time handles one request at a time."


@pytest.fixture
def find():
    """Index three passages and find the quotes of a case."""
    index, embedder = MemoryIndex(), WordEmbedder()
    for path, text, heading in (
        ("/notes/a/canvas.md", CANVAS, "Canvas"),
        ("/notes/clarify.md", CLARIFY, "Clarify"),
        ("/notes/b/batch.md", BATCH, "Inference"),
    ):
        chunk = make_chunk(text, heading, path=path)
        vectors = embedder.embed_documents([text])
        index.replace(make_note(path, text), make_state(), [chunk], vectors)
    retriever, reader = HybridRetriever(index, embedder), EvidenceReader(index, embedder)

    def found(question, *references):
        case = Case("case", question, references, (), answerable=True)
        evidence = reader.read(searched(case), retriever.retrieve(searched(case)))
        return propose(case, evidence, list(index.states("/notes"))).quotes

    return found


def test_the_line_that_holds_the_answer_is_quoted_without_its_bullet(find):
    assert find("How often does Clarify monitor drift?", "every 30 minutes") == (
        Target("clarify.md", "monitors drift every 30 minutes"),
    )


def test_a_line_carries_an_answer_that_is_its_heading(find):
    assert find("Which tool explains the bias of a dataset?", "Clarify") == (
        Target("clarify.md", "explains bias of a dataset"),
    )


def test_each_part_of_an_answer_has_its_line(find):
    found = find("How are requests handled?", "many at once & one at a time")
    assert [target.quote for target in found] == BATCH.split("\n")


def test_of_several_right_answers_the_one_that_the_notes_give_is_quoted(find):
    question = "Which tool explains the bias of a dataset?"
    assert find(question, "Wrangler") == ()
    assert find(question, "Wrangler", "Clarify") == (
        Target("clarify.md", "explains bias of a dataset"),
    )


@pytest.mark.parametrize(
    ("question", "reference"),
    [
        ("Who wrote Hamlet?", "Shakespeare"),
        ("Who wrote Hamlet?", "Clarify"),  # it is there, and has nothing to do with it
        ("What handles requests?", "Batch transform & Shakespeare"),
    ],
)
def test_what_no_line_carries_has_no_quote(find, question, reference):
    assert find(question, reference) == ()


def test_a_note_is_named_as_shortly_as_tells_it_apart():
    paths = ["/n/a/x.md", "/n/b/x.md", "/n/y.md", "/n/b/max.md"]
    assert [shortest(path, paths) for path in paths] == ["a/x.md", "b/x.md", "y.md", "max.md"]


@pytest.mark.slow
def test_of_the_shipped_cases_nearly_all_find_their_own_line(monkeypatch):
    """As the real search reads the note that ships; the cases were quoted by hand."""
    monkeypatch.setattr("rag.index_wiring.load_embedder", functools.cache(load_embedder))
    cases = [case for case in load_cases(CASES) if case.answerable and not case.before]
    settings = Settings()
    finder = quote_finder(settings, index_of(settings, cases, NOTES))
    right = wrong = 0
    for case in cases:
        found = [" ".join(one.quote.split()) for one in finder(case).quotes]
        wanted = [" ".join(one.quote.split()) for one in case.targets]
        matched = any(one in other or other in one for one in found for other in wanted)
        right += matched
        wrong += bool(found) and not matched
    assert right >= 0.9 * len(cases)
    assert wrong <= 0.05 * len(cases)
