"""What notes are written in: one file per format, each listed in `READERS`."""

from ingest.protocols import Reader
from ingest.readers.epub import EpubReader
from ingest.readers.html import HtmlReader
from ingest.readers.markdown import MarkdownReader
from ingest.readers.org import OrgReader
from ingest.readers.plain import TextReader
from ingest.readers.rst import RstReader

READERS: tuple[Reader, ...] = (
    MarkdownReader(),
    TextReader(),
    OrgReader(),
    RstReader(),
    HtmlReader(),
    EpubReader(),
)
"""Every format that is read. A new one is a file in this folder and its name here."""
