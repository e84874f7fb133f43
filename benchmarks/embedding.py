"""How fast are passages embedded? Cribsheet's engines against LangChain's default path.

    python -m benchmarks.embedding [--rounds 5] [--passages 192]

LangChain's default (`HuggingFaceEmbeddings.embed_documents`) is sentence-transformers with torch in
fp32 and batches of 32; here the same call without the package. One process runs all of them one
after the other, round by round, so that what disturbs the machine disturbs all. A ratio is taken
within a round; printed is its median and, in brackets, its least and greatest. The cosine is the
least of any passage to torch's fp32. GFLOP/s are the operations that the model asks for, padding
left out; the first line says how many the CPU does at best in f32, on matrices of such shapes.

Tried and not kept, on two cores with AMX, where it was busy and figures are rough:

- int8 by NNCF's post-training quantisation (300 passages to calibrate): about as fast as bf16 (0.4
  to 1.5 times), two to three times as fast as f32, least cosine 0.993. Recall@1 fell from 0.474 to
  0.461 on 76 exam questions and stayed at 0.966 on the shipped ones; dense search alone fell from
  0.914 to 0.879 there. No gain where there is bf16, and elsewhere not the model's vectors.
- int8 weights by NNCF: no clear gain on bf16, about 1.4 times f32, least cosine 0.9986.
- `openvino.AsyncInferQueue`: as fast as threads, and locked up for good now and then
  (see rag/embedders/engines.py).
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rag.config import load_settings
from rag.embedders.engines import Graph, Matrix, OpenVinoEngine, converted_dir, load_torch, prepare
from rag.embedding import SentenceEmbedder, load_embedder
from rag.models import Weights, find_weights

TARGETS = {"bf16": 3.2, "f32": 1.7}
TOKENS = 180
NAME = "LangChain's default"

Embed = Callable[[list[str]], list[list[float]]]


def paths(cache: Path, weights: Weights, graph: Graph) -> Iterator[tuple[str, Embed]]:
    """What is compared, by name; the first is what the others are measured against."""
    model = load_torch(weights.folder, "cpu", "float32", graph.max_length)
    yield NAME, lambda texts: model.encode(texts, batch_size=32, show_progress_bar=False).tolist()
    folder = converted_dir(cache, weights)
    for precision in ("bf16", "f32") if graph.precision == "bf16" else ("f32",):
        own = replace(graph, precision=precision, device="cpu")
        engine = OpenVinoEngine(folder, own)
        yield precision, SentenceEmbedder(weights, folder, own, engine).embed_documents


def corpora(notes: Path, count: int, embedder: SentenceEmbedder) -> Iterator[tuple[str, list[str]]]:
    """Passages of about TOKENS tokens; and as notes have them, from a line to a full passage."""
    words = " ".join(path.read_text("utf-8") for path in sorted(notes.rglob("*.md"))).split()
    draw = random.Random(0)  # noqa: S311 (a sample, not a secret)
    kinds = {f"about {TOKENS} tokens": [1.0], "of mixed length": [0.1, 0.25, 0.5, 0.75, 0.9]}
    for name, shares in kinds.items():
        sizes = [TOKENS * draw.choice(shares) for _ in range(count)]
        texts = [_passage(words, size, draw, embedder) for size in sizes]
        mean = statistics.fmean(embedder.count_tokens(texts))
        yield f"{count} passages {name} (mean {mean:.0f} tokens)", texts


def _passage(
    words: Sequence[str], tokens: float, draw: random.Random, embedder: SentenceEmbedder
) -> str:
    """Words in a row, from anywhere in the notes, that are about so many tokens."""
    start = draw.randrange(len(words))
    some = [words[(start + place) % len(words)] for place in range(int(tokens))]
    found = embedder.count_tokens([" ".join(some)])[0]
    return " ".join(some[: max(1, int(len(some) * tokens / found))])


def floating_point(model: Any, counts: Sequence[int]) -> float:
    """Operations that the model asks for, for texts of so many tokens, padding left out."""
    import torch

    linear = [one.weight for one in model.modules() if isinstance(one, torch.nn.Linear)]
    # Attention multiplies each token with each, twice, in the layers; a layer has 6 such matrices.
    width, layers, own = linear[0].shape[1], len(linear) // 6, sum(one.numel() for one in linear)
    return float(sum(2 * n * own + 4 * n * n * width * layers for n in counts))


def most_possible(model: Any) -> float:
    """Operations a second of torch's best multiplication in f32, of the shapes of the model."""
    import torch

    shapes = {tuple(m.weight.shape): m for m in model.modules() if isinstance(m, torch.nn.Linear)}
    best = 0.0
    with torch.inference_mode():
        for layer in shapes.values():
            tokens = torch.randn(32 * TOKENS, layer.in_features)
            for _ in range(20):
                begin = time.perf_counter()
                layer(tokens)
                done = 2 * len(tokens) * layer.weight.numel()
                best = max(best, done / (time.perf_counter() - begin))
    return best


def measure(
    runs: dict[str, Embed], texts: list[str], rounds: int, operations: float
) -> Iterator[str]:
    """A line for each of `runs`. `operations` is what the texts ask for."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    vectors = {name: np.asarray(embed(texts), np.float32) for name, embed in runs.items()}  # warm
    for turn in range(rounds):
        names = list(runs)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            begin = time.perf_counter()
            runs[name](texts)
            seconds[name].append(time.perf_counter() - begin)
    for name, own in seconds.items():
        cosine = float((_unit(vectors[name]) * _unit(vectors[NAME])).sum(axis=1).min())
        ratios = [base / taken for base, taken in zip(seconds[NAME], own, strict=True)]
        took, ratio = statistics.median(own), statistics.median(ratios)
        yield (
            f"{len(texts) / took:10.1f} {operations / took / 1e9:9.0f}  {name:22}{ratio:6.2f}x "
            f"({min(ratios):.2f} to {max(ratios):.2f}){_verdict(name, ratios):26}  {cosine:.5f}"
        )


def _unit(vectors: Matrix) -> Matrix:
    unit: Matrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _verdict(name: str, ratios: Sequence[float]) -> str:
    if name not in TARGETS:
        return ""
    met = statistics.median(ratios) >= TARGETS[name]
    return f"  target {TARGETS[name]}x {'met' if met else 'MISSED'}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=192)
    parser.add_argument("--notes", type=Path, default=Path("notes"))
    arguments = parser.parse_args()
    settings = load_settings()
    weights = find_weights(settings.cache, settings.embedding_model)
    graph = prepare(settings.cache, weights)
    runs = dict(paths(settings.cache, weights, graph))
    embedder = load_embedder(settings.cache, settings.embedding_model)
    model = load_torch(weights.folder, "cpu", "float32", graph.max_length)
    print(f"{weights.name}, {graph.engine}; {arguments.rounds} rounds")
    print(f"{most_possible(model) / 1e9:10.0f} GFLOP/s: torch's best multiplication in f32")
    for title, texts in corpora(arguments.notes, arguments.passages, embedder):
        print(f"{'per s':>10} {'GFLOP/s':>9}  {title}: ratio to {NAME}, least cosine")
        operations = floating_point(model, embedder.count_tokens(texts))
        for line in measure(runs, texts, arguments.rounds, operations):
            print(line)


if __name__ == "__main__":
    main()
