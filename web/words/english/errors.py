"""English: what went wrong, as it was said where it did."""


def failure(error: Exception) -> str:
    """An error in one line; it is in English already."""
    return str(error)
