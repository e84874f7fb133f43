"""What an eval can find of the answer keys among notes: nothing, in whatever form they are written.

The whole way is taken, with the real embedding model: folder, index, search, packing, answer.
"""

import json
import sqlite3
import zipfile

import pytest
from fakes import WordEmbedder, make_note
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.eval_index import QuizzesApart, index_of
from commands.ingestion import ingest
from eval.types import Case, Origin, Target
from ingest.chunking import StructureChunker, apart
from ingest.commonmark import blocks
from ingest.types import ReadNote
from rag.answer_wiring import build_assistant
from rag.answers.writers import NoModel
from rag.config import Settings
from rag.index_wiring import open_store
from rag.types import Chunk, Role, Span

FORMS = {
    "quiz section": "## Quiz\n\nThe {name} valve opens at {secret} bar.\n\n## Upkeep",
    "question and answer": "Q: At how many bar does the {name} valve open?\nA: At {secret} bar.",
    "details": "<details><summary>At how many bar does the {name} valve open?</summary>\n\n"
    "At {secret} bar.\n\n</details>",
    "flashcard": "At how many bar does the {name} valve open?::At {secret} bar",
    "flashcard below": "At how many bar does the {name} valve open?\n?\nAt {secret} bar",
    "cloze": "The {name} valve opens at {{{{c1::{secret}}}}} bar.",
    "multiple choice": "1. At how many bar does the {name} valve open?\n   A. {secret} bar\n"
    "   B. 17 bar\n   C. 18 bar\n\n   Correct answer: A",
    "table": "| Question | Answer |\n|---|---|\n"
    "| At how many bar does the {name} valve open? | {secret} bar |",
    "bold question": "**At how many bar does the {name} valve open?**\nAt {secret} bar.",
    "callout": "> [!question]- At how many bar does the {name} valve open?\n> At {secret} bar.",
}
NAMES = dict(
    zip(
        FORMS,
        "Aldebaran Betelgeuse Capella Deneb Electra Fomalhaut Gienah Hamal Izar Kochab".split(),
        strict=True,
    )
)
CARDS = {"csv": "Mizar", "apkg": "Nashira"}
SECRETS = {name: str(4711 + 101 * n) for n, name in enumerate([*NAMES.values(), *CARDS.values()])}


def asked(name):
    return f"At how many bar does the {name} valve open?"


def note_with(form):
    """A note with the key of this form between two of its lines."""
    name = NAMES[form]
    key = FORMS[form].format(name=name, secret=SECRETS[name])
    before = f"The {name} valve is made of brass and sits behind the pump."
    after = f"Whoever mends the {name} valve closes the pump before."
    return f"# The {name} valve\n\n{before}\n\n{key}\n\n{after}\n"


def write_apkg(path, name):
    """An Anki deck with one card."""
    with sqlite3.connect(path.with_suffix(".db")) as db:
        fields = json.dumps({"1": {"name": "Basic", "flds": [{"name": "Front"}, {"name": "Back"}]}})
        db.execute("CREATE TABLE col (id integer primary key, models text, decks text)")
        db.execute("INSERT INTO col VALUES (1, ?, ?)", (fields, '{"1": {"name": "Valves"}}'))
        db.execute("CREATE TABLE notes (id integer primary key, mid integer, tags text, flds text)")
        db.execute("INSERT INTO notes VALUES (1, 1, '', ?)", (f"{asked(name)}\x1f{SECRETS[name]}",))
        db.execute("CREATE TABLE cards (id integer, nid integer, did integer, ord integer, odid)")
        db.execute("INSERT INTO cards VALUES (1, 1, 1, 0, 0)")
    db.close()
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(path.with_suffix(".db"), "collection.anki2")
    path.with_suffix(".db").unlink()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Notes with a key of each form among them, decks of cards, and a file of cases."""
    folder = tmp_path_factory.mktemp("notes")
    for place, form in enumerate(FORMS):
        (folder / f"{place}.md").write_text(note_with(form), encoding="utf-8")
    name = CARDS["csv"]
    (folder / "cards.csv").write_text(f"front,back\n{asked(name)},{SECRETS[name]} bar\n")
    write_apkg(folder / "deck.apkg", CARDS["apkg"])
    (folder / "notes.md").write_text("# Pumps\n\nA pump moves water.\n")
    case = {"id": "hidden", "question": "How high is the Rotanev tower?", "references": ["97 m"]}
    case |= {"targets": [{"note": "notes.md", "quote": "A pump moves water."}], "answerable": True}
    (folder / "quiz.jsonl").write_text(json.dumps(case) + "\n")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def found(folder, home):
    """Asks in an eval, and gives all that could be read of what was found."""
    own = Settings(home=home, llm="none")
    store = index_of(own, [], folder)
    assistant = build_assistant(own, store, lambda: [NoModel()], roles=(Role.NOTE,))

    def ask(question):
        answer = assistant.ask(question)
        read = [
            f"{hit.chunk.breadcrumb} {hit.chunk.context} {hit.chunk.text}" for hit in answer.hits
        ]
        return "\n".join([answer.text, *read])

    yield ask
    store.close()


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_key_is_not_found_while_the_note_around_it_is(found, form):
    name = NAMES[form]
    read = found(asked(name))
    assert SECRETS[name] not in read
    assert f"The {name} valve is made of brass and sits behind the pump." in read
    assert f"Whoever mends the {name} valve closes the pump before." in read


@pytest.mark.parametrize("name", CARDS.values(), ids=CARDS)
def test_the_answer_of_a_card_is_not_found(found, name):
    assert SECRETS[name] not in found(asked(name))


def test_cases_among_the_notes_are_no_notes(found):
    assert "97" not in found("How high is the Rotanev tower?")


def test_who_chats_finds_all_of_it(folder, settings):
    """Or else the tests above would prove nothing."""
    list(ingest(settings, str(folder)))
    store = open_store(settings)
    chunks = store.index.catalog.all_chunks()
    text = "\n".join(chunk.text for chunk in chunks if chunk.role is not Role.META)
    assert [secret for secret in SECRETS.values() if secret not in text] == []
    store.close()


# What is cut, and how

chunker = StructureChunker(WordEmbedder().count_tokens, 40)


def read_of(text):
    return ReadNote(make_note("/notes/valves.md", text), blocks(text))


def test_what_a_case_says_it_was_made_of_is_kept_apart_too():
    """Where the form is one that nobody would know, as long as it is there."""
    text = "# Valves\n\nThey are made of brass.\n\nMizar opens at 12 bar!\n\nThey last long.\n"
    case = Case("m", "At what does Mizar open?", ("12 bar",), (), True)
    for lines, quiz in (((5, 5), ["Mizar opens at 12 bar!"]), ((3, 3), [])):
        origin = Origin("valves.md", *lines, "scribble")
        made = Case(case.id, case.question, case.references, (), True, origin=origin)
        chunks = QuizzesApart(chunker, [made]).chunk(read_of(text))
        assert [chunk.text for chunk in chunks if chunk.role is Role.QUIZ] == quiz


def test_the_place_that_answers_a_case_is_never_kept_apart():
    text = "# Valves\n\nMizar opens at 12 bar!\n"
    origin = Origin("valves.md", 3, 3, "drafted")
    target = Target("valves.md", "Mizar opens at 12 bar!")
    case = Case("m", "At what does Mizar open?", ("12 bar",), (target,), True, origin=origin)
    chunks = QuizzesApart(chunker, [case]).chunk(read_of(text))
    assert {chunk.role for chunk in chunks} == {Role.NOTE}


def test_the_index_is_made_anew_for_origins_of_other_forms_alone():
    plain = Case("m", "Which?", ("12 bar",), (), True)
    known = Case("m", "Which?", ("12 bar",), (), True, origin=Origin("v.md", 1, 1, "statement"))
    other = Case("m", "Which?", ("12 bar",), (), True, origin=Origin("v.md", 1, 1, "scribble"))
    first, second, third = (QuizzesApart(chunker, [case]) for case in (plain, known, other))
    assert chunker.fingerprint != first.fingerprint == second.fingerprint != third.fingerprint


LINES = st.lists(
    st.sampled_from(["one two", "", "# A heading", "three [x](y) four", "- five", "\t", "six"]),
    min_size=1,
    max_size=12,
)


@given(LINES, st.lists(st.tuples(st.integers(0, 80), st.integers(0, 30)), max_size=4))
@settings(deadline=None)
def test_pieces_are_verbatim_in_order_whole_and_never_of_both_kinds(lines, places):
    text = "\n".join(lines)
    quizzes = [Span(start, start + length) for start, length in places]
    before = chunker.chunk(read_of(text))
    pieces = apart(before, quizzes)
    inside = {at for span in quizzes for at in range(*span)}
    assert [piece.ordinal for piece in pieces] == list(range(len(pieces)))
    assert len({piece.id for piece in pieces}) == len(pieces)
    assert _letters(before) == _letters(pieces)
    for piece in pieces:
        assert text[piece.start : piece.end] == piece.text
        assert piece.start_line == 1 + text[: piece.start].count("\n")
        assert piece.end_line == 1 + text[: piece.end].count("\n")
        if piece.role is Role.NOTE:
            assert not inside & set(range(piece.start, piece.end))


def _letters(chunks: list[Chunk]) -> list[int]:
    """Offsets of all that is not blank."""
    return [c.start + at for c in chunks for at, letter in enumerate(c.text) if letter.strip()]
