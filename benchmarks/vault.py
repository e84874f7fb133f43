"""A vault of Markdown notes made for the purpose: any size, the same each time."""

import json
import random
from itertools import accumulate
from pathlib import Path

from rag.config import load_settings
from rag.models import EMBEDDING, find_model, model_dir

_FOLDERS = 40


def make_vault(root: Path, notes: int) -> None:
    """Write `notes` notes of one to five sections, 20 to 120 words each, some with a list or code.

    Words are drawn by Zipf's law from 8,000 of the embedding model's own vocabulary, which has them
    by frequency; one in six is made of two, as rare words are to the model. So a token is as many
    characters as in prose, and notes share words, as a person's do.
    """
    draw = random.Random(7)  # noqa: S311 (a sample, not a secret)
    words = _words(draw, 8000)
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(words))))
    for number in range(notes):
        folder = root / f"folder{number % _FOLDERS:02}"
        folder.mkdir(parents=True, exist_ok=True)
        text = _note(draw, number, words, weights)
        (folder / f"note{number:06}.md").write_text(text, "utf-8")


def _note(draw: random.Random, number: int, words: list[str], weights: list[float]) -> str:
    parts = [f"# Note {number} on {_some(draw, words, weights, 2)}"]
    for _ in range(draw.randint(1, 5)):
        parts.append(f"## {_some(draw, words, weights, 3).capitalize()}")
        body = _some(draw, words, weights, draw.randint(20, 120))
        kind = draw.random()
        if kind < 0.2:
            items = body.split()
            parts.append(
                "\n".join(f"- {' '.join(items[i : i + 8])}" for i in range(0, len(items), 8))
            )
        elif kind < 0.25:
            parts.append(f"```python\n{body}\n```")
        else:
            parts.append(body.capitalize() + ".")
    return "\n\n".join(parts) + "\n"


def _some(draw: random.Random, words: list[str], weights: list[float], count: int) -> str:
    return " ".join(draw.choices(words, cum_weights=weights, k=count))


def _words(draw: random.Random, count: int) -> list[str]:
    folder = model_dir(load_settings().cache, find_model(EMBEDDING))
    vocabulary = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    known = [word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 1]
    rare = [word + draw.choice(known[:500]) if draw.random() < 1 / 6 else word for word in known]
    return rare[:count]
