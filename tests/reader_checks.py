"""What every reader's tests ask of what was read, and where a citation of it leads."""

import time
from dataclasses import dataclass

from fakes import WordEmbedder

from ingest.chunking import StructureChunker
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Role

_chunker = StructureChunker(WordEmbedder().count_tokens, 12)


def file_of(name, data=b"", folder="/notes"):
    """A listed file of that name."""
    return SourceFile(f"{folder}/{name}", len(data), 1_000_000_000)


def read_as(reader, name, data, folder="/notes"):
    """What `reader` reads in the bytes (or UTF-8 text) of a file of that name."""
    if isinstance(data, str):
        data = data.encode(errors="surrogatepass")
    return reader.read(file_of(name, data, folder), data)


def check(read):
    """Blocks are in order and apart, breaks and leads in the text, anchors in order."""
    size, end = len(read.note.text), 0
    for block in read.blocks:
        assert end <= block.start < block.end <= size
        assert all(block.start <= at < block.end for at in block.breaks)
        assert list(block.breaks) == sorted(block.breaks)
        assert block.lead is None or 0 <= block.lead.start < block.lead.end <= block.end
        end = block.end
    offsets = [anchor.offset for anchor in read.note.anchors]
    assert offsets == sorted(offsets)
    assert all(0 <= at <= size for at in offsets)
    _chunker.chunk(read)


def check_or_refused(reader, name, data):
    """The bytes give a note, or the one line that says why not."""
    try:
        read = read_as(reader, name, data)
    except NotesError as error:
        assert str(error)
        assert "\n" not in str(error)
    else:
        check(read)


def check_linear(work, size):
    """`work(size)` takes about four times as long as a quarter of it, and not sixteen.

    What the processor spends counts, so that a machine under load fails nothing.
    """
    # The better of two: what is swept up of other tests' garbage counts for neither.
    quarter, whole = (min(_spent(work, size // share) for _ in range(2)) for share in (4, 1))
    assert whole < 9 * quarter + 0.5


def place_of(read, words):
    """Where a citation of `words` leads."""
    for chunk in _chunker.chunk(read):
        if words in chunk.text:
            return chunk.place_at(chunk.text.index(words))
    raise AssertionError(f"no chunk holds {words!r}")


def shape(read):
    """Kind and first line of each block."""
    text = read.note.text
    return [(block.kind, text[block.start : block.end].split("\n")[0]) for block in read.blocks]


def lead_of(read, kind):
    """The words of the lead of the first block of a kind."""
    lead = next(block.lead for block in read.blocks if block.kind == kind)
    return read.note.text[lead.start : lead.end] if lead else None


def headings_of(read, words):
    """The headings that `words` stand under."""
    at = read.note.text.index(words)
    return next(block.headings for block in read.blocks if block.start <= at < block.end)


def count_words(texts):
    """A token counter that needs no model."""
    return [len(text.split()) for text in texts]


@dataclass(frozen=True)
class Cut:
    """A note and its chunks, each found by its words."""

    read: ReadNote
    chunks: list

    def place(self, words):
        """Where the citation of `words` points."""
        for chunk in self.chunks:
            if words in chunk.text:
                return chunk.place_at(chunk.text.index(words), chunk.name)
        raise AssertionError(f"{words!r} is in no chunk")

    def of(self, role):
        """Texts of chunks of a role."""
        return [chunk.text for chunk in self.chunks if chunk.role is role]

    def kinds(self):
        """Kind and text of each block."""
        text = self.read.note.text
        return [(block.kind, text[block.start : block.end].strip()) for block in self.read.blocks]


def cut(reader, name, data):
    """`data` read by `reader` as the file `name`, and cut small."""
    read = read_as(reader, name, data)
    check(read)
    text = read.note.text
    text.encode()  # what cannot be stored is no text
    chunks = StructureChunker(count_words, 20).chunk(read)
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert all(chunk.role in Role for chunk in chunks)
    return Cut(read, chunks)


def _spent(work, size):
    started = time.process_time()
    work(size)
    return time.process_time() - started
