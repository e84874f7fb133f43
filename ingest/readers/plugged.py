"""Readers that other packages bring, held to what the seam asks for."""

from collections.abc import Collection

from ingest.protocols import Reader
from ingest.reading import MAX_BYTES
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

GROUP = "cribsheet.readers"


class PluggedReader:
    """A reader of another package. What it raises is the file's fault, and stops no ingest.

    Raises TypeError, with the reason, if `loaded` is no reader (or a class of them).
    """

    def __init__(self, loaded: object) -> None:
        self._reader: Reader = loaded() if isinstance(loaded, type) else loaded  # type: ignore[assignment]
        for name in ("suffixes", "fingerprint", "read"):
            if not hasattr(self._reader, name):
                raise TypeError(f"it has no `{name}`")
        self.suffixes = _suffixes(self._reader)
        self.fingerprint = str(self._reader.fingerprint)
        self.max_bytes = int(getattr(self._reader, "max_bytes", MAX_BYTES))

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`. Raises NotesError if there is none, or the reader fails."""
        try:
            found = self._reader.read(file, data)
        except NotesError:
            raise
        except Exception as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise NotesError(f"its reader failed ({self.fingerprint}: {why})") from error
        if not isinstance(found, ReadNote):
            raise NotesError(f"its reader failed ({self.fingerprint}: it gave no ReadNote)")
        return found


def _suffixes(reader: Reader) -> frozenset[str]:
    found: Collection[object] = reader.suffixes
    endings = [one for one in found if isinstance(one, str) and one[:1] == "." and one.islower()]
    if isinstance(found, str) or len(endings) != len(found):
        raise TypeError("its `suffixes` are not endings in lower case, each with its dot")
    return frozenset(endings)
