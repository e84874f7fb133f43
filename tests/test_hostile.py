"""Malformed and hostile files of every format: each is read, or reported with its reason, in time.

Nothing crashes, nothing hangs, and the good note beside them is always there.
"""

import io
import random
import time
import zipfile
import zlib

import pytest
from fakes import MemoryIndex, WordEmbedder
from made_files import changed, pdf, pdf_objects, small_docx, small_pptx, stream, zipped
from seeds import seeds

from ingest.chunking import StructureChunker
from ingest.pipeline import Ingest
from ingest.readers import READERS
from ingest.reading import MAX_BYTES
from ingest.sources.folder import Folder

SUFFIXES = sorted(suffix for reader in READERS for suffix in reader.suffixes)

SECONDS = 10
MARGIN = 3
"""What is given up after `SECONDS` also has to be ended, and its process started again."""

GOOD = "good note.md"


class Timed:
    """A reader, and how many seconds each file took it, by name."""

    def __init__(self, reader, seconds):
        self.suffixes, self.fingerprint = reader.suffixes, reader.fingerprint
        self.max_bytes = getattr(reader, "max_bytes", MAX_BYTES)
        self._reader, self._seconds = reader, seconds

    def read(self, file, data):
        started = time.perf_counter()
        try:
            return self._reader.read(file, data)
        finally:
            self._seconds[file.name] = time.perf_counter() - started


def ingest(root):
    """The report on a folder, with the seconds that reading each of its files took, by name."""
    embedder, index, seconds = WordEmbedder(), MemoryIndex(), {}
    readers = [Timed(reader, seconds) for reader in READERS]
    run = Ingest(index, embedder, StructureChunker(embedder.count_tokens), readers)
    *_, report = run.run(Folder(root, set(SUFFIXES)))
    return report, index, seconds


def survive(root, files):
    """Ingest files by name beside a good one, and see that none has been lost or took long."""
    root.mkdir(exist_ok=True)
    for name, data in files.items():
        (root / name).write_bytes(data)
    (root / GOOD).write_text("# Metals\n\nCopper conducts heat.\n")
    report, index, seconds = ingest(root)
    there = {path.name for path in root.iterdir()}
    read = {path.rpartition("/")[2] for path in index.states(root.as_posix())}
    skipped = {path.rpartition("/")[2]: reason for path, reason in report.skipped.items()}
    assert read | set(skipped) == there
    assert read.isdisjoint(skipped)
    assert GOOD in read
    assert [r for r in skipped.values() if not r.strip() or "\n" in r or len(r) > 600] == []
    assert {name: taken for name, taken in seconds.items() if taken > SECONDS + MARGIN} == {}
    return skipped


def seed_of(suffix):
    found = seeds()
    assert suffix in found, f"add a small good {suffix} file to tests/seeds.py"
    return found[suffix]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_that_is_read_has_a_good_file_to_make_bad_ones_from(tmp_path, suffix):
    assert survive(tmp_path / "notes", {f"good{suffix}": seed_of(suffix)}) == {}


def cut(data, rng, _other):
    return data[: rng.randrange(len(data))]


def flip(data, rng, _other):
    changed = bytearray(data)
    for _ in range(rng.choice((1, 8, 64))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def blank(data, rng, _other):
    start = rng.randrange(len(data))
    size = rng.randrange(1, 400)
    return data[:start] + bytes(size) + data[start + size :]


def double(data, rng, _other):
    start = rng.randrange(len(data))
    return data[:start] + data[start : start + 500] * rng.choice((2, 50)) + data[start:]


def splice(data, rng, other):
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def swap(_data, _rng, other):
    return other


def noise(_data, rng, _other):
    return rng.randbytes(rng.randrange(1, 5000))


def number(data, rng, _other):
    """A number is another: a length, an offset, a count."""
    digits = [place for place, byte in enumerate(data) if chr(byte).isdigit()]
    place = rng.choice(digits or [0])
    return data[:place] + rng.choice((b"0", b"-1", b"99999999999", b"1e9")) + data[place + 1 :]


MUTATIONS = (cut, flip, blank, double, splice, swap, noise, number)


def repacked(data, mutate, rng, other):
    """The mutation inside a member of a zip file, whose checksum is right again."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if archive.getinfo(name).file_size]
        name = rng.choice([n for n in names if n.endswith((".xml", ".xhtml", ".rels"))] or names)
        inner = archive.read(name)
    return changed(data, {name: mutate(inner, rng, other)})


def mutants(total):
    """Files by name, the same in every run, `total` or a few more over all suffixes."""
    rng = random.Random(7)  # noqa: S311
    every = [seed_of(suffix) for suffix in SUFFIXES]
    files = {}
    for place in range(-(-total // len(SUFFIXES))):
        for suffix, seed in zip(SUFFIXES, every, strict=True):
            mutate = MUTATIONS[place % len(MUTATIONS)]
            other = rng.choice(every)
            is_inside = seed.startswith(b"PK") and place // len(MUTATIONS) % 2 == 0
            is_inside &= mutate not in {swap, noise}
            made = repacked(seed, mutate, rng, other) if is_inside else mutate(seed, rng, other)
            files[f"{place:03} {mutate.__name__}{suffix}"] = made
    return files


def test_two_hundred_damaged_files_are_each_read_or_reported(tmp_path):
    files = mutants(200)
    assert len(files) >= 200
    assert {name.rpartition(".")[2] for name in files} == {one[1:] for one in SUFFIXES}
    survive(tmp_path / "notes", files)


@pytest.mark.slow
def test_thousands_of_damaged_files_are_each_read_or_reported(tmp_path):
    survive(tmp_path / "notes", mutants(3_000))


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
OUTLINED = b"<< /Type /Catalog /Pages 2 0 R /Outlines 4 0 R >>"
ONE_PAGE = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Resources << /Font << /F 4 0 R >> >> >>"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]><a>&a9;</a>'
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def zeros(size, byte=b"\0"):
    """A Flate stream of as many equal bytes."""
    packer = zlib.compressobj(6)
    piece = byte * 1_000_000
    parts = [packer.compress(piece) for _ in range(size // len(piece))]
    return b"".join([*parts, packer.flush()])


def bomb_pdf(size, byte=b"\0"):
    packed = zeros(size, byte)
    head = b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed)
    return pdf_objects([CATALOG, ONE_PAGE, PAGE, b"null", head + packed + b"\nendstream"])


def deep_pages(depth):
    kids = [b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (n + 3) for n in range(depth)]
    return pdf_objects([CATALOG, *kids, b"<< /Type /Page >>"])


def word(xml):
    body = f'<w:document xmlns:w="{WORD}"><w:body>{xml}</w:body></w:document>'
    return changed(small_docx(), {"word/document.xml": body})


def bombs(size):
    """Hostile files by name, made to unpack to up to `size` bytes, loop or nest without end."""
    nested = "<ul><li>" * 10_000
    return {
        "bomb.pdf": bomb_pdf(size),
        "two bombs.pdf": bomb_pdf(size).replace(b"/FlateDecode", b"[/FlateDecode /FlateDecode]"),
        "page tree.pdf": pdf_objects([CATALOG, b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"]),
        "deep page tree.pdf": deep_pages(5_000),
        "many pages.pdf": pdf_objects([CATALOG, b"<< /Type /Pages /Count 2000000000 /Kids [] >>"]),
        "the same page.pdf": pdf_objects(
            [CATALOG, b"<< /Type /Pages /Count 20000 /Kids [%s] >>" % (b"3 0 R " * 20_000), PAGE]
        ),
        "outline.pdf": pdf_objects(
            [
                OUTLINED,
                ONE_PAGE,
                PAGE,
                b"<< /First 4 0 R /Last 4 0 R /Next 4 0 R /Title (a) /Dest [3 0 R /Fit] >>",
                stream(b"BT ET"),
            ]
        ),
        "its own parent.pdf": pdf_objects([CATALOG, ONE_PAGE, b"<< /Type /Page /Parent 3 0 R >>"]),
        "brackets.pdf": pdf_objects([CATALOG, ONE_PAGE, PAGE, b"null", stream(b"[" * 100_000)]),
        "brackets in a page.pdf": pdf_objects([CATALOG, ONE_PAGE, b"<< " * 50_000]),
        "bomb.docx": word(" " * (size // 4)),
        "bomb.epub": zipped({"mimetype": b"application/epub+zip", "a.xhtml": bytes(size // 4)}),
        "bomb.apkg": zipped({"collection.anki2": bytes(size // 4)}),
        "bomb.pptx": changed(small_pptx(), {"ppt/presentation.xml": bytes(size // 4)}),
        "laughs.docx": changed(small_docx(), {"word/document.xml": LAUGHS}),
        "laughs.pptx": changed(small_pptx(), {"ppt/slides/slide1.xml": LAUGHS}),
        "laughs.epub": changed(seeds()[".epub"], {"META-INF/container.xml": LAUGHS}),
        "laughs.xhtml": LAUGHS.encode(),
        "laughs.html": LAUGHS.encode(),
        "nested.docx": word("<w:tbl><w:tr><w:tc>" * 10_000),
        "no document.docx": zipped({"a.txt": b"a"}),
        "lists.md": b"- " * 10_000 + b"x",
        "quotes.md": b"> " * 10_000 + b"x",
        "brackets.md": b"[" * 10_000 + b"](" * 5_000,
        "emphasis.md": b"*a **b _c " * 2_000,
        "front matter.md": b"---\na: " + b"{" * 10_000 + b"\n---\nx",
        "divs.html": b"<div>" * 10_000 + b"x",
        "lists.html": nested.encode() + b"x",
        "lists.xhtml": nested.encode() + b"x",
        "tables.html": b"<table><tr><td>" * 10_000 + b"x",
        "stars.org": b"*" * 10_000 + b" x\n" + b"- x\n" * 100,
        "lists.rst": b"".join(b" " * n + b"* x\n\n" for n in range(1_000)),
        "brackets.ipynb": b"[" * 100_000,
        "cells.ipynb": b'{"cells": ' + b'{"cells": ' * 50_000,
        "quotes.csv": b'"' * 1_000_000,
        "columns.csv": b"," * 200_000 + b"\n" + b"," * 200_000,
        "cues.srt": b"1\n00:00:01,000 --> 00:00:02,000\n" * 20_000,
        "cues.vtt": b"WEBVTT\n\n" + b"<c>" * 100_000,
    }


def registered(files):
    return {name: data for name, data in files.items() if name.endswith(tuple(SUFFIXES))}


def test_bombs_loops_and_depths_are_read_or_reported(tmp_path):
    skipped = survive(tmp_path / "notes", registered(bombs(80_000_000)))
    assert "bomb" in skipped["bomb.docx"]
    assert "entities" in skipped["laughs.docx"]
    assert {"bomb.pdf", "page tree.pdf", "nested.docx"} <= set(skipped)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_empty_files_noise_and_zips_of_any_name_are_read_or_reported(tmp_path, suffix):
    rng = random.Random(suffix)  # noqa: S311
    files = {
        f"empty{suffix}": b"",
        f"blank{suffix}": b" \n" * 100,
        f"nul{suffix}": bytes(10_000),
        f"noise{suffix}": rng.randbytes(100_000),
        f"zip{suffix}": zipped({"a": b"a"}),
    }
    skipped = survive(tmp_path / "notes", files)
    assert {f"empty{suffix}", f"blank{suffix}", f"noise{suffix}", f"zip{suffix}"} <= set(skipped)


@pytest.mark.slow
def test_giants_are_read_or_reported(tmp_path):
    root = tmp_path / "notes"
    root.mkdir()
    for suffix in SUFFIXES:
        with (root / f"sparse{suffix}").open("wb") as sparse:
            sparse.truncate(1_000_000_000)
    line = b"copper conducts heat " * 2_500_000
    files = {f"line{suffix}": line for suffix in (".md", ".txt")}
    files["bomb.pdf"] = bomb_pdf(1_000_000_000)
    files["drawing.pdf"] = pdf([b"BT /F1 9 Tf (a) Tj ET " * 45_000] * 40)
    files["pages.pdf"] = pdf([[f"Page {n} is here."] for n in range(3_000)])
    skipped = survive(root, registered(files))
    assert {f"sparse{suffix}" for suffix in SUFFIXES} <= set(skipped)
    assert "longer than 10 s" in skipped["drawing.pdf"]
    assert "pages.pdf" not in skipped
