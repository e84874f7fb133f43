"""Scores of one answer to one case. Pure functions, listed by name in `SCORERS` at the end.

A scorer that cannot judge a case returns None, never 0: what was not measured must not count. What
needs the embedding model (`BY_MEANING`) or a judge (eval/judging.py) is `_later` in the table.

Retrieval is measured by ir-measures. A hit is relevant if it holds the whole quote of a target. A
case may have several targets, a hit may hold several, and a target may stand in several hits, so
three things are settled:

- recall counts targets, not hits: how many of them the first k hits hold (the subtopic recall of
  Zhai, Cohen and Lafferty 2003; with a target a hit it is the usual one);
- precision and the reciprocal rank take a hit for relevant whichever target it holds;
- nDCG gives a hit a gain of one for each target that no hit before it holds, so that the same
  quote twice is worth no more than once; a target that no hit holds is still owed in the ideal.

Span recall, precision and intersection over union are those of "Evaluating Chunking Strategies for
Retrieval" (Smith and Troynikov, Chroma 2024), over the passages that were given to whoever answered
(`Answer.read`): what is wanted are the targets' quotes, and a part of them counts once however
often it was found, while all that was found counts, twice if it was found twice. The unit is the
character that is not blank, as in the authors' code. Unlike recall@k this tells a quote that was
cut in two from one that was not found.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType

import ir_measures
from ir_measures import RR, P, Qrel, ScoredDoc, Success, nDCG

from eval.protocols import Likeness, Scorer
from eval.texts.matching import aliases, says, tokenize_answer
from eval.texts.tokens import (
    cut_to_show,
    find_quote,
    grader_words,
    overlap,
    parts,
    token_stems,
    tokens,
)
from eval.types import Case, Target
from rag.grounding import Unit, attribute
from rag.search.evidence import in_context
from rag.types import Answer, Chunk, Citation, Claim, Grounding, Span, Status


def refused(answer: Answer) -> bool:
    """True if the question was refused."""
    return answer.status is Status.REFUSED


def holds_target(case: Case, chunk: Chunk) -> bool:
    """True if `chunk` holds the whole of a quote that answers the case."""
    return any(quote_places(target, chunk) for target in case.targets)


def quote_places(target: Target, chunk: Chunk) -> list[Span]:
    """Where `chunk` holds the whole of the target's quote, in offsets of the chunk's text."""
    return find_quote(target.quote, chunk.text) if target.names(chunk.note_path) else []


def touches(citation: Citation, target: Target) -> bool:
    """True if what is cited has a character in common with the target's quote."""
    cited = Span(citation.start, citation.end)
    return any(overlap(cited, place) for place in quote_places(target, citation.chunk))


def recall(case: Case, answer: Answer, k: int) -> float | None:
    """Recall@k by quote: the share of the targets that the first `k` hits hold whole."""
    # A target is a query of its own, which succeeds if the first k hits hold it.
    return _mean(Success @ k, _held(case, answer)) if case.targets else None


def _of_hits(case: Case, answer: Answer, measure: object) -> float | None:
    """A measure of hits that are relevant or not; hits that are missing are not."""
    relevant = [any(column) for column in zip(*_held(case, answer), strict=True)]
    return _mean(measure, [relevant]) if case.targets else None


def ndcg(case: Case, answer: Answer, k: int) -> float | None:
    """nDCG@k (Järvelin and Kekäläinen 2002) of what each hit adds; see the module."""
    if not case.targets:
        return None
    first = [row.index(True) if True in row else None for row in _held(case, answer)]
    gains = [first.count(rank) for rank in range(len(answer.hits))]
    return _mean(nDCG @ k, [gains], owed=first.count(None))


def _held(case: Case, answer: Answer) -> list[list[bool]]:
    """For each target, whether each hit holds it."""
    return [
        [bool(quote_places(target, hit.chunk)) for hit in answer.hits] for target in case.targets
    ]


def _mean(measure: object, queries: Sequence[Sequence[int]], owed: int = 1) -> float:
    """The measure, averaged over queries that are given by the grade of each rank.

    Each query has `owed` relevant documents more that were not found: at least one, since
    ir-measures leaves out a query without any.
    """
    judged, ranked = [], []
    for query, grades in enumerate(queries):
        judged += [Qrel(str(query), f"owed {n}", 1) for n in range(owed)]
        for rank, grade in enumerate(grades):
            judged.append(Qrel(str(query), str(rank), int(grade)))
            ranked.append(ScoredDoc(str(query), str(rank), -float(rank)))
    return float(ir_measures.calc_aggregate([measure], judged, ranked)[measure])


_LEAST = 12
"""Characters of a quote that a passage ends or begins with if it holds a part of it: fewer may be
there by chance."""


def _span(case: Case, answer: Answer, of: str) -> float | None:
    """Characters both wanted and given, as a share of those that are "wanted", "given" or "either".

    None where nothing is wanted, or where the share is of what is given and nothing was.
    """
    quotes = {(target, _bare(target.quote)) for target in case.targets}
    # A quote that is part of another one of the same note is wanted once.
    own = [
        (target, quote)
        for target, quote in quotes
        if not any(
            quote in other and (len(quote), target.quote) < (len(other), one.quote)
            for one, other in quotes
            if one.note_path == target.note_path
        )
    ]
    if not own:
        return None
    chunks = [hit.chunk for hit in answer.hits[: answer.read]]
    wanted = sum(len(quote) for _, quote in own)
    given = sum(len(_bare(chunk.text)) for chunk in chunks)
    held = sum(
        len({n for c in chunks if target.names(c.note_path) for n in _part(quote, _bare(c.text))})
        for target, quote in own
    )
    shared = min(held, given)  # two quotes that run into each other share characters
    whole = {"wanted": wanted, "given": given, "either": wanted + given - shared}[of]
    return shared / whole if whole else None


def _part(quote: str, text: str) -> range:
    """What of `quote` is in `text`: all, or what a cut at an end of `text` has left of it."""
    if quote in text:
        return range(len(quote))
    if len(text) >= _LEAST and text in quote:
        start = quote.index(text)
        return range(start, start + len(text))
    longest = min(len(quote), len(text))
    for size in range(longest, _LEAST - 1, -1):
        if text.endswith(quote[:size]):
            return range(size)
        if text.startswith(quote[-size:]):
            return range(len(quote) - size, len(quote))
    return range(0)


@lru_cache(maxsize=4096)  # passages come up again and again
def _bare(text: str) -> str:
    return "".join(text.split())


def reference_match(case: Case, answer: Answer) -> float | None:
    """1 if the answer says any of the references; eval/texts/matching.py says what is the same."""
    if not case.answerable:
        return None
    return 0.0 if refused(answer) else float(any(_said(case, answer, case.references)))


def facts_said(case: Case, answer: Answer) -> float | None:
    """The share of the facts that a whole answer has to say which this one does."""
    if not (case.answerable and case.facts):
        return None
    return 0.0 if refused(answer) else sum(_said(case, answer, case.facts)) / len(case.facts)


def token_f1(case: Case, answer: Answer) -> float | None:
    """F1 of the words shared with the nearest reference (SQuAD, Rajpurkar et al. 2016)."""
    if not case.answerable:
        return None
    if refused(answer):
        return 0.0
    said = grader_words(answer.text)
    return max(
        (_f1(said, grader_words(" ".join(parts(ref)))) for ref in case.references), default=None
    )


def _said(case: Case, answer: Answer, wanted: Sequence[str]) -> list[bool]:
    """For each of `wanted`, whether the answer says it; short forms as case and hits explain."""
    quotes = [target.quote for target in case.targets]
    passages = [hit.chunk.text for hit in answer.hits]
    explained = aliases([case.question, *case.references, *quotes, *passages])
    asked = {word.upper() for word in re.findall(r"\w+", case.question)}
    # Who asks what RLHF means is not answered by "RLHF".
    known = {
        short: long
        for short, long in explained.items()
        if short not in asked or all(token_stems(long) != token_stems(one) for one in wanted)
    }
    said = tokenize_answer(answer.text, case.question, known)
    return [says(said, one, known) for one in wanted]


def _f1(said: list[str], reference: list[str]) -> float:
    shared = (Counter(said) & Counter(reference)).total()
    return 2 * shared / (len(said) + len(reference)) if shared else 0.0


_LETTERS = r"\(?([A-Z])\)?((?:\s*(?:,|;|&|\+|/|and)+\s*\(?[A-Z]\)?(?![\w']))*)"
_LEAD = re.compile(
    rf"^\W*(?i:(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:answers?|options?|choices?)\b"
    rf"(?:\s+(?:is|are)\b)?\W*)?{_LETTERS}(?=\s*(?:[.:)\]*,\u2013\u2014-]|$|is\b|are\b))"
)
_NAMED = re.compile(
    rf"\b(?i:answers?|options?|choices?)(?:\s+(?:is|are))?:?\s*\W{{0,3}}{_LETTERS}\b"
)


def choice_accuracy(case: Case, answer: Answer) -> float | None:
    """1 if the answer takes just the right options, of those that the case offers."""
    if not (case.options and case.correct):
        return None
    return float(
        not refused(answer) and chosen_options(case, answer.text) == frozenset(case.correct)
    )


def chosen_options(case: Case, text: str) -> frozenset[int]:
    """The places of the options that the text takes, from 0; empty if it takes none.

    An option whose words are all in a longer one that is taken is not taken beside it.
    """
    bare = cut_to_show(text)
    if lines := frozenset(_in_lines(case, bare)):
        return lines
    if named := _LEAD.search(bare) or _NAMED.search(bare):
        places = [ord(letter) - ord("A") for letter in re.findall("[A-Z]", "".join(named.groups()))]
        if max(places) < len(case.options):
            return frozenset(places)
    said = tokenize_answer(text, case.question, {})
    held = [place for place, option in enumerate(case.options) if says(said, option, {})]
    rows = [tokens(option) for option in case.options]
    return frozenset(
        place
        for place in held
        if not any(_is_within(rows[place], rows[other]) for other in held if other != place)
    )


def _in_lines(case: Case, bare: str) -> Iterator[int]:
    """The places of the options that begin a line, under their letters: "B. Clarify"."""
    for place, option in enumerate(case.options):
        said = rf"^\W*{chr(ord('A') + place)}[.)] +{re.escape(cut_to_show(option))}(?!\w)"
        if re.search(said, bare, re.MULTILINE | re.IGNORECASE):
            yield place


def _is_within(row: Sequence[str], other: Sequence[str]) -> bool:
    return len(row) < len(other) and f" {' '.join(row)} " in f" {' '.join(other)} "


def citation_precision(case: Case, answer: Answer) -> float | None:
    """The share of the citations that touch a target's quote."""
    if not (case.targets and answer.citations):
        return None
    right = sum(any(touches(c, target) for target in case.targets) for c in answer.citations)
    return right / len(answer.citations)


def citation_recall(case: Case, answer: Answer) -> float | None:
    """The share of the targets that a citation touches; a refusal owes none."""
    if not case.targets or refused(answer):
        return None
    cited = sum(any(touches(c, target) for c in answer.citations) for target in case.targets)
    return cited / len(case.targets)


def _claims(_case: Case, answer: Answer, grade: Grounding) -> float | None:
    """The share of the answer's sentences with this grade; a refusal says nothing."""
    if refused(answer) or not answer.claims:
        return None
    return sum(claim.grounding is grade for claim in answer.claims) / len(answer.claims)


def refusal_right(case: Case, answer: Answer) -> float | None:
    """1 if a question that the notes do not answer was refused."""
    return None if case.answerable else float(refused(answer))


def refusal_wrong(case: Case, answer: Answer) -> float | None:
    """1 if a question that the notes do answer was refused."""
    return float(refused(answer)) if case.answerable else None


def similarity(case: Case, answer: Answer, likeness: Likeness) -> float | None:
    """The cosine of the answer to the nearest reference, 0 at least.

    A short reference is far from a long answer that is right: of use to compare answers of one
    length, not to tell right from wrong.
    """
    said = cut_to_show(answer.text).strip()
    if not (case.answerable and case.references):
        return None
    if refused(answer) or not said:
        return 0.0
    wanted = [" and ".join(parts(reference)) for reference in case.references]
    return min(1.0, max(0.0, *likeness([said], wanted)[0]))


def carried(case: Case, answer: Answer, likeness: Likeness) -> float | None:
    """The share of the answer's sentences that what they cite carries, without the other passages.

    A sentence that cites nothing is not carried (as in ALCE, Gao et al. 2023, with the rules of
    rag/grounding.py in the place of a model of entailment). A refusal says nothing.
    """
    if refused(answer) or not answer.claims:
        return None
    held = [_is_carried(case.question, answer, claim, likeness) for claim in answer.claims]
    return sum(held) / len(held)


BY_MEANING = MappingProxyType({"similarity": similarity, "carried": carried})


def scorers_with(likeness: Likeness) -> Mapping[str, Scorer]:
    """All of `SCORERS`, those by meaning bound to what says how near texts are."""
    bound = {name: partial(scorer, likeness=likeness) for name, scorer in BY_MEANING.items()}
    return MappingProxyType({**SCORERS, **bound})


def _is_carried(question: str, answer: Answer, claim: Claim, likeness: Likeness) -> bool:
    said = answer.text[claim.start : claim.end]
    cited = [one for one in answer.citations if f"[{one.number}]" in said]
    bare = cut_to_show(said).strip()
    if not (cited and bare):
        return False
    texts = [in_context(one.chunk, Span(one.start, one.end)) for one in cited]
    (near,) = likeness([bare], texts)
    units = [
        Unit(place, Span(one.start, one.end), text, f"{one.chunk.breadcrumb} {one.chunk.context}")
        for place, (one, text) in enumerate(zip(cited, texts, strict=True))
    ]
    return attribute(bare, question, units, near, {}).grounding is not Grounding.NOT_FOUND


def _usage(_case: Case, answer: Answer, of: str) -> float | None:
    """What the provider counts of the answer; None if no model was asked or it does not tell."""
    count = getattr(answer.usage, of, None)
    return None if count is None else float(count)


def _later(_case: Case, _answer: Answer) -> None:
    """Not to be told from case and answer alone."""


SCORERS: Mapping[str, Scorer] = MappingProxyType(
    {
        "recall@1": partial(recall, k=1),
        "recall@3": partial(recall, k=3),
        "recall@5": partial(recall, k=5),
        "precision@5": partial(_of_hits, measure=P @ 5),
        "mrr": partial(_of_hits, measure=RR),
        "ndcg@5": partial(ndcg, k=5),
        "span_recall": partial(_span, of="wanted"),
        "span_precision": partial(_span, of="given"),
        "span_iou": partial(_span, of="either"),
        "reference_match": reference_match,
        "token_f1": token_f1,
        "facts_said": facts_said,
        "choice_accuracy": choice_accuracy,
        "similarity": _later,
        "judged": _later,
        "judged_faithful": _later,
        "grounded": partial(_claims, grade=Grounding.GROUNDED),
        "not_found": partial(_claims, grade=Grounding.NOT_FOUND),
        "carried": _later,
        "citation_precision": citation_precision,
        "citation_recall": citation_recall,
        "refusal_right": refusal_right,
        "refusal_right_quiz_only": lambda c, a: refusal_right(c, a) if c.quiz_only else None,
        "refusal_wrong": refusal_wrong,
        "seconds_to_sources": lambda _, answer: answer.timings.sources,
        "seconds_to_first_token": lambda _, answer: answer.timings.first_token,
        "seconds_total": lambda _, answer: answer.timings.total,
        "prompt_tokens": partial(_usage, of="prompt_tokens"),
        "generated_tokens": partial(_usage, of="completion_tokens"),
        "dollars": partial(_usage, of="cost"),
    }
)
"""What each measures is told in metrics.csv, in the same order."""
