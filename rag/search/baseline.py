"""What do questions score in a library that does not answer them? Learned without labels.

A cosine of 0.5 means one thing in notes on one product and another in an encyclopedia. So general
questions, in the languages of the notes, are put to the search after an ingest, and how well a real
question fits is measured from their median on (rag/search/confidence.py). That a few of them may be
answered after all does not move a median.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np

from rag.protocols import Retriever
from rag.search.evidence import EvidenceReader
from rag.store.catalog import Catalog
from rag.text.language import language
from rag.types import Support

QUESTIONS = Path(__file__).with_name("general_questions.txt")

ASKED = 48
"""Questions that are put to a library: the median of them moves little with more."""

USUAL = Support(0.42, 0.33)
"""The medians over textbooks, for a library that was not measured: an empty one, or of before."""

HIGH, USUAL_HIGH = 0.95, 0.5
"""The share of general questions that fit less well than what is high, and what is over textbooks:
for languages of which it is not known how well an answer fits (rag/search/confidence.py)."""

_KEY = "baseline"
_VERSION = 3
"""To be raised with whatever changes scores: what was measured before is measured anew."""

_GROWN = 1.1
"""A library that has this many times the passages is measured anew, and one that shrank so."""

_SAMPLE = 60  # notes whose language is looked at
_CHARS = 2000
_FEW = 0.2  # share of the notes from which a language counts


def baseline(catalog: Catalog) -> Support:
    """What was measured of this library; USUAL where nothing was."""
    found = catalog.kept(_KEY)
    return Support(*json.loads(found)["median"]) if found else USUAL


def high(catalog: Catalog) -> float:
    """The score of the best sentences that HIGH of the general questions stay below."""
    return float(json.loads(catalog.kept(_KEY) or "{}").get("high", USUAL_HIGH))


def is_due(catalog: Catalog) -> bool:
    """True if the library was not measured as today, or has grown or shrunk by a tenth since."""
    count, found = catalog.counts()[1], json.loads(catalog.kept(_KEY) or "{}")
    before = found.get("passages", 0) if found.get("version") == _VERSION else 0
    return count > 0 and not before / _GROWN <= count <= before * _GROWN


def measure(catalog: Catalog, retriever: Retriever, reader: EvidenceReader) -> None:
    """Ask the library general questions, and keep the medians in one write: seconds.

    A process that is killed before leaves what was measured last.
    """
    supports = [
        reader.read(question, retriever.retrieve(question)).support
        for question in general_questions(languages(catalog))
    ]
    # Notes of headings or quizzes alone say nothing to any question: that teaches nothing.
    found = [one for one in supports if one != Support()] or [USUAL]
    medians = [median(one.best for one in found), median(one.sentence for one in found)]
    top = float(np.quantile([one.best for one in found], HIGH))
    kept = {"version": _VERSION, "passages": catalog.counts()[1], "median": medians, "high": top}
    catalog.keep(_KEY, json.dumps(kept))


def languages(catalog: Catalog) -> Sequence[str]:
    """Those of a fifth of the notes each, of which there are questions; else English."""
    texts = (catalog.text(path)[:_CHARS] for path in catalog.sample(_SAMPLE))
    counts = Counter(language(text) for text in texts)
    least = max(1, _FEW * sum(counts.values()))
    known = [name for name in pool() if counts[name] >= least]
    return known or ["English"]


def general_questions(names: Sequence[str]) -> list[str]:
    """ASKED questions, as many in each language; spread over their fields."""
    each = ASKED // len(names)
    return [
        question
        for name in names
        for question in pool()[name][:: max(1, len(pool()[name]) // each)][:each]
    ]


@cache
def pool() -> Mapping[str, Sequence[str]]:
    """The general questions by language."""
    parts = re.split(r"^# (.+)$", QUESTIONS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {
        name.strip(): [line.strip() for line in text.splitlines() if line.strip()]
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }
