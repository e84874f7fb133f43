"""Any sentence-transformers model: its vectors here are those of the library itself."""

import json
import logging
import math
import os
import subprocess
import sys

import pytest
from conftest import ROOT

from rag.config import Settings
from rag.embedders.engines import read_graph
from rag.embedding import converted_dir, engine_report, load_embedder
from rag.errors import ModelError
from rag.models import find_weights

sys.path.insert(0, str(ROOT / "tests"))
from tiny_models import TEXTS

pytestmark = pytest.mark.slow

FAST = ("bert-dense", "roberta", "mpnet")
DIMENSIONS = {"bert-dense": 20, "roberta": 32, "mpnet": 32, "static": 16}
MAX_LENGTH = {"bert-dense": 64, "roberta": 48, "mpnet": 40}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models of several kinds, written by a process that may import torch."""
    target = tmp_path_factory.mktemp("models")
    script = ROOT / "tests" / "tiny_models.py"
    done = subprocess.run([sys.executable, script, target], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def cosines(found, expected):
    pairs = zip(found, expected, strict=True)
    return [math.fsum(a * b for a, b in zip(*pair, strict=True)) for pair in pairs]


@pytest.mark.parametrize("name", DIMENSIONS)
def test_vectors_are_those_of_the_library(folder, cache, name):
    """Pooling, layers behind it, prompts, length and tokenizer are the model's own."""
    questions, passages = json.loads((folder / f"{name}.expected").read_text())
    embedder = load_embedder(cache, str(folder / name))
    assert min(cosines(map(embedder.embed_query, TEXTS), questions)) >= 0.999
    assert min(cosines(embedder.embed_documents(TEXTS), passages)) >= 0.999
    many = embedder.embed_documents(TEXTS * 60)
    assert min(cosines(many, passages * 60)) >= 0.999
    assert embedder.dimensions == DIMENSIONS[name]
    # And another text would have been told from it, so that 0.999 says something.
    assert max(cosines(passages[1:], passages[:-1])) < 0.99


@pytest.mark.parametrize("name", FAST)
def test_openvino_runs_it_without_torch(folder, cache, name):
    load_embedder(cache, str(folder / name))
    code = (
        "import sys; from pathlib import Path; from rag.embedding import load_embedder;"
        "e = load_embedder(Path(sys.argv[1]), sys.argv[2]); e.embed_query('bias');"
        "e.embed_documents(['bias'] * 900); e.count_tokens(['bias']);"
        "print(*{'torch', 'sentence_transformers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, cache, folder / name],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert engine_report(cache, str(folder / name)).startswith("OpenVINO, ")


@pytest.mark.parametrize("name", FAST)
def test_what_fits_is_read_whole_and_no_more(folder, cache, name):
    """`max_tokens` is what a chunk may hold: its prompt and both ends still fit beside it."""
    embedder = load_embedder(cache, str(folder / name))
    graph = read_graph(converted_dir(cache, find_weights(cache, str(folder / name))))
    assert graph
    assert graph.max_length == MAX_LENGTH[name]
    words = ["bias"]
    while embedder.count_tokens([" ".join([*words, "model"])])[0] <= embedder.max_tokens:
        words.append("model")
    fits = " ".join(words)
    whole, longer, other = embedder.embed_documents([fits, fits + " bias tool", "bias"])
    assert cosines([longer], [whole])[0] > 0.9999
    assert cosines([other], [whole])[0] < 0.99


def test_a_prompt_changes_the_fingerprint_and_a_new_name_does_not(folder, cache, tmp_path):
    """Stored vectors hold as long as the same text would get the same vector."""
    first = load_embedder(cache, str(folder / "bert-dense")).fingerprint
    copy = tmp_path / "renamed"
    copy.mkdir()
    for path in (folder / "bert-dense").rglob("*"):
        target = copy / path.relative_to(folder / "bert-dense")
        target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
    assert load_embedder(cache, str(copy)).fingerprint == first
    settings = copy / "config_sentence_transformers.json"
    settings.write_text(settings.read_text().replace("search for", "look for"))
    assert load_embedder(cache, str(copy)).fingerprint[:16] != first[:16]


def test_what_openvino_cannot_run_is_run_by_torch_and_said_once(folder, tmp_path, caplog):
    name = str(folder / "static")
    with caplog.at_level(logging.WARNING):
        load_embedder(tmp_path, name)
        load_embedder(tmp_path, name)
    assert len(caplog.records) == 1
    assert engine_report(tmp_path, name) in caplog.text
    assert "torch on cpu, float32 (OpenVINO cannot convert it" in caplog.text


def test_weights_that_are_damaged_are_told_in_a_line(folder, cache, tmp_path):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((folder / "mpnet" / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModelError, match=r"could not be converted: .*; run: crib doctor") as raised:
        load_embedder(cache, str(tmp_path))
    assert "\n" not in str(raised.value)


def test_the_whole_way_works_with_another_model(folder, monkeypatch, cache):
    """Ingest and question, by `CRIB_EMBEDDING_MODEL` alone."""
    monkeypatch.setenv("CRIB_CACHE", str(cache))
    monkeypatch.setenv("CRIB_EMBEDDING_MODEL", str(folder / "roberta"))
    assert Settings().embedding_model == str(folder / "roberta")
    run = [sys.executable, "-m", "app"]
    for command in (["ingest", "notes"], ["ask", "Which SageMaker tool explains bias?"]):
        done = subprocess.run([*run, *command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert "sagemaker.md" in done.stdout
