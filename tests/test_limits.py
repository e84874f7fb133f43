"""What is more than a note is refused with one line; what is just within is read in time."""

import contextlib
import os
import textwrap
import time

import pytest
from fakes import WordEmbedder

from ingest.chunking import StructureChunker
from ingest.document import MAX_CHARACTERS
from ingest.readers import READERS
from ingest.reading import MAX_BYTES, MAX_LINES, FileReader
from ingest.text import MAX_TEXT_BYTES
from ingest.types import SourceFile
from rag.config import Settings
from rag.embedding import load_embedder

SUFFIXES = {suffix: reader for reader in READERS for suffix in reader.suffixes}

SECONDS = 10
"""Nobody waits longer for a file without thinking that it hangs."""


count_words = WordEmbedder().count_tokens


class One:
    """A source of one file."""

    root = "/notes"

    def __init__(self, data):
        self.data = data

    def read(self, _file):
        return self.data


def outcome(name, data, count_tokens=count_words, size=None):
    """What becomes of a file, said to be of a size, when it is read and cut."""
    reader = FileReader(SUFFIXES, StructureChunker(count_tokens), "x")
    return reader.read(SourceFile(f"/notes/{name}", size or len(data), 0), One(data))


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_a_file_larger_than_its_format_needs_is_not_opened(suffix):
    """Where pictures lie beside the words it may be larger than where words are all there is."""
    most = getattr(SUFFIXES[suffix], "max_bytes", MAX_BYTES)
    assert MAX_TEXT_BYTES <= most <= 300_000_000
    found = outcome(f"x{suffix}", None, size=most + 1)
    assert found.reason == f"{most + 1:,} bytes, the most for a note is {most:,}; split it"
    assert not FileReader(SUFFIXES, StructureChunker(len), "x").digest(found.file, One(b"a"))


def test_more_lines_than_a_novel_has_are_refused_before_they_are_cut():
    data = b"a\n" * (MAX_LINES + 1)
    reason = "it holds 200,001 lines, the most is 200,000; split it"
    assert outcome("x.txt", data).reason == reason


def test_more_characters_than_a_novel_has_are_refused_before_they_are_cut():
    data = b"<p>" + b"copper conducts heat " * (MAX_CHARACTERS // 21 + 1)
    assert "characters, the most is 5,000,000; split it" in outcome("x.html", data).reason


def slowness():
    """How much slower this machine is just now than the one that the limits were set on."""
    started, number = time.perf_counter(), 1
    for _ in range(1_000_000):
        number = number * 3 % 1_000_003
    return max(1.0, (time.perf_counter() - started) / 0.06)


def repeated(piece, most=MAX_TEXT_BYTES, lines=MAX_LINES):
    """As many pieces as may be in a file of nothing but words."""
    return piece * min(most // len(piece), lines // max(1, piece.count(b"\n")))


def test_a_book_in_one_line_is_cut_in_time():
    """There is no call for each word, nor for each character."""
    started = time.perf_counter()
    found = outcome("x.txt", repeated(b"copper conducts heat "))
    assert len(found.chunks) > 1000
    assert time.perf_counter() - started < SECONDS * slowness()


TIMES = 4
"""Tokens are counted twice or thrice, of pieces that may be short."""


@contextlib.contextmanager
def timed():
    """Seconds of the processor, or on the clock if those are fewer: threads count each."""
    started, ended = (time.process_time(), time.perf_counter()), []
    yield lambda: min(end - start for start, end in zip(started, ended, strict=True))
    ended += (time.process_time(), time.perf_counter())


CHECKSUMS = b" ".join(os.urandom(32).hex().encode() for _ in range(MAX_TEXT_BYTES // 65))
WORST = {
    "a line.md": repeated(b"copper conducts heat "),
    "sentences.md": repeated(b"A b. "),
    "checksums.txt": CHECKSUMS,
    "addresses.txt": CHECKSUMS.replace(b" ", b" https://example.org/?")[:MAX_TEXT_BYTES],
    "short lines.txt": repeated(b"a\n"),
    "long lines.txt": repeated(b"copper conducts h. eat\r\n"),
    "old lines.txt": b"a\r" * MAX_LINES,
    "headings.md": repeated(b"# a b\n"),
    "headings.org": repeated(b"* a b c d e f g h i j k\n"),
    "deep headings.org": repeated(b"* a\n** b\n*** c\n**** d\n"),
    "paragraphs.txt": repeated(b"a b c\n\n"),
    "items.md": repeated(b"- copper conducts\n"),
    "items.rst": repeated(b"* copper conducts\n"),
    "nested items.md": repeated(b"- a\n  - b\n    - c\n"),
    "rows.md": b"| a | b |\n|---|---|\n" + repeated(b"| c | d |\n", lines=MAX_LINES - 2),
    "rows.org": repeated(b"| a | b |\n"),
    "rows.csv": repeated(b"a,b\n", lines=20_000),
    "cells.csv": repeated(b"a,"),
    "code.md": b"```\n" + repeated(b"x = 1\n", lines=MAX_LINES - 2),
    "chinese.md": repeated("中文没有空格".encode()),
    "chinese sentences.md": repeated("中文。".encode()),
    "emoji.txt": repeated("😀".encode()),
    "base64.md": repeated(b"QUJDRA"),
    "marks.md": repeated(b"-"),
    "quotes.md": b"> " * 10_000 + repeated(b"> a\n", lines=MAX_LINES - 2),
    "brackets.md": repeated(b"["),
    "emphasis.md": repeated(b"*a **b _c "),
    "paragraphs.html": b"<p>a b" * 390_000,
    "a line.html": b"<p>" + repeated(b"copper conducts heat ", MAX_CHARACTERS - 9),
    "lines.html": b"<p>" + b"a<br>" * (MAX_LINES - 9),
    "divs.html": b"<div>" * 390_000 + b"x",
    "cells.html": b"<table>" + b"<tr><td>a<td>b" * 130_000,
    "code.html": b"<pre>" + repeated(b"x = 1\n", lines=MAX_LINES - 9),
    "cues.srt": b"1\n00:00:01,000 --> 00:00:02,000\nCopper conducts heat\n\n" * 20_000,
    "cells.ipynb": b'{"cells":['
    + b'{"cell_type":"markdown","source":"# a"},' * 4_999
    + b'{"cell_type":"code","source":"'
    + b"x = 1\\n" * 190_000
    + b'"}]}',
}
"""Files at the limits. Some are refused, which is as well."""


@pytest.mark.slow
@pytest.mark.parametrize("name", WORST)
def test_the_worst_files_within_the_limits_are_read_and_cut_in_time(name):
    """With the tokens of the real model; what waits for nothing else than the processor."""
    count_tokens = load_embedder(Settings().cache).count_tokens
    with timed() as taken:
        found = outcome(name, WORST[name], count_tokens)
    assert found.chunks or "; split it" in found.reason
    if taken() >= SECONDS * slowness():  # then it is the tokens that take so long here
        with timed() as plain:
            count_tokens(textwrap.wrap(WORST[name].decode(), 1000))
        assert taken() < TIMES * plain()
