"""PDF files: the words, headings and pages that a person sees in them."""

import pytest
from made_files import pdf, pdf_objects

from ingest import document
from ingest.readers import pdf as pdf_module
from ingest.readers.pdf import PdfReader
from ingest.types import SourceFile
from rag.errors import NotesError

SENTENCE = "Copper conducts heat well and is used in wires."


def read(data, name="/notes/metals.pdf"):
    return PdfReader().read(SourceFile(name, len(data), 0), data)


def blocks(found):
    text = found.note.text
    return [(b.kind, b.headings, text[b.start : b.end]) for b in found.blocks]


def headings(found):
    return [path for kind, path, _ in blocks(found) if kind == "heading"]


def place(found, words):
    """What a citation of these words says."""
    offset = found.note.text.index(words)
    return [a.label for a in found.note.anchors if a.offset <= offset][-1]


def test_words_are_read_page_by_page_and_each_page_is_a_place():
    found = read(pdf([["First page."], ["Second page."]]))
    assert found.note.text == "First page.\n\nSecond page."
    assert [place(found, words) for words in ("First", "Second")] == ["page 1", "page 2"]
    assert (found.note.kind, found.note.title, found.warnings) == ("pdf", "metals", ())


def test_a_gap_between_lines_parts_paragraphs():
    found = read(pdf([["One line,", "the next line.", "", "", "Another one.", "Its end."]]))
    assert found.note.text == "One line,\nthe next line.\n\nAnother one.\nIts end."


METALS = ("iron", "tin", "zinc", "lead")


def book(head="", foot=""):
    """A page for each metal, its last sentence going on over the page."""
    return [
        [
            head.format(n),
            "",
            f"the lightest, {metal} first.",
            f"We say of {metal},",
            f"and {metal} is",
            "",
            foot.format(n),
        ]
        for n, metal in enumerate(METALS, 1)
    ]


def test_a_sentence_that_goes_on_over_the_page_is_whole_and_knows_both_pages():
    """The running head of a page would stand in its middle."""
    found = read(pdf(book(head="A text on metals {}")))
    assert "and iron is\nthe lightest, tin first." in found.note.text
    assert [place(found, words) for words in ("iron is", "the lightest, tin")] == [
        "page 1",
        "page 2",
    ]
    assert blocks(found)[0] == ("meta", (), "A text on metals 1")
    assert found.note.text.count("A text on metals") == 1


def test_page_numbers_are_no_text():
    found = read(pdf(book(foot="{}")))
    assert blocks(found)[0] == ("meta", (), "1")
    assert "\n3\n" not in found.note.text


def test_a_line_that_comes_back_on_two_of_two_pages_is_text():
    found = read(pdf([[SENTENCE], [SENTENCE]]))
    assert found.note.text.count(SENTENCE) == 2


def test_the_first_lines_of_pages_are_text_though_three_are_the_same():
    pages = [["BZ_OK", *[f"{SENTENCE} {n}{m}" for m in range(5)]] for n in range(3)]
    pages += [[f"{SENTENCE} {n}{m}" for m in range(6)] for n in range(3, 12)]
    assert read(pdf(pages)).note.text.count("BZ_OK") == 3


def test_larger_type_is_headings_by_size():
    page = [("Metals", 20), SENTENCE, ("Copper", 14), SENTENCE, ("Tin", 14), SENTENCE]
    found = read(pdf([page]))
    assert headings(found) == [("Metals",), ("Metals", "Copper"), ("Metals", "Tin")]
    assert blocks(found)[-1] == ("paragraph", ("Metals", "Tin"), SENTENCE)
    assert found.note.title == "Metals"


def test_a_heading_on_two_lines_is_one():
    page = [("All we know about", 18), ("copper", 18), SENTENCE, SENTENCE]
    assert headings(read(pdf([page]))) == [("All we know about copper",)]


def test_a_page_in_large_type_is_no_heading():
    poster = [(f"{SENTENCE} {n}", 20) for n in range(6)]
    assert headings(read(pdf([poster, [SENTENCE] * 40]))) == []


def test_bookmarks_are_headings_at_the_lines_that_hold_them():
    page = ["Chapter 1: Metals", SENTENCE, "1.1 Copper", SENTENCE]
    found = read(pdf([page], outline=[("Metals", 1, 0), ("Copper", 2, 0)]))
    assert [b[:2] for b in blocks(found)] == [
        ("heading", ("Chapter 1: Metals",)),
        ("paragraph", ("Chapter 1: Metals",)),
        ("heading", ("Chapter 1: Metals", "1.1 Copper")),
        ("paragraph", ("Chapter 1: Metals", "1.1 Copper")),
    ]


def test_a_bookmark_whose_words_are_on_no_line_is_put_at_its_page():
    found = read(pdf([[SENTENCE], ["Tin is soft."]], outline=[("One", 1, 0), ("Two", 1, 1)]))
    assert found.note.text == f"One\n\n{SENTENCE}\n\nTwo\n\nTin is soft."
    assert place(found, "Two") == "page 2"


def test_a_word_is_joined_over_the_line_if_it_stands_somewhere_whole():
    page = ["The conductor is here. A con-", "ductor, and a well-", "known one."]
    text = read(pdf([page])).note.text
    assert "A conductor,\nand a well-\nknown one." in text


def test_bullets_begin_items_at_which_a_chunk_may_be_cut():
    found = read(pdf([["Metals:", "• iron", "which rusts", "• zinc"]]))
    (block,) = found.blocks
    assert block.kind == "list"
    assert [found.note.text[at:].split("\n")[0] for at in block.breaks] == ["• iron", "• zinc"]


def test_pages_are_called_what_is_printed_on_them():
    labels = b"<< /Nums [0 << /S /r >> 2 << /S /D >>] >>"
    found = read(pdf([["a one"], ["b two"], ["c three"]], labels=labels))
    assert [a.label for a in found.note.anchors] == [
        "page i, 1 of 3",
        "page ii, 2 of 3",
        "page 1, 3 of 3",
    ]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("On metals", "On metals"),
        ("Microsoft Word - metals.doc", "Metals"),
        ("draft.tex", "Metals"),
        ("untitled", "Metals"),
    ],
)
def test_the_title_is_the_files_own_unless_a_program_made_it_up(title, expected):
    page = [("Metals", 20), SENTENCE, SENTENCE]
    assert read(pdf([page], title=title)).note.title == expected


def test_a_page_without_text_is_named_with_what_to_do():
    picture = b"q " + b"0 0 m 9 9 l S " * 50 + b"Q"
    found = read(pdf([[SENTENCE], picture, [SENTENCE], picture, picture]))
    assert found.warnings == (
        "pages 2, 4-5 have no text layer; run OCR first, for instance: ocrmypdf in.pdf out.pdf",
    )


def test_a_blank_page_is_nothing_to_warn_of():
    assert read(pdf([[SENTENCE], b""])).warnings == ()


def test_a_scan_is_refused_with_what_to_do():
    picture = b"q " + b"0 0 m 9 9 l S " * 50 + b"Q"
    with pytest.raises(NotesError, match=r"page 1 has no text layer; .* ocrmypdf in.pdf out.pdf"):
        read(pdf([picture]))


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_file_that_only_forbids_printing_is_read(algorithm):
    assert read(pdf([[SENTENCE]], password="", algorithm=algorithm)).note.text == SENTENCE


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_locked_file_is_refused_with_what_to_do(algorithm):
    with pytest.raises(NotesError, match="locked with a password; save it without one"):
        read(pdf([[SENTENCE]], password="secret", algorithm=algorithm))


def test_more_pages_than_a_note_has_are_refused(monkeypatch):
    monkeypatch.setattr(pdf_module, "MAX_PAGES", 2)
    with pytest.raises(NotesError, match="3 pages, the most for a note is 2; split it"):
        read(pdf([[SENTENCE]] * 3))


def test_more_text_than_a_note_has_is_refused(monkeypatch):
    monkeypatch.setattr(document, "MAX_CHARACTERS", 50)
    with pytest.raises(NotesError, match="it holds more than 50 characters; split it"):
        read(pdf([[SENTENCE]] * 3))


def test_one_damaged_page_does_not_cost_the_others():
    page = (
        b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << /Font << /F1 6 0 R >> >> >>"
    )
    drawing = b"BT /F1 10 Tf 1 0 0 1 72 700 Tm (Tin) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>",
        page % 7,
        page % 5,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d /Filter /Odd >>\nstream\n%s\nendstream" % (len(drawing), drawing),
    ]
    found = read(pdf_objects(objects))
    assert found.note.text == "Tin"
    assert place(found, "Tin") == "page 2"
    (warning,) = found.warnings
    assert warning.startswith("page 1 is damaged and not read (")


def test_what_is_no_pdf_is_refused():
    with pytest.raises(NotesError, match="it is not what its name says"):
        read(b"PK\x03\x04 a zip file")


def test_letters_that_mean_nothing_are_no_text_layer():
    """A font that is not there, or does not say which letters its shapes are."""
    nonsense = b"BT /F9 10 Tf 1 0 0 1 72 700 Tm (%s) Tj ET" % (b"xyz" * 99)
    with pytest.raises(NotesError, match="page 1 has no text layer"):
        read(pdf([nonsense]))
