"""What tests of readers share: a file of any bytes, read and cut, and the places of its words."""

from dataclasses import dataclass

from ingest.chunking import StructureChunker
from ingest.types import ReadNote, SourceFile
from rag.types import Role


def file_of(name, data=b""):
    """A listed file of that name."""
    return SourceFile(f"/notes/{name}", len(data), 1_000_000_000)


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
    read = reader.read(file_of(name, data), data)
    text, position = read.note.text, 0
    for block in read.blocks:
        assert position <= block.start <= block.end <= len(text)
        assert list(block.breaks) == sorted(block.breaks)
        position = block.end
    offsets = [anchor.offset for anchor in read.note.anchors]
    assert offsets == sorted(offsets)
    text.encode()  # what cannot be stored is no text
    chunks = StructureChunker(count_words, 20).chunk(read)
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert all(chunk.role in Role for chunk in chunks)
    return Cut(read, chunks)
