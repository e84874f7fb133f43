"""Convert the embedding model for OpenVINO, and check its vectors against torch's.

Run in a process of its own: `python -m rag.convert WEIGHTS TARGET`. The graph takes token ids and
mask, and holds pooling and normalisation too, so that what comes out is a unit vector.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MIN_COSINE = 0.999
"""Every probe's vector must be at least this near to torch's in fp32, else f32 or torch is used."""

_PROBES = (
    "Which tool explains why a model made a prediction?",
    "bias",
    "Pipelines > Steps\n- processing: raw data to clean data\n- training: training a model",
    "Serverless: idle periods between traffic peaks cost less, with a cold start. " * 8,
    "def f(x):\n    return {k: v ** 2 for k, v in x.items()}",
    "L'apprentissage par renforcement utilise des récompenses.",
)


def convert(weights: Path, target: Path) -> None:
    """Write graph.xml, graph.bin and graph.json (precision, min cosine) into `target`, whole.

    The precision is the fastest of bf16 and f32 that passes, or empty if neither does.
    """
    # OpenVINO's converter reports its use to its makers unless this package is missing.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(weights), device="cpu", local_files_only=True)
    module = _with_pooling(model[0].auto_model).eval()
    example = _tokens(model, ["an example", "of two texts that are not equally long"])
    any_shape = [(name, [-1, -1], openvino.Type.i64) for name in example]
    graph = openvino.convert_model(module, example_input=example, input=any_shape)

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        folder = Path(scratch) / "graph"
        folder.mkdir()
        openvino.save_model(graph, str(folder / "graph.xml"), compress_to_fp16=False)
        checked = _fastest_exact(folder / "graph.xml", module, _tokens(model, list(_PROBES)))
        (folder / "graph.json").write_text(json.dumps(checked), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


def _tokens(model: Any, texts: list[str]) -> dict[str, Any]:
    encoded = model.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    return {name: encoded[name] for name in ("input_ids", "attention_mask")}


def _with_pooling(transformer: Any) -> Any:
    import torch

    class Pooled(torch.nn.Module):
        """Mean over the tokens that are not padding, as the model was trained, then unit length."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            found = self.transformer(input_ids=input_ids, attention_mask=attention_mask)
            mask = attention_mask.unsqueeze(-1).to(found.last_hidden_state.dtype)
            mean = (found.last_hidden_state * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, p=2, dim=1)

    return Pooled()


def _fastest_exact(graph: Path, module: Any, probes: dict[str, Any]) -> dict[str, str | float]:
    import torch

    from rag.embedding import OpenVinoEngine

    with torch.inference_mode():
        expected = module(**probes).numpy()
    ids, mask = (probes[name].numpy() for name in ("input_ids", "attention_mask"))
    cosine = 0.0
    for precision in _precisions():
        cosine = _min_cosine(OpenVinoEngine(graph, precision).run(ids, mask), expected)
        if cosine >= MIN_COSINE:
            return {"precision": precision, "min_cosine": cosine}
    return {"precision": "", "min_cosine": cosine}


def _precisions() -> list[str]:
    import openvino

    capable = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return ["bf16", "f32"] if capable else ["f32"]


def _min_cosine(found: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> float:
    return float(np.min(np.sum(found * expected, axis=1)))


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
