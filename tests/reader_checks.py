"""What every reader's tests ask of what was read, and where a citation of it leads."""

from fakes import WordEmbedder

from ingest.chunking import StructureChunker
from ingest.types import SourceFile
from rag.errors import NotesError

_chunker = StructureChunker(WordEmbedder().count_tokens, 12)


def read_as(reader, name, data, folder="/notes"):
    """What `reader` reads in the bytes (or UTF-8 text) of a file of that name."""
    if isinstance(data, str):
        data = data.encode(errors="surrogatepass")
    return reader.read(SourceFile(f"{folder}/{name}", len(data), 0), data)


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
