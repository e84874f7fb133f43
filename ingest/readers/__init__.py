"""What notes are written in: one file per format, each listed in `READERS`."""

from ingest.protocols import Reader
from ingest.readers.apkg import ApkgReader
from ingest.readers.csv import CsvReader
from ingest.readers.ipynb import NotebookReader
from ingest.readers.markdown import MarkdownReader
from ingest.readers.subtitles import SubtitleReader

READERS: tuple[Reader, ...] = (
    MarkdownReader(),
    ApkgReader(),
    CsvReader(),
    NotebookReader(),
    SubtitleReader(),
)
"""Every format that is read. A new one is a file in this folder and its name here."""
