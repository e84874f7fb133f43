"""What was a source of notes once."""

from ingest.types import Listing, SourceFile


class Gone:
    """A folder or file that is gone for good: nothing is left in it."""

    def __init__(self, root: str) -> None:
        self.root = root

    def listing(self) -> Listing:
        """Nothing."""
        return Listing(())

    def read(self, file: SourceFile) -> bytes:
        """Never asked: nothing is listed."""
        raise FileNotFoundError(file.path)
