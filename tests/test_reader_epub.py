"""EPUB: chapters in order, named by the contents; locked, broken and hostile books are refused."""

import io
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_checks import check, check_or_refused, headings_of, place_of, read_as, shape

from ingest.readers.epub import EpubReader
from rag.errors import NotesError

CONTAINER = (
    '<container><rootfiles><rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
)
PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf">
<metadata><dc:title>Cell &amp; Life</dc:title><dc:subject>Biology</dc:subject>
<dc:subject>Exam</dc:subject></metadata>
<manifest>
 <item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>
 <item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
 <item id="p" href="text/preface.xhtml" media-type="application/xhtml+xml"/>
 <item id="c2" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
 <item id="c1" href="text/one.xhtml" media-type="application/xhtml+xml"/>
 <item id="c1b" href="text/one-more.xhtml" media-type="application/xhtml+xml"/>
 <item id="gone" href="text/gone.xhtml" media-type="application/xhtml+xml"/>
</manifest>
<spine toc="ncx"><itemref idref="nav"/><itemref idref="p"/><itemref idref="c1"/>
<itemref idref="c1b"/><itemref idref="c2"/><itemref idref="gone"/><itemref idref="no-such"/></spine>
</package>"""
NAV = """<html><body><nav epub:type="landmarks"><ol><li><a href="x">no</a></li></ol></nav>
<nav epub:type="toc"><ol><li><a href="text/preface.xhtml">Preface</a></li>
<li><span>Part I</span><ol><li><a href="text/one.xhtml#top">The <i>cell</i></a></li></ol></li>
<li><a href="text/two%20b.xhtml">Chapter 2: Light</a></li></ol></nav></body></html>"""
NCX = """<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://x/y.dtd">
<ncx><docTitle><text>no</text></docTitle><navMap>
<navPoint><navLabel><text>Preface</text></navLabel><content src="text/preface.xhtml"/></navPoint>
<navPoint><navLabel><text>Part I</text></navLabel><content src="text/part.xhtml"/>
<navPoint><navLabel><text>The cell</text></navLabel><content src="text/one.xhtml#a"/></navPoint>
</navPoint>
<navPoint><navLabel><text>Chapter 2: Light</text></navLabel><content src="text/two b.xhtml"/>
</navPoint></navMap></ncx>"""
FILES = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OEBPS/content.opf": PACKAGE,
    "OEBPS/nav.xhtml": NAV,
    "OEBPS/text/preface.xhtml": "<html><head><title>x</title></head><body>Dear you.</body></html>",
    "OEBPS/text/one.xhtml": "<h1>The cell</h1><p>A cell has a nucleus.<h2>Walls</h2>strong",
    "OEBPS/text/one-more.xhtml": "<p>still of cells</p>",
    "OEBPS/text/two b.xhtml": "<h2>Photons</h2><ul><li>are light</li><li>are quick</li></ul>",
}


def packed(files, how=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, words in files.items():
            archive.writestr(name, words)
    return stream.getvalue()


def read(data, name="book.epub"):
    found = read_as(EpubReader(), name, data)
    check(found)
    return found


@pytest.fixture(params=["nav", "ncx"])
def book(request):
    """The same book with the contents of EPUB 3, and of EPUB 2."""
    if request.param == "nav":
        return read(packed(FILES))
    package = PACKAGE.replace('properties="nav"', "").replace('<itemref idref="nav"/>', "")
    return read(packed({**FILES, "OEBPS/toc.ncx": NCX, "OEBPS/content.opf": package}))


def test_chapters_are_read_in_order(book):
    assert book.note.text == (
        "Dear you.\n\n# The cell\n\nA cell has a nucleus.\n\n## Walls\n\nstrong\n\n"
        "still of cells\n\n## Photons\n\n- are light\n- are quick"
    )
    assert (book.note.title, book.note.tags) == ("Cell & Life", ("Biology", "Exam"))
    assert shape(book)[-1] == ("list", "- are light")
    assert book.warnings == ("a chapter cannot be read: OEBPS/text/gone.xhtml",)


def test_a_citation_names_the_chapter(book):
    assert place_of(book, "Dear you") == "/notes/book.epub (Preface)"
    assert place_of(book, "nucleus") == "/notes/book.epub (chapter 1: The cell)"
    assert place_of(book, "still of") == "/notes/book.epub (chapter 1: The cell)"
    assert place_of(book, "are quick") == "/notes/book.epub (Chapter 2: Light)"


def test_headings_are_those_of_the_contents_and_of_the_chapter_once(book):
    assert headings_of(book, "nucleus")[-1:] == ("The cell",)
    assert headings_of(book, "nucleus").count("The cell") == 1
    assert headings_of(book, "strong") == ("Part I", "The cell", "Walls")
    assert headings_of(book, "are quick") == ("Chapter 2: Light", "Photons")


def test_a_book_without_contents_has_its_own_headings():
    files = {name: words for name, words in FILES.items() if "nav" not in name}
    found = read(packed(files))
    assert headings_of(found, "strong") == ("The cell", "Walls")
    assert place_of(found, "nucleus") == "/notes/book.epub (The cell)"


def encryption(algorithm):
    return f'<encryption><enc:EncryptedData><enc:EncryptionMethod Algorithm="{algorithm}"/>'


def test_a_locked_book_is_told_so_and_disguised_fonts_are_no_lock():
    name = "META-INF/encryption.xml"
    locked = packed({**FILES, name: encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")})
    with pytest.raises(NotesError, match="DRM"):
        read(locked)
    fonts = packed({**FILES, name: encryption("http://www.idpf.org/2008/embedding")})
    assert "nucleus" in read(fonts).note.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not what its name says"),
        (b"PK\x03\x04 and no more", "not what its name says"),
        (packed({"a": "b"}), "does not say what it holds"),
        (packed({**FILES, "OEBPS/content.opf": "<package/>"}), "no text to read"),
        (packed(FILES)[:900], "it is damaged"),
    ],
)
def test_what_is_no_book_is_refused_with_the_reason(data, reason):
    with pytest.raises(NotesError, match=reason):
        read_as(EpubReader(), "x.epub", data)


def test_a_bomb_is_not_unpacked():
    """Sixty megabytes of blanks are some sixty kilobytes when packed."""
    data = packed({**FILES, "OEBPS/text/one.xhtml": " " * 60_000_000})
    assert len(data) < 1_000_000
    started = time.perf_counter()
    with pytest.raises(NotesError, match="larger than"):
        read(data)
    assert time.perf_counter() - started < 4


@pytest.mark.parametrize("name", ["OEBPS/content.opf", "OEBPS/nav.xhtml", "OEBPS/text/one.xhtml"])
def test_more_tags_than_a_book_has_are_refused(name):
    tags = "".join(f"<b{number}>" for number in range(600_000))
    with pytest.raises(NotesError, match="tags; split it"):
        read(packed({**FILES, name: FILES[name] + tags}))


def test_entities_that_a_file_declares_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    words = f"{bomb}<p>&b; &f; seen</p>"
    found = read(
        packed({**FILES, "OEBPS/content.opf": bomb + PACKAGE, "OEBPS/text/one.xhtml": words})
    )
    assert "&b; &f; seen" in found.note.text
    assert "root:" not in found.note.text


def test_names_that_climb_out_lead_nowhere(tmp_path):
    (tmp_path / "secret.xhtml").write_text("<p>secret</p>")
    package = PACKAGE.replace("text/gone.xhtml", f"../../../../../..{tmp_path}/secret.xhtml")
    found = read(packed({**FILES, "OEBPS/content.opf": package, "../../evil.txt": "x"}))
    assert "secret" not in found.note.text
    assert len(found.warnings) == 1


def test_deep_contents_and_repeated_chapters_are_survived():
    deep = '<nav epub:type="toc">' + "<ol><li><a href='text/one.xhtml'>x</a>" * 10_000
    spine = "<spine>" + '<itemref idref="c1"/>' * 10_000 + "</spine>"
    package = PACKAGE.partition("<spine")[0] + spine
    started = time.perf_counter()
    found = read(packed({**FILES, "OEBPS/nav.xhtml": deep, "OEBPS/content.opf": package}))
    assert found.note.text.count("nucleus") == 1
    assert time.perf_counter() - started < 4


def damaged(draw):
    data = bytearray(
        packed(FILES, draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])))
    )
    for _ in range(draw(st.integers(1, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))]) if draw(st.booleans()) else bytes(data)


@given(st.composite(damaged)())
@settings(max_examples=150, deadline=None)
def test_a_damaged_book_is_a_note_or_refused(data):
    check_or_refused(EpubReader(), "x.epub", data)
