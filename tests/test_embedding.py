"""The real embedding model: its vectors, what it reads of a text, and what a question costs."""

import math
import os
import subprocess
import sys

import pytest
from conftest import ROOT
from fakes import make_chunk

from rag.config import Settings
from rag.embedding import DIMENSIONS, MAX_TOKENS, MiniLM, TorchEngine, passage_text
from rag.models import EMBEDDING, find_model, model_dir

TEXTS = [
    "Clarify explains bias in a model.",
    "bias",
    "Serverless inference suits idle periods. " * 20,
    "",
    "Apprentissage par renforcement, 東京",
    "def f(x):\n    return {k: v ** 2 for k, v in x.items()}",
]


def cosine(left, right):
    return math.fsum(a * b for a, b in zip(left, right, strict=True))


def test_vectors_are_of_unit_length(embedder):
    for vector in embedder.embed_documents(TEXTS):
        assert len(vector) == embedder.dimensions == DIMENSIONS
        assert math.hypot(*vector) == pytest.approx(1.0, abs=1e-4)


def test_vectors_come_in_the_order_of_their_texts(embedder):
    """Long ones are embedded first, in batches; nobody may notice."""
    together = embedder.embed_documents(TEXTS)
    alone = [embedder.embed_query(text) for text in TEXTS]
    assert all(cosine(a, b) > 0.999 for a, b in zip(together, alone, strict=True))
    assert embedder.embed_documents([]) == []


def test_more_texts_than_a_batch_takes_are_all_embedded(embedder):
    texts = [f"note {number} {'word ' * (number * 4)}" for number in range(40)]
    vectors = embedder.embed_documents(texts)
    assert cosine(vectors[7], embedder.embed_query(texts[7])) > 0.999
    assert cosine(vectors[39], embedder.embed_query(texts[39])) > 0.999


def test_what_means_the_same_is_nearer_than_what_shares_a_word(embedder):
    question, answer, other = embedder.embed_documents(
        [
            "Which tool explains why a model made a prediction?",
            "Clarify helps to understand how machine learning reaches its decisions.",
            "The tool shed is behind the house.",
        ]
    )
    assert cosine(question, answer) > cosine(question, other) + 0.1


def test_tokens_are_counted_without_the_ends_and_without_a_limit(embedder):
    assert embedder.count_tokens(["bias", "", "word " * 300]) == [1, 0, 300]
    assert embedder.count_tokens([]) == []


def test_a_word_that_the_model_cannot_read_is_counted_by_its_length(embedder):
    assert embedder.count_tokens(["see " + "x" * 4001, "\u0e40\u0e0b" * 8]) == [1 + 1 + 1000, 1 + 3]


def test_what_is_beyond_the_limit_is_not_read(embedder):
    """256 word pieces, two of which mark the ends; hence the budget of a chunk."""
    read = "word " * (MAX_TOKENS - 2)
    whole, longer, shorter = embedder.embed_documents([read, f"{read} bias", "word bias"])
    assert cosine(whole, longer) > 0.9999
    assert cosine(whole, shorter) < 0.99


def test_headings_are_embedded_with_the_text_but_not_without_end():
    """The nearest heading is the one that is kept."""
    assert passage_text(make_chunk("text")) == "text"
    assert passage_text(make_chunk("text", "A", "B")) == "A > B\ntext"
    deep = passage_text(make_chunk("text", "far " * 100, "near"))
    assert deep.endswith("> near\ntext")
    assert len(deep) < 220


ASK = """
import sys
import app, terminal
from rag.config import load_settings
from rag.llama import LlamaChat
from rag.wiring import build_assistant, load_answerer, open_store
settings = load_settings()
store = open_store(settings)
answerer = load_answerer(settings, store)
answer = build_assistant(settings, store, lambda: answerer).ask("Which tool explains bias?")
print(answer.status, *sorted({"torch", "sentence_transformers", "gradio"} & set(sys.modules)))
"""


def test_a_question_imports_no_torch():
    """It takes seconds, which nobody who asks should wait for."""
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert done.stdout.split() == ["refused"], done.stderr


@pytest.mark.slow
def test_torch_gives_the_same_vectors(embedder):
    """Where OpenVINO is not installed, an index that it made can still be asked."""
    folder = model_dir(Settings().cache, find_model(EMBEDDING))
    fallback = MiniLM(folder, TorchEngine(folder))
    assert fallback.fingerprint == embedder.fingerprint
    pairs = zip(fallback.embed_documents(TEXTS), embedder.embed_documents(TEXTS), strict=True)
    assert min(cosine(a, b) for a, b in pairs) >= 0.999
