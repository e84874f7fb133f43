"""What notes are written in: one file per format, each listed in `READERS`."""

from collections.abc import Mapping
from typing import NamedTuple

from ingest.plugins import READER_ENTRY_POINTS as READERS_GROUP
from ingest.plugins import PluggedReader, plugins
from ingest.protocols import Reader
from ingest.readers.apkg import ApkgReader
from ingest.readers.csv import CsvReader
from ingest.readers.ipynb import NotebookReader
from ingest.readers.markdown import MarkdownReader
from ingest.readers.org import OrgReader
from ingest.readers.plain import TextReader
from ingest.readers.rst import RstReader
from ingest.readers.subtitles import SubtitleReader
from ingest.reading import MAX_BYTES
from ingest.sandbox import Isolated

READERS: tuple[Reader, ...] = (
    MarkdownReader(),
    TextReader(),
    OrgReader(),
    RstReader(),
    Isolated(
        "ingest.readers.html:HtmlReader",
        suffixes={".html", ".htm", ".xhtml"},
        fingerprint="html-2",
        max_bytes=MAX_BYTES,
    ),
    Isolated("ingest.readers.epub:EpubReader", suffixes={".epub"}, fingerprint="epub-2"),
    Isolated("ingest.readers.pdf:PdfReader", suffixes={".pdf"}, fingerprint="pdf-1", extra="pdf"),
    Isolated("ingest.readers.docx:DocxReader", suffixes={".docx"}, fingerprint="docx-1"),
    Isolated("ingest.readers.pptx:PptxReader", suffixes={".pptx"}, fingerprint="pptx-1"),
    NotebookReader(),
    CsvReader(),
    ApkgReader(),
    SubtitleReader(),
)
"""Every format that is read. A new one is a file in this folder and its name here.

What is read with a library that a hostile file can hang or crash is `Isolated`.
"""


class Readers(NamedTuple):
    """Readers of which no two read the same ending; and, by package, what is not used and why."""

    readers: tuple[Reader, ...]
    warnings: Mapping[str, tuple[str, ...]]

    @property
    def suffixes(self) -> frozenset[str]:
        """Every ending that is read."""
        return frozenset(suffix for reader in self.readers for suffix in reader.suffixes)


def all_readers() -> Readers:
    """`READERS`, and those that other packages bring as entry points `cribsheet.readers`.

    What is read by Cribsheet itself stays so: installing a package does not change how the notes
    that are there are read. Of two packages the first in the alphabet is used.
    """
    plugged = plugins(READERS_GROUP, PluggedReader)
    readers = list(READERS)
    warnings = dict(plugged.warnings)
    owners = {suffix: "Cribsheet itself" for reader in READERS for suffix in reader.suffixes}
    for plugin in plugged.found:
        if taken := sorted(plugin.made.suffixes & owners.keys()):
            line = f"{plugin.name} is not used: {taken[0]} is read by {owners[taken[0]]} already"
            warnings[plugin.package] = (*warnings.get(plugin.package, ()), line)
        else:
            readers.append(plugin.made)
            owners |= dict.fromkeys(plugin.made.suffixes, plugin.package)
    return Readers(tuple(readers), warnings)
