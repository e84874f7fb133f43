"""One vault, indexed by itself: searched as the product does and in the plain ways, and asked.

In the plain ways the notes are cut as LangChain's default is (1,000 characters, 200 of overlap),
answer keys left out, and embedded by the same model; words are weighed by SQLite's BM25.
"""

import hashlib
import json
import math
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.vault_files import Question, Vault, notes_of
from commands.ingestion import ingest
from eval.runner import EXAM, LETTERS
from eval.texts.matching import says, tokenize_answer
from ingest.types import Report
from rag.answer_wiring import build_assistant, build_prompter, load_writers
from rag.answers.composing import extractive_answer
from rag.answers.options import choices_in, taken, weighed_by_notes
from rag.assistant import ALIKE
from rag.config import Settings
from rag.embedding import RememberingEmbedder
from rag.index_wiring import Store, build_reranker, build_retriever, open_store
from rag.prompts import REFUSAL
from rag.protocols import Writer
from rag.retrieval import DEPTH, Budget, HybridRetriever, pack
from rag.search.agreement import with_disagreement
from rag.search.baseline import baseline, measure
from rag.search.confidence import search_features
from rag.search.evidence import EvidenceReader
from rag.text.sentences import sentence_spans
from rag.types import Chunk, Evidence, Hit, Message, Role, Status

ROLES = (Role.NOTE,)
RANKS, ROOMS = (1, 3, 5), (2000, 4000)
MEASURES = [*(f"first {k}" for k in RANKS), *(f"in {room:,} characters" for room in ROOMS)]
OURS, FOUND = "ours, packed", "ours, as found"

Floats = npt.NDArray[np.float32]
Features = Mapping[str, float]
Given = Callable[[int], Sequence["Piece"]]
"""What a reader is given who has room for so many characters; with 0, who counts passages."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Seen:
    """What tells whether a question is answered; `doubt` is the model's, where one was asked."""

    features: Features
    doubt: float | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """How a question was answered: whether at all, rightly, after how long, from how much."""

    answered: bool
    right: bool
    seconds: float = 0.0
    tokens: int = 0


class Piece(NamedTuple):
    """A passage as a reader gets it: of which note, what stands above it, its text."""

    path: str
    above: str
    text: str


def piece(chunk: Chunk) -> Piece:
    """One of Cribsheet's own."""
    above = "\n".join(filter(None, (chunk.breadcrumb, chunk.context)))
    return Piece(chunk.note_path, above, chunk.text)


def pieces(hits: Sequence[Hit]) -> list[Piece]:
    """What was found, as pieces."""
    return [piece(hit.chunk) for hit in hits]


def size(chunk: Chunk) -> int:
    """What a passage takes of a room of characters."""
    return sum(map(len, piece(chunk)[1:]))


def within(found: Sequence[Piece], room: int) -> list[Piece]:
    """What fits into so many characters; the last one is cut, if a whole sentence of it fits."""
    kept: list[Piece] = []
    for one in found:
        left = room - len(one.above)
        if len(one.text) > left:
            fits = _first_end(one.text) <= left
            return [*kept, one._replace(text=one.text[:left])] if fits else kept
        kept.append(one)
        room = left - len(one.text)
    return kept


def _first_end(text: str) -> int:
    """Where its first sentence ends that is no heading."""
    said = (one for one in sentence_spans(text) if not text.startswith(("#", "!["), one.start))
    return next((span.end for span in said), len(text))


class PlainSearch:
    """Searches an index's notes in the plain ways; vectors are kept in `folder`."""

    def __init__(self, store: Store, folder: Path) -> None:
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        self._pieces = [
            Piece(path, "", text)
            for path, note in _without_quizzes(store)
            for text in splitter.split_text(note)
        ]
        self._embedder = store.embedder
        self._vectors = self._embedded(folder / "plain.npz")
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE p USING fts5(text, tokenize='porter unicode61')")
        rows = ((one.text,) for one in self._pieces)
        self._db.executemany("INSERT INTO p (text) VALUES (?)", rows)

    def dense(self, question: str) -> list[Piece]:
        """By cosine: LangChain's default."""
        return [self._pieces[at] for at in _ranked(self._cosines(question))]

    def lexical(self, question: str) -> list[Piece]:
        """By BM25; what holds no word of the question is not found."""
        scores = self._bm25(question)
        return [self._pieces[at] for at in _ranked(scores) if scores[at] > 0]

    def hybrid(self, question: str) -> list[Piece]:
        """The candidates of both, by the sum of both scores, each scaled from 0 to 1 over them."""
        cosines, scores = self._cosines(question), self._bm25(question)
        both = np.union1d(_ranked(cosines), _ranked(scores))
        total = _scaled(cosines[both]) + _scaled(scores[both])
        return [self._pieces[both[at]] for at in _ranked(total)]

    def _cosines(self, question: str) -> Floats:
        asked = np.asarray(self._embedder.embed_query(question), np.float32)
        found: Floats = self._vectors @ asked
        return found

    def _bm25(self, question: str) -> Floats:
        scores = np.zeros(len(self._pieces), np.float32)
        if words := " OR ".join(f'"{word}"' for word in _WORD.findall(question)):
            query = "SELECT rowid - 1, -bm25(p) FROM p WHERE p MATCH ?"
            for place, score in self._db.execute(query, (words,)):
                scores[place] = score
        return scores

    def _embedded(self, path: Path) -> Floats:
        """Vectors of the pieces, unless they lie at `path`."""
        texts = [one.text for one in self._pieces]
        key = hashlib.sha256(repr((self._embedder.fingerprint, texts)).encode()).hexdigest()
        if path.is_file():
            with np.load(path) as kept:
                if str(kept["key"]) == key:
                    known: Floats = kept["vectors"]
                    return known
        vectors = np.asarray(self._embedder.embed_documents(texts), np.float32)
        np.savez(path, key=key, vectors=vectors)
        return vectors


def _ranked(scores: Floats) -> npt.NDArray[np.intp]:
    return np.argsort(-scores, kind="stable")[:DEPTH]


def _scaled(scores: Floats) -> Floats:
    low, high = scores.min(), scores.max()
    scaled: Floats = (scores - low) / ((high - low) or 1.0)
    return scaled


def _without_quizzes(store: Store) -> Iterator[tuple[str, str]]:
    """Each note's path and text, verbatim but for its answer keys."""
    chunks = store.index.catalog.all_chunks()
    for path, own in groupby(chunks, key=lambda chunk: chunk.note_path):
        text, kept, position = store.index.text(path), "", 0
        for chunk in own:
            if chunk.role is not Role.NOTE:
                kept += text[position : chunk.start]
                position = chunk.end
        yield path, kept + text[position:]


class AsFused:
    """A reranker that leaves the order alone."""

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits."""
        return list(hits)


class Opened:
    """A vault that was brought up to date, in a home of its own."""

    def __init__(self, settings: Settings, vault: Vault) -> None:
        # A copy of the repository has notes of its own: in one home they would be found twice.
        apart = repr((vault.notes.resolve().as_posix(), sorted(vault.chapters)))
        name = f"{vault.name}-{hashlib.sha256(apart.encode()).hexdigest()[:8]}"
        home = settings.home / "vaults" / name
        self.settings = settings.model_copy(update={"home": home, "question_chars": 100_000})
        *_, report = ingest(self.settings, str(notes_of(vault, home)))
        self.store = open_store(self.settings)
        self.embedder = _remembering(self.store.embedder)
        self.retriever = build_retriever(self.settings, self.store, ROLES, embedder=self.embedder)
        self.reader = EvidenceReader(self.store.index, self.embedder)
        if not (isinstance(report, Report) and report.embedded):  # the code may be another since
            measure(self.store.index.catalog, self.retriever, self.reader)
        self._usual = baseline(self.store.index.catalog)
        self.evidence = lru_cache(4096)(self._evidence)

    def _evidence(self, question: str) -> Evidence:
        asked = self.store.index.corrected(question)
        return self.reader.read(asked, self.retriever.retrieve(asked))

    def seen(self, questions: Sequence[str], model: "Model | None", most: int) -> list[Seen]:
        """What tells of each whether it is to be answered; the model reads for the first `most`.

        Of questions in English: others are not judged by what is fitted here.
        """
        found = []
        read = (one for one in map(self.evidence, questions) if one.language == "English")
        for number, evidence in enumerate(read):
            doubt = model.doubt(self, evidence) if model and number < most else None
            found.append(Seen(search_features(evidence.support, self._usual), doubt))
        return found

    def scores(self, questions: Sequence[Question]) -> dict[str, list[list[float]]]:
        """By way to search, for each of MEASURES, how much of what is wanted is found."""
        ways = self._ways()
        by_way = {name: [_scored(way(q.text), q) for q in questions] for name, way in ways.items()}
        return {name: list(map(list, zip(*own, strict=True))) for name, own in by_way.items()}

    def _ways(self) -> Mapping[str, Callable[[str], Given]]:
        index, plain = self.store.index, PlainSearch(self.store, self.settings.home)
        build = partial(HybridRetriever, index, self.embedder, DEPTH, ROLES)
        whole = lru_cache(1024)(build(build_reranker(self.settings), self.reader).retrieve)
        fused, correct = build(AsFused()), lru_cache(1024)(index.corrected)

        def packed(question: str) -> Given:
            asked = correct(question)
            kept = self.retriever.retrieve(asked)
            hits = whole(asked)
            return lambda room: pieces(pack(hits, DEPTH, Budget(room, size)) if room else kept)

        return {
            OURS: packed,
            FOUND: lambda q: _cut(pieces(whole(correct(q)))),
            "ours, by scores alone": lambda q: _cut(pieces(fused.retrieve(correct(q)))),
            "LangChain's default": lambda q: _cut(plain.dense(q)),
            "plain BM25": lambda q: _cut(plain.lexical(q)),
            "plain hybrid": lambda q: _cut(plain.hybrid(q)),
        }

    def option(self, question: Question) -> Said:
        """The option that the notes' sentences fit best, as rag/assistant.py takes it."""
        choices = choices_in(question.typed)
        evidence = self.evidence(choices.stem) if choices else None
        if not (choices and evidence and evidence.sentences):
            return Said(answered=False, right=False)
        places = taken(choices, weighed_by_notes(choices, evidence, self.reader), ALIKE[0])
        return Said(bool(places), places == [question.right])

    def lines(self, question: Question) -> Said:
        """The lines that are shown where there is no model."""
        text = extractive_answer(self.evidence(question.text)).text
        return Said(bool(text), _is_held(text, question))


_remembering = lru_cache(1)(partial(RememberingEmbedder, most=50_000))
"""Half a book has the sentences of the whole one."""


class KeptScores:
    """A writer whose scores are kept in a file, so that a second run asks for none of them."""

    def __init__(self, writer: Writer, path: Path) -> None:
        self._writer = writer
        self._path = path
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        self._known: dict[str, list[float] | None] = dict(map(json.loads, lines))
        self.name, self.notice, self.prompts = writer.name, writer.notice, writer.prompts
        self.generate, self.start_over = writer.generate, writer.start_over

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> Sequence[float] | None:
        """What the writer says, or said."""
        asked = repr((self.name, [tuple(one) for one in messages], list(continuations)))
        key = hashlib.sha256(asked.encode()).hexdigest()
        if key not in self._known:
            found = self._writer.score(messages, continuations, fresh=fresh)
            self._known[key] = None if found is None else list(found)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._known[key]]) + "\n")
        return self._known[key]


class Model:
    """A language model that reads what a vault's search finds."""

    def __init__(self, settings: Settings) -> None:
        (writer, *_) = load_writers(settings)()
        kept = settings.home / "vaults" / "scores.jsonl"
        kept.parent.mkdir(parents=True, exist_ok=True)
        self._writer = KeptScores(writer, kept)

    def doubt(self, vault: Opened, evidence: Evidence) -> float:
        """How likely it begins with a refusal, as rag/assistant.py asks it."""
        prompts = self._writer.prompts
        if not (evidence.sentences and prompts):
            return 1.0
        rarity = vault.reader.rarity(" ".join(one.text for one in evidence.sentences))
        evidence = with_disagreement(evidence, rarity)
        prompter = build_prompter(vault.settings, vault.store)
        messages = prompter.messages(evidence, prompter.given(evidence, prompts), prompts)
        scores = self._writer.score(messages, (REFUSAL, "Yes", "No"))
        if scores is None:
            sys.exit("--llm needs a model that tells its first token; set CRIB_LLM=local")
        return math.exp(scores[0])

    def answers(self, vault: Opened, questions: Sequence[Question], *, options: bool) -> list[Said]:
        """How the assistant answers, with the options shown or without."""
        assistant = build_assistant(vault.settings, vault.store, lambda: [self._writer], ROLES)
        found = []
        for one in questions:
            answer = assistant.ask(one.typed if options else one.text)
            labels = set(re.findall(r"^([A-Z])\. ", answer.text, re.MULTILINE))
            right = labels == {LETTERS[one.right]} if options else _is_held(answer.text, one)
            answered = answer.status is not Status.REFUSED
            used = answer.usage.prompt_tokens if answer.usage else 0
            seconds = answer.timings.first_token or 0.0
            found.append(Said(answered, answered and right, seconds, used))
        return found

    def without_notes(self, question: Question) -> Said:
        """The option that it takes by itself."""
        messages = [Message("system", EXAM), Message("user", question.typed)]
        scores = self._writer.score(messages, LETTERS[: len(question.options)]) or [0.0]
        return Said(answered=True, right=scores.index(max(scores)) == question.right)


def _scored(given: Given, question: Question) -> list[float]:
    ranked = given(0)
    return [_held(ranked[:k], question) for k in RANKS] + [_held(given(r), question) for r in ROOMS]


def _held(found: Sequence[Piece], question: Question) -> float:
    texts = [(one.path, f"{one.above}\n{one.text}") for one in found]
    return fmean(any(holds(*text) for text in texts) for holds in question.wanted)


def _cut(found: Sequence[Piece]) -> Given:
    return lambda room: within(found, room) if room else found


def _is_held(text: str, question: Question) -> bool:
    """True if a text says any of the right answers."""
    said = tokenize_answer(text, question.text, {})
    return any(says(said, one, {}) for one in question.references)
