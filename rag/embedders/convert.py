"""Make of an embedding model what this machine runs fastest, and check its vectors.

Run in a process of its own: `python -m rag.embedders.convert WEIGHTS TARGET MAX_LENGTH`. The graph
takes token ids and mask; every module of the model is in it, so that what comes out is a unit
vector.
"""

import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from rag.embedders.engines import (
    Engine,
    Graph,
    Matrix,
    OpenVinoEngine,
    TorchEngine,
    Use,
    load_torch,
    torch_devices,
)

MIN_COSINE = 0.999
"""Every probe's vector must be at least this near to torch's in fp32, or the engine is not used."""

_LONGEST = 8192
"""Tokens of a text at most, whatever a model says: attention takes their square in memory."""

_PROBES = (
    "Which tool explains why a model made a prediction?",
    "bias",
    "Pipelines > Steps\n- processing: raw data to clean data\n- training: training a model",
    "Serverless: idle periods between traffic peaks cost less, with a cold start. " * 8,
    "def f(x):\n    return {k: v ** 2 for k, v in x.items()}",
    "L'apprentissage par renforcement utilise des récompenses.",
    "One that is longer than most models read. " * 80,
)

_PROMPT_NAMES: dict[Use, tuple[str, ...]] = {
    "query": ("query",),
    "document": ("document", "passage", "corpus"),
}
"""Names under which models keep their prompts, as sentence-transformers looks for them."""


def convert(weights: Path, target: Path, max_length: int) -> None:
    """Write into `target`, whole: tokenizer.json, graph.json, and graph.xml where it is of use.

    `max_length` in tokens is for a model that does not say how much it reads; else 0.
    """
    # OpenVINO's converter reports its use to its makers unless this package is missing.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    model = load_torch(weights, "cpu", "float32", max_length)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        folder = Path(scratch) / "graph"
        folder.mkdir()
        _decide(model, weights, folder).write(folder)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


def _decide(model: Any, weights: Path, folder: Path) -> Graph:
    """The fastest engines whose vectors are right, for a question and for many texts."""
    _tokenizer(model).save(str(folder / "tokenizer.json"))
    plain = _describe(model)
    torch = TorchEngine(weights, plain)
    expected = _vectors(torch)
    engines, cosines, notes = _with_openvino(model, plain, folder, expected)
    graph = replace(plain, cosines={**cosines, "torch": 1.0})
    if engines:
        rates = rates_of({**engines, "torch": torch})
        graph = chosen_by(replace(graph, rates=rates))
    for device in torch_devices()[:-1]:
        for dtype in ("float16", "float32"):
            tried = replace(graph, device=device, dtype=dtype)
            found, why = _cosine(TorchEngine(weights, tried), expected)
            if not why:
                return replace(tried, why=notes, min_cosine=min(found, graph.min_cosine))
        notes = "; ".join(filter(None, [notes, f"{device}: {why}"]))
    return replace(graph, why=notes)


def _with_openvino(
    model: Any, plain: Graph, folder: Path, expected: Matrix
) -> tuple[dict[str, Engine], dict[str, float], str]:
    """OpenVINO's engines by precision, their least cosines; and why there is none, if so."""
    if importlib.util.find_spec("openvino") is None:
        return {}, {}, ""  # as on every machine for which it is not required
    try:
        _save_graph(model, folder)
    except Exception as error:  # a converter fails in as many ways as there are models
        return {}, {}, f"OpenVINO cannot convert it: {type(error).__name__}"
    engines: dict[str, Engine] = {}
    cosines = {}
    for precision in _precisions():
        engine = OpenVinoEngine(folder, replace(plain, precision=precision), keep_compiled=False)
        cosine, why = _cosine(engine, expected)
        if not why:
            engines[precision], cosines[precision] = engine, cosine
    if not engines:
        for left in folder.glob("graph.*"):
            left.unlink()
        return {}, {}, f"OpenVINO: {why}"
    return engines, cosines, ""


AGREE = 1.2
"""What an engine's rates of the last rounds may differ by, the largest to the least."""

_ROUNDS, _MOST_ROUNDS = 3, 8
_TIMED = tuple(
    " ".join(f"{word} {place}." for word in ("cell", "law", "bread") * length)
    for place, length in enumerate((4, 9, 12, 14, 15, 15, 15, 15) * 2)
)
"""Texts of the lengths that passages have, up to 160 tokens."""


def rates_of(
    engines: Mapping[str, Engine], now: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """Texts a second of each engine, the median of rounds that agree; none if they never do.

    The engines take turns, so that whatever else the machine does disturbs all of them.
    """
    rounds: list[dict[str, float]] = []
    for engine in engines.values():
        engine.embed(_TIMED, "document")  # the first call compiles
    for _ in range(_MOST_ROUNDS):
        rounds.append({name: _rate(engine, now) for name, engine in engines.items()})
        last = rounds[-_ROUNDS:]
        found = {name: [one[name] for one in last] for name in engines}
        if len(last) == _ROUNDS and all(max(of) <= AGREE * min(of) for of in found.values()):
            return {name: round(median(of), 1) for name, of in found.items()}
    return {}


def _rate(engine: Engine, now: Callable[[], float]) -> float:
    begun = now()
    engine.embed(_TIMED, "document")
    return len(_TIMED) / (now() - begun)


def chosen_by(graph: Graph) -> Graph:
    """The graph with the engine that was fastest; untimed, the one whose vectors are nearest.

    Where torch is faster than OpenVINO it runs many texts, and OpenVINO the questions: a question
    should not wait for torch to be imported.
    """
    own = [name for name in graph.cosines if name != "torch"]
    if not graph.rates:
        best = max(own, key=lambda name: graph.cosines[name])
        return replace(graph, precision=best, min_cosine=graph.cosines[best])
    best = max(own, key=lambda name: graph.rates[name])
    bulk = graph.rates["torch"] > graph.rates[best]
    return replace(graph, precision=best, min_cosine=graph.cosines[best], bulk=bulk)


def _cosine(engine: Engine, expected: Matrix) -> tuple[float, str]:
    """The least cosine to `expected`, and why the engine cannot be used: empty if it can."""
    try:
        found = float(np.min(np.sum(_vectors(engine) * expected, axis=1)))
    except Exception as error:  # whatever a driver raises, there is another engine
        return 0.0, f"it fails with {type(error).__name__}"
    return found, "" if found >= MIN_COSINE else f"its vectors are not the model's ({found:.4f})"


def _vectors(engine: Engine) -> Matrix:
    return np.concatenate([engine.embed(_PROBES, use) for use in _PROMPT_NAMES])


def _describe(model: Any) -> Graph:
    """The model as torch runs it on the CPU."""
    prompts: dict[str, str] = {use: _prompt(model, use) for use in _PROMPT_NAMES}
    length = min(model.max_seq_length or _LONGEST, _LONGEST)
    tokenizer = _tokenizer(model)
    ends = len(tokenizer.encode("").ids)
    prompt = len(tokenizer.encode(prompts["document"], add_special_tokens=False).ids)
    return Graph(
        precision="",
        device="cpu",
        dtype="float32",
        min_cosine=1.0,
        dimensions=len(model.encode("dimensions")),
        max_length=length,
        max_tokens=length - ends - prompt,
        padding=getattr(model.tokenizer, "pad_token_id", None) or 0,
        unknown=getattr(model.tokenizer, "unk_token_id", None),
        prompts=prompts,
    )


def _prompt(model: Any, use: Use) -> str:
    """The model's prompt for `use`; its default one, unless that is meant for the other use."""
    others = {name for other, names in _PROMPT_NAMES.items() if other != use for name in names}
    named = [*_PROMPT_NAMES[use], *({model.default_prompt_name} - others)]
    found: Iterator[str] = (model.prompts.get(name) or "" for name in named)
    return next(filter(None, found), "")


def _tokenizer(model: Any) -> Tokenizer:
    fast = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    if not isinstance(fast, Tokenizer):
        raise ValueError("its tokenizer cannot be written as a tokenizer.json")
    fast.no_truncation()
    fast.no_padding()
    return fast


def _save_graph(model: Any, folder: Path) -> None:
    import openvino
    import torch

    some = model.tokenizer(["an example", "of two that differ"], padding=True, return_tensors="pt")
    example = {name: some[name] for name in ("input_ids", "attention_mask")}
    any_shape = [(name, [-1, -1], openvino.Type.i64) for name in example]
    whole = _whole(model, typed="token_type_ids" in some).eval()
    with torch.inference_mode():
        graph = openvino.convert_model(whole, example_input=example, input=any_shape)
    openvino.save_model(graph, str(folder / "graph.xml"), compress_to_fp16=False)


def _whole(model: Any, *, typed: bool) -> Any:
    import torch

    class Whole(torch.nn.Module):
        """All modules one after the other, as sentence-transformers runs them."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList(model)

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            if typed:  # of one text alone all tokens are of the first type
                features["token_type_ids"] = torch.zeros_like(input_ids)
            for part in self.parts:
                features = part(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)

    return Whole()


def _precisions() -> list[str]:
    import openvino

    capable = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ["bf16", "f32"] if capable else ["f32"]


def _main() -> None:
    """Convert; what goes wrong is told in the last line of stderr."""
    try:
        convert(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    except Exception as error:
        told = " ".join(str(error).split())
        if "trust_remote_code" in told:
            told = "it needs code of its own, which is never run; choose a model that needs none"
        sys.exit(f"{type(error).__name__}: {told}")


if __name__ == "__main__":
    _main()
