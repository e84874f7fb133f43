"""Does the code tell a claim that a passage carries from one that it does not?

    python -m benchmarks.claims [--wrong]

Claims on passages of the shipped and the invented notes, written and labelled by hand in
claims.jsonl: said as it stands, said in other words, a wrong number, a wrong name, negated,
unrelated, half of it there. The limits of rag/grounding.py were chosen on the half called "dev".
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.config import load_settings
from rag.embedding import load_embedder
from rag.grounding import Carrier, grade
from rag.protocols import Embedder
from rag.text.sentences import sentence_spans
from rag.types import Grounding

CLAIMS = Path("benchmarks/claims.jsonl")


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, the label that a person gave it, and the code's."""

    split: str
    kind: str
    claim: str
    label: Grounding
    found: Grounding


def judged(embedder: Embedder, path: Path = CLAIMS) -> Iterator[Judged]:
    """Every claim of a file, graded."""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        text, context = row["passage"], " ".join(row["headings"])
        units = [text[span.start : span.end] for span in sentence_spans(text)]
        (own,) = embedder.embed_documents([row["claim"]])
        vectors = embedder.embed_documents([f"{row['headings'][-1]}: {unit}" for unit in units])
        cosines = [sum(a * b for a, b in zip(own, other, strict=True)) for other in vectors]
        carriers = [Carrier(u, context, c) for u, c in zip(units, cosines, strict=True)]
        found = grade(row["claim"], row["question"], carriers)
        yield Judged(row["split"], row["kind"], row["claim"], Grounding(row["grounding"]), found)


def table(claims: Sequence[Judged]) -> Iterator[str]:
    """Accuracy, the confusion, and the accuracy of each kind."""
    right = sum(one.label is one.found for one in claims)
    yield f"{len(claims)} claims: {right / len(claims):.2f} as labelled"
    counts = Counter((one.label, one.found) for one in claims)
    yield f"{'label':12}" + "".join(f"{found.value:>12}" for found in Grounding)
    for label in Grounding:
        yield f"{label.value:12}" + "".join(f"{counts[label, found]:12}" for found in Grounding)
    for kind in dict.fromkeys(one.kind for one in claims):
        of_kind = [one for one in claims if one.kind == kind]
        yield f"  {kind:16}{sum(one.label is one.found for one in of_kind):3} of {len(of_kind)}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="print those of dev that went wrong")
    settings = load_settings()
    claims = list(judged(load_embedder(settings.cache, settings.embedding_model)))
    for split in ("dev", "held"):
        print(f"\n{split}")
        print("\n".join(table([one for one in claims if one.split == split])))
    if parser.parse_args().wrong:
        for one in claims:
            if one.split == "dev" and one.label is not one.found:
                print(f"{one.kind}: {one.claim} | {one.label.value} | {one.found.value}")


if __name__ == "__main__":
    main()
