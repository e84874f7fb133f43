"""Does the code tell a claim that a passage carries from one that it does not?

    python -m benchmarks.claims [--llm] [--wrong]

Claims on short notes of a dozen fields, written and labelled by hand: said as it stands, said in
other words, a wrong number, a wrong name, roles exchanged, negated, the opposite, unrelated, half
of it there. The weights of rag/grounding.py were chosen on the fields that are not of the split
"after". `--llm` has the model in this process read each claim, too. `--wrong` prints what went
wrong of those fields.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from eval.stats import auroc
from rag.answer_wiring import load_writers
from rag.config import load_settings
from rag.embedding import load_embedder
from rag.grounding import Attribution, ClaimFeatures, Unit, attribute, claim_features
from rag.prompts import CHECK_WORDS, checking
from rag.protocols import Embedder, Writer
from rag.text.sentences import reading, sentence_spans
from rag.types import Grounding, Span

FILES = (Path("benchmarks/claims.jsonl"), Path("benchmarks/claims_fields.jsonl"))


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim, its features beside the unit that fits it best, and the label a person gave it."""

    field: str
    split: str
    kind: str
    claim: str
    label: Grounding
    features: ClaimFeatures
    found: Attribution


def labelled(embedder: Embedder, writer: Writer | None = None) -> Iterator[Labelled]:
    """Every claim of the files, as the code grades it; with `writer`, as both do."""
    for path in FILES:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            text, headings = row["passage"], row["headings"]
            spans = sentence_spans(text)
            read = [": ".join([headings[-1], reading(text, span)]) for span in spans]
            (own,) = embedder.embed_documents([row["claim"]])
            near = [float(np.dot(own, other)) for other in embedder.embed_documents(read)]
            units = [
                Unit(0, Span(*span), unit, " ".join(headings))
                for span, unit in zip(spans, read, strict=True)
            ]
            looks = claim_features(row["claim"], row["question"], units, near, {})
            found = attribute(row["claim"], row["question"], units, near, {})
            if writer:
                scores = writer.score(checking(found.lines, found.said), CHECK_WORDS)
                if scores is None:
                    sys.exit("--llm needs a model that tells its first token; set CRIB_LLM=local")
                found = found.checked(scores)
            field = row.get("field") or row["headings"][0]
            label = Grounding(row["grounding"])
            yield Labelled(field, row["split"], row["kind"], row["claim"], label, looks, found)


def table(claims: Sequence[Labelled]) -> Iterator[str]:
    """Accuracy, the confusion, and the accuracy of each kind."""
    pairs = [(one, one.found.grounding) for one in claims]
    right = sum(one.label is grade for one, grade in pairs)
    known = [one for one in claims if one.label is not Grounding.WEAK]
    labels = [int(one.label is Grounding.GROUNDED) for one in known]
    area = auroc([one.found.probability for one in known], labels)
    yield f"{len(claims)} claims: {right / len(claims):.2f} as labelled"
    if area:
        bounds = f"{area.low:.2f} to {area.high:.2f}"
        yield f"grounded against not found: AUROC {area.mean:.2f} ({bounds})"
    counts = Counter((one.label, grade) for one, grade in pairs)
    yield f"{'label':12}" + "".join(f"{grade.value:>12}" for grade in Grounding)
    for label in Grounding:
        yield f"{label.value:12}" + "".join(f"{counts[label, grade]:12}" for grade in Grounding)
    for kind in dict.fromkeys(one.kind for one in claims):
        of_kind = [(one, grade) for one, grade in pairs if one.kind == kind]
        taken = Counter(grade.value for _, grade in of_kind)
        yield f"  {kind:16}{len(of_kind):4}  " + ", ".join(f"{n} {g}" for g, n in taken.items())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", action="store_true", help="have CRIB_LLM's model read the claims")
    parser.add_argument("--wrong", action="store_true", help="print what went wrong before")
    wanted = parser.parse_args()
    settings = load_settings()
    writer = load_writers(settings)()[0] if wanted.llm else None
    claims = list(labelled(load_embedder(settings.cache, settings.embedding_model), writer))
    for split in ("before", "after"):
        is_after = split == "after"
        of_it = [one for one in claims if (one.split == "after") is is_after]
        print(f"\n{split}")
        print("\n".join(table(of_it)))
    for one in claims if wanted.wrong else ():
        if one.split != "after" and one.label is not one.found.grounding:
            shown = " ".join(f"{value:.2f}" for value in astuple(one.features))
            grades = f"{one.label.value} | {one.found.grounding.value}"
            print(f"{one.kind}: {one.claim} | {grades} | {shown}")


if __name__ == "__main__":
    main()
