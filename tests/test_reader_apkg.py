"""Anki: decks are headings, notes are cards, in files of every generation; the rest is refused."""

import io
import json
import re
import sqlite3
import sys
import zipfile

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from reader_checks import cut

from ingest.readers import apkg
from ingest.readers.apkg import ApkgReader, card_text
from rag.errors import NotesError
from rag.types import Role

BASIC, CLOZE, VOCABULARY = 10, 11, 12
FIELDS = {
    BASIC: ("Front", "Back"),
    CLOZE: ("Text", "Back Extra"),
    VOCABULARY: ("Word", "Reading", "Meaning"),
}
DECKS = {1: ("Default",), 2: ("AWS",), 3: ("AWS", "Bias"), 4: ("Cram",)}
OLD_COL = "CREATE TABLE col (id integer primary key, models text, decks text)"
NOTES = "CREATE TABLE notes (id integer primary key, mid integer, tags text, flds text)"
CARDS = "CREATE TABLE cards (id integer primary key, nid integer, did integer, ord integer, odid)"

CONTENT = [
    (101, BASIC, " ml aws ", "What is <b>bias</b>?\x1fA skew &amp; a slant<br>of data", 3),
    (102, CLOZE, "ml", "{{c1::Clarify::tool}} explains {{c2::bias}}\x1f", 2),
    (103, VOCABULARY, "", 'drift<img src="drift.png">\x1f\x1fa change', 1),
    (104, BASIC, "", "<br>\x1f ", 1),
]


def filled(connection, content=CONTENT):
    """Notes, each with two cards in the deck that the row names."""
    connection.execute(NOTES)
    connection.execute(CARDS)
    for number, kind, tags, fields, deck in content:
        connection.execute("INSERT INTO notes VALUES (?,?,?,?)", (number, kind, tags, fields))
        for place in (0, 1):
            row = (number * 10 + place, number, deck, place, 0)
            connection.execute("INSERT INTO cards VALUES (?,?,?,?,?)", row)


def old_schema(content=CONTENT, decks=None):
    """Schema 11: decks and types of notes are JSON."""
    connection = sqlite3.connect(":memory:")
    filled(connection, content)
    connection.execute(OLD_COL)
    models = {
        str(kind): {"name": "x", "flds": [{"name": name} for name in names]}
        for kind, names in FIELDS.items()
    }
    if decks is None:
        decks = json.dumps({str(n): {"name": "::".join(path)} for n, path in DECKS.items()})
    row = (json.dumps(models), decks)
    connection.execute("INSERT INTO col VALUES (1, ?, ?)", row)
    connection.commit()
    return connection


def new_schema(content=CONTENT):
    """Schema 18: they are tables, sorted by a collation that only Anki has."""
    connection = sqlite3.connect(":memory:")
    connection.create_collation("unicase", lambda a, b: (a > b) - (a < b))
    filled(connection, content)
    connection.execute(OLD_COL)
    connection.execute("INSERT INTO col VALUES (1, '', '')")
    connection.execute("CREATE TABLE decks (id integer primary key, name text collate unicase)")
    connection.execute("CREATE UNIQUE INDEX idx_decks_name ON decks (name)")
    for number, path in DECKS.items():
        connection.execute("INSERT INTO decks VALUES (?, ?)", (number, "\x1f".join(path)))
    connection.execute(
        "CREATE TABLE fields (ntid integer, ord integer, name text collate unicase, config blob, "
        "primary key (ntid, ord)) WITHOUT ROWID"
    )
    for kind, names in FIELDS.items():
        for place, name in enumerate(names):
            connection.execute("INSERT INTO fields VALUES (?,?,?,'')", (kind, place, name))
    connection.commit()
    return connection


def zipped(how=zipfile.ZIP_DEFLATED, **members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(f"collection.{name}", data)
        archive.writestr("media", "{}")
    return packed.getvalue()


def dummy():
    """What lies beside a new collection, for old programs."""
    told = "Please update to the latest Anki version, then import the .colpkg file again."
    return old_schema([(1, BASIC, "", f"{told}\x1f", 1)]).serialize()


EXPORTS = {
    "anki2": lambda: zipped(anki2=old_schema().serialize()),
    "anki21": lambda: zipped(anki2=dummy(), anki21=old_schema().serialize()),
    "anki21b": lambda: zipped(
        zipfile.ZIP_STORED,
        anki2=dummy(),
        anki21b=zstandard.compress(new_schema().serialize()),
    ),
}


def read(data, name="aws.apkg"):
    return cut(ApkgReader(), name, data)


@pytest.mark.parametrize("made", EXPORTS.values(), ids=EXPORTS)
def test_every_generation_gives_the_same_note(made):
    found = read(made())
    assert found.kinds() == [
        ("card", "drift [image: drift.png]\nMeaning: a change"),
        ("heading", "AWS"),
        ("card", "Clarify explains bias"),
        ("heading", "Bias"),
        ("card", "What is bias?\nA skew & a slant\nof data"),
    ]
    headings = [block.headings for block in found.read.blocks if block.kind == "card"]
    assert headings == [(), ("AWS",), ("AWS", "Bias")]
    assert found.read.note.tags == ("ml", "aws")
    assert found.read.warnings == ()


def test_a_card_is_cited_by_its_number():
    found = read(EXPORTS["anki21b"]())
    assert found.place("Clarify") == "aws.apkg (card 2)"
    assert found.place("slant") == "aws.apkg (card 3)"


def test_all_of_it_is_quiz():
    found = read(EXPORTS["anki2"]())
    assert found.of(Role.NOTE) == found.of(Role.META) == []


def test_the_title_is_the_one_deck_that_all_are_in_else_the_files_name():
    assert read(EXPORTS["anki2"]()).read.note.title == "aws"
    of_one_deck = zipped(anki2=old_schema(CONTENT[:2]).serialize())
    assert read(of_one_deck).read.note.title == "AWS"


def test_a_card_that_a_filtered_deck_has_borrowed_is_in_its_own_deck():
    connection = old_schema()
    connection.execute("UPDATE cards SET odid = did, did = 4")
    connection.commit()
    assert ("heading", "Cram") not in read(zipped(anki2=connection.serialize())).kinds()


def test_a_collection_with_a_write_ahead_log_is_read(tmp_path):
    path = tmp_path / "collection.anki2"
    kept = sqlite3.connect(path)
    old_schema().backup(kept)
    kept.execute("PRAGMA journal_mode = WAL")
    kept.close()
    data = path.read_bytes()
    assert data[18:20] == b"\2\2"
    assert read(zipped(anki2=data)).read.note.text.endswith("of data")


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("5 &lt; 6&nbsp;&amp; a < b", "5 < 6 & a < b"),
        ("<style>.x{}</style>a<script>b</script><!-- c -->", "a"),
        ('<img alt="x > y" src="a b.png">', "[image: a b.png]"),
        ("<img src='data:image/png;base64,AAAA'>", "[image]"),
        ("{{c1::Paris}} is in {{c2::France::country}}", "Paris is in France"),
        ("{{c1::a {{c2::b}} c}}", "a b c"),
        ("{{c1::<b>x</b>::a<br>hint}}", "x"),
        ("{{c1::image-occlusion:rect:left=.1}}<br>legs", "legs"),
        (r"\(\frac{a}{b}\) [sound:a.mp3]", r"\(\frac{a}{b}\) [sound:a.mp3]"),
        ("{{c1::not closed", "{{c1::not closed"),
        ('<b title="not closed>x</b>', "x"),
    ],
)
def test_a_field_is_what_a_person_sees(field, shown):
    assert card_text(field) == shown


@pytest.mark.parametrize(
    "unit",
    [
        *("<!--", "<a <", '<a b="', "<a b='", "<script>", "<", "<a>", "<img src=", "<img src "),
        *("&", "{{c1::", "{{c1::a::", "}}", "{{c1::{{c1::a}}", " \n", "\n"),
    ],
)
def test_a_long_field_of_marks_does_not_take_long(unit):
    """Each is read in under a second; with a quadratic pattern it would take minutes."""
    assert card_text(f"start {unit * 50_000}").startswith("start")


def test_without_zstandard_a_new_file_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(NotesError, match=re.escape("run: .venv/bin/pip install 'cribsheet[anki]'")):
        read(EXPORTS["anki21b"]())
    assert read(EXPORTS["anki21"]()).chunks


NOT_DECKS = {
    "no zip": b"x",
    "a zip of nothing": zipped(),
    "no database": zipped(anki2=b"x" * 5000),
    "nothing in it": zipped(anki2=b""),
    "an empty database": zipped(anki2=b"SQLite format 3\0"),
    "no zstd": zipped(anki21b=b"x"),
    "no cards": zipped(anki2=old_schema([]).serialize()),
    "packed as Anki does not": zipped(zipfile.ZIP_LZMA, anki2=old_schema().serialize()),
    "cut zstd": zipped(anki21b=zstandard.compress(new_schema().serialize())[:-300]),
}


@pytest.mark.parametrize("data", NOT_DECKS.values(), ids=NOT_DECKS)
def test_what_is_no_deck_is_refused_with_one_line(data):
    with pytest.raises(NotesError) as raised:
        read(data)
    assert "\n" not in str(raised.value)


def test_a_bomb_is_not_unpacked(monkeypatch):
    """Neither in the zip nor in its zstd: both stop soon after the limit."""
    monkeypatch.setattr(apkg, "_MAX_BYTES", 5_000_000)
    zeros = bytes(20_000_000)
    for data in (zipped(anki2=zeros), zipped(anki21b=zstandard.compress(zeros))):
        assert len(data) < 100_000
        with pytest.raises(NotesError, match="unpacks to more than 5,000,000 bytes"):
            read(data)


@pytest.mark.parametrize(
    "view",
    [
        "WITH RECURSIVE r(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM r) "
        "SELECT id, 1 mid, '' tags, 'a' flds FROM r",
        "SELECT random() id, 1 mid, '' tags, 'a' flds",
    ],
)
def test_a_collection_may_not_run_anything(view):
    """What looks like a table would compute for ever, or call functions."""
    with pytest.raises(NotesError, match="not authorized"):
        read(zipped(anki2=with_view(view)))


def test_a_collection_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(apkg, "_SECONDS", 0.1)
    view = "SELECT a.id, 1 mid, '' tags, 'a' flds FROM kept a, kept b, kept c, kept d, kept e"
    with pytest.raises(NotesError, match="interrupted"):
        read(zipped(anki2=with_view(view)))


def with_view(view):
    """A collection whose notes are a view, of 1,000 notes that it keeps elsewhere."""
    connection = old_schema([(n, BASIC, "", "a\x1fb", 1) for n in range(1000)])
    connection.execute("ALTER TABLE notes RENAME TO kept")
    connection.execute("CREATE VIEW notes AS " + view)
    connection.commit()
    return connection.serialize()


def test_where_sqlite_cannot_read_from_memory_a_file_does_until_it_is_read(monkeypatch, tmp_path):
    monkeypatch.setattr(apkg, "_IN_MEMORY", False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert read(EXPORTS["anki21b"]()).place("slant") == "aws.apkg (card 3)"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "limit"), [("MAX_NOTES", 2), ("MAX_CHARS", 20)])
def test_too_much_is_refused(monkeypatch, name, limit):
    monkeypatch.setattr(apkg, name, limit)
    with pytest.raises(NotesError, match="export its decks one by one"):
        read(EXPORTS["anki2"]())


@pytest.mark.parametrize(
    "decks",
    [
        *(None, "", "[", "[" * 5000, "[1]", '{"2": 1}', '{"2": {"name": null}}', '{"x": {}}', "7"),
        '{"2": {"name": "\\ud800"}}',
        '{"2": {"name": "' + "::" * 1000 + '"}}',
    ],
)
def test_decks_of_any_kind_do_not_lose_the_cards(decks):
    found = read(zipped(anki2=old_schema(decks=decks).serialize()))
    assert ("card", "Clarify explains bias") in found.kinds()


_EXPORT = EXPORTS["anki21b"]()
_DATABASE = old_schema().serialize()


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.integers(0, len(_EXPORT)), st.binary(max_size=40))
def test_a_damaged_export_is_a_note_or_a_reason(at, junk):
    refused_or_read(_EXPORT[:at] + junk + _EXPORT[at + len(junk) :])
    refused_or_read(_EXPORT[:at])


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_DATABASE) - 1), st.binary(max_size=8)), max_size=20))
@example([(100, b"\xff" * 8), (4096, b"\xff" * 8)])
def test_a_damaged_database_is_a_note_or_a_reason(damages):
    data = bytearray(_DATABASE)
    for at, junk in damages:
        data[at : at + len(junk)] = junk
    refused_or_read(zipped(zipfile.ZIP_STORED, anki2=bytes(data)))


def refused_or_read(data):
    try:
        found = read(data)
    except NotesError as error:
        assert "\n" not in str(error)
    else:
        assert found.chunks
