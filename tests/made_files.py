"""Files of formats that are no text, made in code: none of unknown origin lies in this folder."""

import io
import zipfile
import zlib

import docx
import pptx
from pypdf import PdfReader, PdfWriter

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def pdf_objects(objects, root=1, info=None):
    """A PDF of numbered objects (from 1), each bytes, with its table of where they are."""
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    more = b"/Info %d 0 R " % info if info else b""
    out.write(b"trailer << /Size %d /Root %d 0 R %s>>\n" % (len(objects) + 1, root, more))
    out.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return out.getvalue()


def stream(data, extra=b""):
    """A compressed stream."""
    packed = zlib.compress(data)
    head = b"<< /Length %d /Filter /FlateDecode %s >>" % (len(packed), extra)
    return head + b"\nstream\n" + packed + b"\nendstream"


def page_content(lines):
    """Drawing of lines (text, size, x, y)."""
    parts = [b"BT"]
    for text, size, x, y in lines:
        shown = text.encode("cp1252").replace(b"\\", b"\\\\")
        shown = shown.replace(b"(", b"\\(").replace(b")", b"\\)")
        parts.append(b"/F1 %g Tf 1 0 0 1 %g %g Tm (%s) Tj" % (size, x, y, shown))
    return b"\n".join([*parts, b"ET"])


def pdf(pages, *, title="", outline=(), labels=None, password=None, algorithm="RC4-128"):
    """A PDF whose pages are lists of lines, or bytes of drawing.

    A line is a text, or a text and its size; "" is a gap. `outline` holds (title, level, page from
    0); `labels` is the /PageLabels dictionary.
    """
    kids = b" ".join(b"%d 0 R" % (4 + 2 * place) for place in range(len(pages)))
    more = b"/PageLabels %s" % labels if labels else b""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % more,
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), kids),
        _FONT,
    ]
    for place, page in enumerate(pages):
        drawing = page if isinstance(page, bytes) else page_content(list(_set(page)))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * place)
        )
        objects.append(stream(drawing))
    made = pdf_objects(objects)
    return (
        _finished(made, title, outline, password, algorithm)
        if title or outline or password is not None
        else made
    )


def _set(page):
    y = 740.0
    for line in page:
        text, size = line if isinstance(line, tuple) else (line, 10)
        y -= 1.2 * size
        if text:
            yield text, size, 72, y


def _finished(made, title, outline, password, algorithm):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(made)))
    if title:
        writer.add_metadata({"/Title": title})
    parents = {}
    for words, level, page in outline:
        parents[level] = writer.add_outline_item(
            title=words, page_number=page, parent=parents.get(level - 1)
        )
    if password is not None:
        writer.encrypt(password, "owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def saved(document):
    """The bytes of a document of python-docx or python-pptx."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def small_docx():
    """A document with a bit of everything."""
    document = docx.Document()
    document.add_heading("Metals", 1)
    document.add_paragraph("Copper conducts heat well.")
    document.add_paragraph("Iron", style="List Bullet")
    document.add_paragraph("Zinc", style="List Bullet")
    table = document.add_table(2, 2)
    for place, text in enumerate(("metal", "melts at", "tin", "232 degrees")):
        table.cell(place // 2, place % 2).text = text
    return saved(document)


def small_pptx():
    """Two slides, one with notes."""
    deck = pptx.Presentation()
    for title, body in (("Osmosis", "Water moves\nthrough a membrane"), ("Diffusion", "Spreads")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    return saved(deck)


def zipped(members, level=zipfile.ZIP_DEFLATED):
    """A zip file of names and bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", level) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def changed(data, changes):
    """A zip file with the text of some members replaced, or removed where it is None."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | changes
    return zipped({name: text for name, text in members.items() if text is not None})


def member(data, name):
    """The text of a member of a zip file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()
