"""Reranking: what a cross-encoder reads in time comes first, and the rest stays as it was."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT
from fakes import MemoryIndex, WordEmbedder, make_chunk, make_hit, make_note, make_state

from rag.config import Settings
from rag.errors import ModelError, ModelMissingError
from rag.index_wiring import build_reranker
from rag.models import FETCHED
from rag.retrieval import HybridRetriever
from rag.search.reranking import CrossEncoderReranker, find_reranker

TINY = """
import sys, torch
from pathlib import Path
from sentence_transformers import CrossEncoder
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast
pieces = BertWordPieceTokenizer()
pieces.train_from_iterator(["a word of a note is read", "here"] * 9, vocab_size=99, min_frequency=1)
for labels in (1, 3):
    torch.manual_seed(0)
    shape = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    size = dict(vocab_size=pieces.get_vocab_size(), max_position_embeddings=64)
    config = BertConfig(**shape, **size, num_labels=labels, initializer_range=0.5)
    source, target = Path(sys.argv[1], f"source{labels}"), Path(sys.argv[1], f"labels{labels}")
    BertForSequenceClassification(config).save_pretrained(source)
    BertTokenizerFast(tokenizer_object=pieces._tokenizer).save_pretrained(source)
    model = CrossEncoder(str(source), device="cpu", local_files_only=True)
    model.save_pretrained(str(target))
    if labels == 1:
        texts = ["a word", "a note", "here", "is read", "of a word", "note here"]
        pairs = [("a note", text) for text in texts]
        scores = model.predict(pairs, activation_fn=torch.nn.Sigmoid())
        print(*sorted(texts, key=lambda text: -scores[texts.index(text)]), sep="|")
"""
TEXTS = ["a word", "a note", "here", "is read", "of a word", "note here"]


class Slow:
    """A model that takes so many seconds a passage by a clock of its own; it likes long ones."""

    def __init__(self, monkeypatch, seconds: float) -> None:
        self.seconds, self.now = seconds, 0.0
        self.read: list[str] = []
        monkeypatch.setattr("rag.search.reranking.time.perf_counter", lambda: self.now)

    def __call__(self, pairs):
        self.read += [text for _, text in pairs]
        self.now += self.seconds * len(pairs)
        return [len(text) / 100 for _, text in pairs]


def reranker(model, budget, pace):
    made = CrossEncoderReranker(ROOT, budget)
    made.__dict__["_model"] = model
    made._pace = pace
    return made


HITS = [make_hit("x" * length, score=1 / length) for length in range(1, 21)]


def test_with_time_enough_all_are_read_and_the_best_comes_first(monkeypatch):
    found = reranker(Slow(monkeypatch, 0.0001), 5.0, 0.001).rerank("q", HITS)
    assert [len(hit.chunk.text) for hit in found] == list(range(20, 0, -1))
    assert all(1 <= hit.score <= 2 for hit in found)


def test_what_there_is_no_time_for_keeps_its_order_behind_the_rest(monkeypatch):
    model = Slow(monkeypatch, 0.02)
    found = reranker(model, 0.2, 0.02).rerank("q", HITS)
    assert model.now <= 0.2
    count = len(model.read)
    assert 4 <= count <= 10
    lengths = [len(hit.chunk.text) for hit in found]
    assert lengths == [*range(count, 0, -1), *range(count + 1, 21)]
    assert [hit.score for hit in found[count:]] == [hit.score for hit in HITS[count:]]


def test_a_model_that_is_too_slow_reads_nothing_until_it_may_have_become_faster(monkeypatch):
    model = Slow(monkeypatch, 0.0001)
    made = reranker(model, 0.2, pace=0.5)
    assert made.rerank("q", HITS) == HITS
    assert model.read == []
    for _ in range(9):
        made.rerank("q", HITS)
    assert model.read


class Backwards:
    """Likes best what came last, and remembers what came."""

    def rerank(self, question, hits):
        self.given = list(hits)
        return self.given[::-1]


def test_the_retriever_returns_what_the_reranker_puts_first():
    """It reads more passages than are returned, or there was nothing to choose.

    No sentence is read before: whoever reads the passages anyway orders them alone.
    """
    embedder, index = WordEmbedder(), MemoryIndex()
    chunks = [make_chunk(f"bias {'and more ' * n}") for n in range(8)]
    vectors = embedder.embed_documents([chunk.text for chunk in chunks])
    index.replace(make_note(), make_state(), chunks, vectors)
    embedder.embedded.clear()
    reranker = Backwards()
    found = HybridRetriever(index, embedder, k=2, reranker=reranker).retrieve("bias")
    assert found == reranker.given[:-3:-1]
    assert {hit.chunk.id for hit in reranker.given} == {chunk.id for chunk in chunks}
    assert embedder.embedded == []
    HybridRetriever(index, embedder, k=2).retrieve("bias")
    assert embedder.embedded == []


def test_it_is_off_unless_it_is_named_and_then_must_be_there(tmp_path, monkeypatch):
    assert build_reranker(Settings()) is None
    for name, message in (
        ("nowhere", "there is no reranker 'nowhere'; set CRIB_RERANKER to a folder"),
        ("org/model", "org/model is not on this machine; run: crib models pull org/model"),
    ):
        with pytest.raises(ModelMissingError, match=message):
            build_reranker(Settings(reranker=name, cache=tmp_path))


def test_one_that_was_fetched_is_found_by_its_name(tmp_path):
    folder = tmp_path / "models" / "org--model"
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", FETCHED):
        (folder / name).write_text("{}")
    assert find_reranker(tmp_path, "org/model") == folder.resolve()


def test_a_pickle_is_not_loaded(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match="is a pickle"):
        find_reranker(tmp_path, str(tmp_path))


@pytest.mark.slow
def test_the_order_is_that_of_the_library_itself(tmp_path):
    """A random BERT of two layers, saved as the library saves its own; nothing reaches a hub."""
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    made = subprocess.run(
        [sys.executable, "-c", TINY, tmp_path], capture_output=True, text=True, env=environment
    )
    assert made.returncode == 0, made.stderr
    script = (
        "import sys; sys.path.insert(0, 'tests'); from fakes import make_hit\n"
        "from rag.config import Settings; from rag.errors import ModelError\n"
        "from rag.index_wiring import build_reranker\n"
        "folder = sys.argv[1]\n"
        "ready = build_reranker(Settings(reranker=f'{folder}/labels1', rerank_ms=60000))\n"
        "assert 'torch' not in sys.modules\n"
        f"found = ready.rerank('a note', [make_hit(text) for text in {TEXTS!r}])\n"
        "print(*(hit.chunk.text for hit in found), sep='|')\n"
        "try: build_reranker(Settings(reranker=f'{folder}/labels3')).rerank('q', [])\n"
        "except ModelError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        cwd=ROOT, capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    order, refused = done.stdout.splitlines()
    assert order == made.stdout.strip()
    assert order != "|".join(TEXTS)
    assert "gives 3 scores for a passage, not one" in refused
