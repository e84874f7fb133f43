"""What notes are written in: one file per format, each listed in `READERS`."""

from ingest.protocols import Reader
from ingest.readers.markdown import MarkdownReader
from ingest.sandbox import Isolated

READERS: tuple[Reader, ...] = (
    MarkdownReader(),
    Isolated("ingest.readers.pdf:PdfReader", suffixes={".pdf"}, fingerprint="pdf-1", extra="pdf"),
    Isolated("ingest.readers.docx:DocxReader", suffixes={".docx"}, fingerprint="docx-1"),
    Isolated("ingest.readers.pptx:PptxReader", suffixes={".pptx"}, fingerprint="pptx-1"),
)
"""Every format that is read. A new one is a file in this folder and its name here.

What is read with a library that a hostile file can hang or crash is `Isolated`.
"""
