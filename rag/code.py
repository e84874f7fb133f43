"""A digest of the code that answers: what was kept of older code is not taken for its."""

import hashlib
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


def sources() -> list[Path]:
    """The modules of this package and of those in it, by name."""
    return sorted(_PACKAGE.rglob("*.py"))


@cache
def code_digest() -> str:
    """A digest of them: prompts, and whatever else decides what a model is asked."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources())).hexdigest()
