"""The real embedding model: its vectors, what it reads of a text, and what a question costs."""

import math
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from fakes import make_chunk

from rag.config import Settings
from rag.embedders.convert import chosen_by, rates_of
from rag.embedders.engines import (
    BULK_TEXTS,
    Graph,
    SplitEngine,
    TorchEngine,
    converted_dir,
    prepare,
    read_graph,
)
from rag.embedding import SentenceEmbedder, engine_report, load_embedder, passage_text
from rag.errors import ModelError
from rag.models import EMBEDDING, MAX_TOKENS, find_model, find_weights

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


def test_many_texts_get_the_unit_vectors_that_each_would_get_alone(embedder):
    """They go several batches at a time, the longest first, and end in any order."""
    texts = [*TEXTS, *(f"note {number} {'word ' * (number % 90)}" for number in range(160))]
    together = np.array(embedder.embed_documents(texts))
    alone = np.array([embedder.embed_query(text) for text in texts])
    assert together.shape == (len(texts), embedder.dimensions) == (166, 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-4)
    assert (together * alone).sum(axis=1).min() > 0.999
    assert embedder.embed_documents([]) == []


def test_several_threads_may_embed_at_once(embedder):
    """As the page does while an ingest runs: a question and many passages."""
    texts = [f"note {number} " + "word " * 60 for number in range(96)]
    expected = np.array(embedder.embed_documents(texts))
    with ThreadPoolExecutor(4) as threads:
        many = [threads.submit(embedder.embed_documents, texts) for _ in range(2)]
        few = [threads.submit(embedder.embed_query, text) for text in texts[:8]]
        found = [np.array(one.result()) for one in many]
        asked = np.array([one.result() for one in few])
    assert min((one * expected).sum(axis=1).min() for one in found) > 0.999
    assert (asked * expected[:8]).sum(axis=1).min() > 0.999


def test_tokens_are_counted_without_the_ends_and_without_a_limit(embedder):
    assert embedder.count_tokens(["bias", "", "word " * 300]) == [1, 0, 300]
    assert embedder.count_tokens([]) == []
    # A word that the model cannot read is counted by its length.
    assert embedder.count_tokens(["see " + "x" * 4001, "\u0e40\u0e0b" * 8]) == [1 + 1 + 1000, 1 + 3]


def test_what_is_beyond_the_limit_is_not_read(embedder):
    """256 word pieces, two of which mark the ends; hence the budget of a chunk."""
    assert embedder.max_tokens == MAX_TOKENS - 2
    read = "word " * embedder.max_tokens
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


def test_the_fingerprint_of_the_models_that_ship_stays_as_it_was(embedder):
    """Or every index there is would be embedded again."""
    assert embedder.fingerprint.startswith(f"{EMBEDDING}-53aa51172d14-256-")
    cache, repository = Settings().cache, find_model(EMBEDDING).hub.repo
    assert find_weights(cache, repository) == find_weights(cache, EMBEDDING)


class Recording(TorchEngine):
    """An engine that notes what it was asked; a GPU's that is there or gone."""

    def __init__(self, name: str, asked: list[tuple[str, int, str]], is_there: bool = True) -> None:
        self.name, self.asked, self.there = name, asked, is_there

    is_there = property(lambda self: self.there)

    def embed(self, texts, use):
        self.asked.append((self.name, len(texts), use))
        return np.zeros((len(texts), 2), np.float32)


@pytest.mark.parametrize(("is_there", "many"), [(True, "gpu"), (False, "cpu")])
def test_a_gpu_embeds_many_texts_and_never_a_question(is_there, many):
    asked: list[tuple[str, int, str]] = []
    engine = SplitEngine(Recording("cpu", asked), Recording("gpu", asked, is_there))
    engine.embed(["question"], "query")
    engine.embed(["passage"] * BULK_TEXTS, "document")
    assert asked == [("cpu", 1, "query"), (many, BULK_TEXTS, "document")]


def test_what_cannot_be_converted_is_told_in_a_line(tmp_path, monkeypatch):
    """The converter runs in a process of its own; its last words are what a person reads."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"no weights")
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(ModelError, match=r"broken could not be converted: .*run: crib doctor"):
        load_embedder(tmp_path, str(folder))


def test_a_slower_engine_is_warned_of_once_and_named(tmp_path, monkeypatch, caplog):
    """The warning comes when the model is converted; `crib doctor` says it from then on."""
    cache = tmp_path / "cache"
    (cache / "models").mkdir(parents=True)
    weights = find_weights(Settings().cache, EMBEDDING)
    (cache / "models" / EMBEDDING).symlink_to(weights.folder)
    graph = prepare(Settings().cache, weights)
    why = "OpenVINO: its vectors are not the model's (0.9700)"

    def run(command, **_):
        target = converted_dir(cache, weights)
        target.mkdir()
        changes = {"precision": "", "why": why, "cosines": {"torch": 1.0}, "bulk": False}
        type(graph)(**{**asdict(graph), **changes}).write(target)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("rag.embedders.engines.subprocess.run", run)
    for _ in range(2):
        assert load_embedder(cache).fingerprint == f"{load_embedder(Settings().cache).fingerprint}"
    assert [record.getMessage() for record in caplog.records] == [
        f"{EMBEDDING} runs on torch on cpu, float32 ({why})"
    ]
    assert engine_report(cache) == f"torch on cpu, float32 ({why})"


def test_a_description_that_was_cut_is_as_good_as_none(tmp_path):
    """The model is then converted again."""
    graph = prepare(Settings().cache, find_weights(Settings().cache, EMBEDDING))
    graph.write(tmp_path)
    assert read_graph(tmp_path) == graph
    path = tmp_path / "graph.json"
    path.write_bytes(path.read_bytes()[:-9])
    assert read_graph(tmp_path) is None
    path.write_text('{"precision": "bf16"}')
    assert read_graph(tmp_path) is None


@pytest.mark.slow
def test_torch_gives_the_same_vectors(embedder):
    """Where OpenVINO is not installed, an index that it made can still be asked."""
    cache = Settings().cache
    weights = find_weights(cache, EMBEDDING)
    graph = prepare(cache, weights)
    torch = TorchEngine(weights.folder, replace(graph, device="cuda", dtype="float16"))
    fallback = SentenceEmbedder(weights, converted_dir(cache, weights), graph, torch)
    assert fallback.fingerprint == embedder.fingerprint
    pairs = zip(fallback.embed_documents(TEXTS), embedder.embed_documents(TEXTS), strict=True)
    assert min(cosine(a, b) for a, b in pairs) >= 0.999
    assert fallback.embed_documents([]) == []


def test_an_engine_that_rested_embeds_as_before(settings):
    embedder = load_embedder(settings.cache)
    before = embedder.embed_query("bias")
    embedder.rest()
    assert cosine(before, embedder.embed_query("bias")) > 0.999
    embedder.rest()
    embedder.rest()
    assert cosine(before, embedder.embed_documents(["bias"] * 200)[-1]) > 0.99


class Paced:
    """An engine that takes its seconds by a clock of the test's."""

    def __init__(self, clock: list[float], *seconds: float) -> None:
        self._clock, self._seconds = clock, list(seconds)

    def embed(self, texts, use):
        self._clock[0] += self._seconds.pop(0) if len(self._seconds) > 1 else self._seconds[0]

    def rest(self) -> None:
        """Nothing is held."""


def timed(**seconds: tuple[float, ...]) -> dict[str, float]:
    clock = [0.0]
    engines = {name: Paced(clock, 0, *each) for name, each in seconds.items()}
    return rates_of(engines, lambda: clock[0])


def converted(**rates: float) -> Graph:
    plain = prepare(Settings().cache, find_weights(Settings().cache, EMBEDDING))
    cosines = {"bf16": 0.9998, "f32": 1.0, "torch": 1.0}
    return chosen_by(replace(plain, cosines=cosines, rates=rates))


@pytest.mark.parametrize(
    ("seconds", "precision", "bulk"),
    [
        ({"bf16": 1, "f32": 2, "torch": 3}, "bf16", False),
        # As measured on a CPU that has bf16 and is slow at it.
        ({"bf16": 3.6, "f32": 2, "torch": 2.8}, "f32", False),
        ({"bf16": 3, "f32": 2, "torch": 1}, "f32", True),
    ],
)
def test_the_fastest_engine_is_kept_whatever_the_cpu_claims(seconds, precision, bulk):
    rates = timed(**{name: (each,) for name, each in seconds.items()})
    graph = converted(**rates)
    assert max(rates, key=rates.__getitem__) == ("torch" if bulk else precision)
    assert (graph.precision, graph.bulk) == (precision, bulk)
    assert f"texts a second: {max(rates, key=rates.__getitem__)} " in graph.report


def test_rates_that_do_not_agree_are_measured_until_they_do_or_the_most_exact_engine_is_kept():
    assert timed(f32=(9, 1, 5, 2), torch=(4,)) == timed(f32=(2,), torch=(4,))
    rates = timed(f32=(1, 9) * 9, bf16=(1,))
    graph = converted(**rates)
    assert (rates, graph.precision) == ({}, "f32")
    assert "not timed" in graph.report and "crib doctor --repair" in graph.report


def test_an_engine_can_be_named_and_one_that_cannot_run_it_is_refused():
    graph = converted(bf16=3.0, f32=2.0, torch=1.0)
    assert graph.chosen("auto") == graph
    assert graph.chosen("f32").engine == "OpenVINO, f32"
    assert graph.chosen("torch").engine == "torch on cpu, float32"
    with pytest.raises(ModelError, match=r"CRIB_ENGINE=bf16 cannot run .* use auto, f32, torch"):
        replace(graph, cosines={"f32": 1.0, "torch": 1.0}).chosen("bf16")


def test_a_model_converted_on_another_cpu_is_converted_anew(monkeypatch):
    """What was fastest there may not even run here; caches are shared and copied."""
    weights = find_weights(Settings().cache, EMBEDDING)
    here = converted_dir(Path("cache"), weights)
    monkeypatch.setattr("rag.embedders.engines._cpu", lambda: "another")
    assert converted_dir(Path("cache"), weights) != here
