"""Tables: rows are those that the csv module finds, and cited as a spreadsheet counts them."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reader_checks import cut

from ingest.readers import csv as reader
from ingest.readers.csv import CsvReader, csv_records
from rag.errors import NotesError
from rag.types import Role, Span

PAIRS = "question,answer\nWhat is bias?,A skew\n\nWhat is drift?,A change\n"


def read(text, name="cards.csv"):
    return cut(CsvReader(), name, text if isinstance(text, bytes) else text.encode())


def rows_of(text, delimiter=","):
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@settings(deadline=None)
@given(st.text(alphabet='a"",\t\r\n é\U0001f469', max_size=40), st.sampled_from(",\t"))
@example('"a""b"c"d,e\r\n"x\ny",,\r', ",")
def test_cells_are_those_of_the_csv_module_and_records_leave_no_gap(text, delimiter):
    found = list(csv_records(text, delimiter))
    assert [row.start for row in found] == [0, *(row.end for row in found)][: len(found)]
    assert not found or found[-1].end == len(text)
    strict = [row for row in found if not row.is_loose]
    expected = rows_of(text, delimiter)
    assert [list(row.cells) for row in strict] == expected[: len(strict)]
    if len(strict) == len(found):
        assert len(expected) == len(found)


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=3), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back_with_exact_offsets(rows):
    """Also what stands between the offsets of one record alone gives the same cells."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    text = written.getvalue()
    found = list(csv_records(text, ","))
    assert [list(row.cells) for row in found] == rows
    assert [rows_of(text[row.start : row.end]) for row in found] == [[row] for row in rows]


def test_a_card_is_cited_by_its_row_as_a_spreadsheet_counts():
    """The header is row 1, and a blank line is a row."""
    found = read(PAIRS)
    assert found.read.note.text == PAIRS
    assert found.place("What is bias?") == "cards.csv (row 2)"
    assert found.place("A change") == "cards.csv (row 4)"


def test_rows_of_questions_and_answers_are_cards_and_the_header_is_not_found():
    found = read(PAIRS)
    assert found.kinds() == [
        ("meta", "question,answer"),
        ("card", "What is bias?,A skew"),
        ("card", "What is drift?,A change"),
    ]
    assert found.of(Role.META) == ["question,answer"]
    assert found.of(Role.QUIZ) == ["What is bias?,A skew", "What is drift?,A change"]


@pytest.mark.parametrize(
    "text",
    [
        "front,back\nBias,A skew\n",
        "Term,Definition\nBias,A skew\n",
        "term;definition;tags\nBias;A skew, or worse;ml\n",
        "Question,Réponse\nBiais,Un écart\n",
        "\ufeffRecto,Verso\nBiais,Un écart\n",
        "mot\ttraduction\nbias\tbiais\n",
        "Frage|Antwort\nBias|Ein Fehler\n",
        '"Front","Back"\n"Bias","A ""skew"",\nor worse"\n',
    ],
)
def test_a_header_says_that_rows_are_cards(text):
    meta, card = read(text).kinds()
    assert (meta[0], card[0]) == ("meta", "card")


def test_a_tab_export_of_quizlet_has_no_header_and_all_rows_are_cards():
    found = read("Bias\tA skew, a slant\nDrift\tA change, in time\n", "set.csv")
    assert [kind for kind, _ in found.kinds()] == ["card", "card"]
    assert found.place("Bias") == "set.csv (row 1)"


def test_questions_are_cards_without_a_header():
    assert [kind for kind, _ in read("Who, then?;I\nWhy?;So\n").kinds()] == ["card", "card"]


def test_another_table_is_one_with_its_header_as_lead():
    text = "tool,use,cost\nClarify,bias,1\nDebugger,tensors,2\n"
    found = read(text, "tools.csv")
    (block,) = found.read.blocks
    assert (block.kind, block.lead) == ("table", Span(0, text.index("Clarify")))
    assert block.breaks == (text.index("Clarify"), text.index("Debugger"))
    assert found.place("tensors") == "tools.csv (row 3)"
    assert not found.of(Role.QUIZ)


def test_a_table_that_begins_with_values_has_no_header():
    (block,) = read("2024,1,x\n2025,2,y\n").read.blocks
    assert block.lead is None


def test_a_quoted_field_may_hold_line_ends_and_keeps_its_row_whole():
    found = read('front,back\n"one\ntwo, three","four\r\nfive"\nsix,seven\n')
    assert found.kinds()[1] == ("card", '"one\ntwo, three","four\r\nfive"')
    assert found.place("five") == "cards.csv (row 2)"
    assert found.place("seven") == "cards.csv (row 3)"


def test_rows_without_a_word_are_in_no_card_of_their_own():
    found = read("front,back\n,\na,b\n , \nc,d\n")
    assert [kind for kind, _ in found.kinds()] == ["meta", "card", "card"]
    assert found.place("c,d") == "cards.csv (row 5)"


def test_a_quote_that_is_not_closed_takes_no_other_row_with_it():
    found = read('front,back\nscreen,"15 inch\na,b\n')
    assert found.place("a,b") == "cards.csv (row 3)"
    assert found.read.warnings == (
        "row 2: a quote is not closed; from there on quotes are read as they stand",
    )


def test_rows_of_another_width_are_a_warning():
    (warning,) = read("front,back\na,b\nc,d,e\nf\n").read.warnings
    assert warning == "2 rows have another number of cells than row 1 has; the first is row 3"


def test_the_title_is_the_files_name_without_what_notion_adds():
    name = "Reading list 0123456789abcdef0123456789abcdef.csv"
    assert read(PAIRS, name).read.note.title == "Reading list"
    assert read(PAIRS).read.note.title == "cards"


def test_a_table_of_too_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(reader, "MAX_ROWS", 4)
    assert read("a,b\n" * 4)
    with pytest.raises(NotesError, match=r"more than 4 rows.*split it"):
        read("a,b\n" * 5)


def test_a_table_of_nothing_is_refused():
    with pytest.raises(NotesError, match="empty"):
        read(",,\n,,\n")


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(alphabet="a\"'=,;\t|\r\n\ufeff\u2028", max_size=200).map(str.encode)
)
def test_any_bytes_are_a_note_or_a_reason(data):
    try:
        found = read(data)
    except NotesError as error:
        assert "\n" not in str(error)
    else:
        assert found.chunks


@pytest.mark.parametrize("unit", ['"', '""', '",', '"a\n', "a,", "\t;,|", '"""\n'])
def test_a_large_file_of_marks_does_not_take_long(unit):
    """Each is read in under a second; with a quadratic pattern it would take minutes."""
    text = (unit * 1_000_000)[:1_000_000]
    assert sum(row.end - row.start for row in csv_records(text, ",")) == len(text)
