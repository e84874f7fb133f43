"""Word and PowerPoint files: what a person sees in them, in order, with places they can find."""

import docx
import pptx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from made_files import changed, member, saved, small_docx, small_pptx, zipped
from pptx.util import Inches

from ingest.readers.docx import DocxReader
from ingest.readers.pptx import PptxReader
from ingest.types import SourceFile
from rag.errors import NotesError

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def read(data, reader=None):
    reader = reader or DocxReader()
    (suffix,) = reader.suffixes
    return reader.read(SourceFile(f"/notes/metals{suffix}", len(data), 0), data)


def read_pptx(deck):
    return read(saved(deck), PptxReader())


def blocks(found):
    text = found.note.text
    return [(b.kind, text[b.start : b.end]) for b in found.blocks]


def places(found):
    text = found.note.text
    return {a.label: text[a.offset :].split("\n")[0] for a in found.note.anchors}


def with_body(xml):
    """A document whose body is `xml`, in Word's own words."""
    return changed(
        saved(docx.Document()),
        {"word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{xml}</w:body></w:document>'},
    )


def paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_document_is_read_in_order_with_its_kinds_and_places():
    found = read(small_docx())
    assert blocks(found) == [
        ("heading", "Metals"),
        ("paragraph", "Copper conducts heat well."),
        ("list", "- Iron\n- Zinc"),
        ("table", "| metal | melts at |\n| tin | 232 degrees |"),
    ]
    assert places(found) == {
        "Metals": "Metals",
        "Metals, paragraph 1": "Copper conducts heat well.",
        "Metals, paragraph 2": "- Iron",
        "Metals, paragraph 3": "- Zinc",
        "Metals, table 1": "| metal | melts at |",
    }
    assert (found.note.kind, found.note.title) == ("docx", "Metals")


def test_a_table_may_be_cut_at_its_rows_and_leads_with_its_header():
    found = read(small_docx())
    text, table = found.note.text, found.blocks[-1]
    assert [text[at:] for at in table.breaks][-1] == "| tin | 232 degrees |"
    assert text[table.lead.start : table.lead.end].strip() == "| metal | melts at |"


def test_headings_are_nested_and_paragraphs_are_counted_from_each():
    document = docx.Document()
    document.add_paragraph("Before all.")
    document.add_heading("On metals", 0)
    for level, title in ((1, "Copper"), (2, "Wires"), (1, "Tin")):
        document.add_heading(title, level)
        document.add_paragraph(f"About {title}.")
    found = read(saved(document))
    assert [b.headings for b in found.blocks if b.kind == "paragraph"] == [
        (),
        ("Copper",),
        ("Copper", "Wires"),
        ("Tin",),
    ]
    assert places(found)["paragraph 1"] == "Before all."
    assert places(found)["Tin, paragraph 1"] == "About Tin."


def test_headings_are_known_in_every_language_and_by_their_outline_level():
    """A style's id and its name in the menu are translated, what it is called inside is not."""
    document = docx.Document()
    heading = document.styles["Heading 1"]
    heading.element.set(f"{{{W}}}styleId", "berschrift1")
    document.add_paragraph(
        "Metalle"
    ).paragraph_format.element.get_or_add_pPr().style = "berschrift1"
    own = document.styles.add_style("Kapitel", WD_STYLE_TYPE.PARAGRAPH)
    own.base_style = heading
    document.add_paragraph("Kupfer", style=own)
    found = read(saved(document))
    assert blocks(found) == [("heading", "Metalle"), ("heading", "Kupfer")]
    outlined = '<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>Zinn</w:t></w:r></w:p>'
    assert blocks(read(with_body(outlined))) == [("heading", "Zinn")]


def test_styles_that_are_based_on_each_other_end():
    style = '<w:style w:styleId="{}"><w:name w:val="x"/><w:basedOn w:val="{}"/></w:style>'
    styles = f'<w:styles xmlns:w="{W}">{style.format("a", "b")}{style.format("b", "a")}</w:styles>'
    body = '<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>Tin</w:t></w:r></w:p>'
    assert read(changed(with_body(body), {"word/styles.xml": styles})).note.text == "Tin"


def test_numbered_items_have_their_numbers():
    numbering = (
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    item = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="5"/></w:numPr></w:pPr>'
        "<w:r><w:t>{}</w:t></w:r></w:p>"
    )
    steps = [(0, "melt"), (0, "cast"), (1, "slowly"), (1, "in sand"), (0, "cool"), (1, "in air")]
    body = "".join(item.format(*step) for step in steps)
    found = read(changed(with_body(body), {"word/numbering.xml": numbering}))
    assert found.note.text == ("1. melt\n2. cast\n  a. slowly\n  b. in sand\n3. cool\n  a. in air")


def test_what_is_inserted_or_in_a_content_control_is_read_and_what_is_deleted_is_not():
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        f"<w:p>{run.format('Tin ')}<w:ins>{run.format('melts')}</w:ins>"
        "<w:del><w:r><w:delText>boils</w:delText></w:r></w:del>"
        f"<w:hyperlink>{run.format(' easily')}</w:hyperlink></w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('Zinc too.')}</w:sdtContent></w:sdt>"
    )
    assert read(with_body(body)).note.text == "Tin melts easily\n\nZinc too."


def test_text_boxes_come_once_after_their_paragraph():
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    box = f"<w:txbxContent>{paragraph('In a box.')}</w:txbxContent>"
    body = (
        f'<w:p><w:r><w:t>Around.</w:t><mc:AlternateContent xmlns:mc="{mc}">'
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    assert read(with_body(body)).note.text == "Around.\n\nIn a box."


def test_a_footnote_follows_its_paragraph_with_its_number():
    data = with_body(
        '<w:p><w:r><w:t>Tin</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        f"<w:r><w:t> melts.</w:t></w:r></w:p>{paragraph('Next.')}"
    )
    rels = member(data, "word/_rels/document.xml.rels").replace(
        "</Relationships>",
        '<Relationship Id="rId99" Target="footnotes.xml" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/footnotes"/></Relationships>',
    )
    note = f'<w:footnote w:id="2">{paragraph("At 232.")}</w:footnote>'
    notes = f'<w:footnotes xmlns:w="{W}">{note}</w:footnotes>'
    found = read(changed(data, {"word/_rels/document.xml.rels": rels, "word/footnotes.xml": notes}))
    assert found.note.text == "Tin¹ melts.\n\n¹ At 232.\n\nNext."


def test_merged_and_nested_cells_are_read():
    document = docx.Document()
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Over both"
    table.cell(1, 0).text = "left"
    table.cell(1, 1).add_table(1, 1).cell(0, 0).text = "inside"
    text = read(saved(document)).note.text
    assert "| Over both |" in text
    assert "| inside |" in text


def test_files_of_the_strict_kind_are_read():
    strict = "http://purl.oclc.org/ooxml/wordprocessingml/main"
    document = f'<w:document xmlns:w="{strict}"><w:body>{paragraph("Tin")}</w:body></w:document>'
    assert read(changed(saved(docx.Document()), {"word/document.xml": document})).note.text == "Tin"


def test_nothing_outside_the_file_is_looked_at():
    rels = member(small_docx(), "word/_rels/document.xml.rels")
    away = rels.replace(
        "</Relationships>",
        '<Relationship Id="x" TargetMode="External" Type="a/styles" Target="http://a.org/s.xml"/>'
        '<Relationship Id="y" Type="a/numbering" Target="../../../etc/passwd"/></Relationships>',
    )
    found = read(changed(small_docx(), {"word/_rels/document.xml.rels": away}))
    assert "Copper conducts" in found.note.text


BILLION = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is damaged, or not what its name says"),
        (b"PK\x03\x04 and then nothing", "it is damaged, or not what its name says"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is locked with a password, or of an old format"),
        (zipped({"a.txt": b"no document"}), "it is not what its name says"),
        (small_pptx(), "it is not what its name says"),
        (
            changed(small_docx(), {"word/document.xml": None}),
            "there is no 'word/document.xml' in it",
        ),
        (with_body(""), "it holds no text"),
        (
            changed(small_docx(), {"word/document.xml": BILLION + "<a>&y;</a>"}),
            "its XML declares entities",
        ),
        (changed(small_docx(), {"word/styles.xml": "<a>&x;</a>"}), "its XML is damaged"),
        (with_body("<w:sdt>" * 9000 + "</w:sdt>" * 9000), "its XML is too deep or too long"),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(data, reason):
    with pytest.raises(NotesError) as caught:
        read(data)
    assert reason in str(caught.value)


def test_slides_are_read_with_their_titles_lists_and_notes():
    found = read(small_pptx(), PptxReader())
    assert blocks(found) == [
        ("heading", "Osmosis"),
        ("list", "- Water moves\n- through a membrane"),
        ("heading", "Diffusion"),
        ("paragraph", "Spreads"),
        ("paragraph", "Say it slowly."),
    ]
    assert places(found) == {
        "slide 1": "Osmosis",
        "slide 2": "Diffusion",
        "notes of slide 2": "Say it slowly.",
    }
    assert found.blocks[1].headings == ("Osmosis",)
    assert found.note.title == "Osmosis"


def test_tables_and_groups_of_shapes_are_read():
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Metals"
    table = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    for place, text in enumerate(("metal", "melts at", "tin", "232")):
        table.cell(place // 2, place % 2).text = text
    outer = slide.shapes.add_group_shape()
    box = outer.shapes.add_group_shape().shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box.text_frame.text = "In a group"
    found = read_pptx(deck)
    assert blocks(found) == [
        ("heading", "Metals"),
        ("table", "| metal | melts at |\n| tin | 232 |"),
        ("paragraph", "In a group"),
    ]
    assert found.blocks[1].lead is not None


def test_a_slide_without_a_title_is_not_counted_to_the_one_before():
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = "Metals"
    bare = deck.slides.add_slide(deck.slide_layouts[6])
    bare.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "On its own"
    found = read_pptx(deck)
    assert found.blocks[-1].headings == ("Slide 2",)


def test_slides_come_in_the_order_in_which_they_are_shown():
    deck = pptx.Presentation()
    for title in ("One", "Two", "Three"):
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = title
    listed = deck.slides._sldIdLst
    listed.insert(0, listed[2])
    assert read_pptx(deck).note.text == "Three\n\nOne\n\nTwo"


def test_a_deck_without_words_is_refused():
    with pytest.raises(NotesError, match="it holds no text"):
        read_pptx(pptx.Presentation())
    with pytest.raises(NotesError, match="it is not what its name says"):
        read(small_docx(), PptxReader())
