"""English: the page of the notes."""

from web.words.english.numbers import notes, number, passages

NOTES_LIST = "Your notes"
NOTES_SEARCH = "Search notes by name or by words"
NOTES_ALL = "All"
NOTES_STATES = {
    "indexed": "up to date",
    "changed": "changed",
    "new": "new",
    "moved": "moved",
    "gone": "gone",
    "skipped": "skipped",
}
NOTES_STATES_MORE = {
    "indexed": "The index holds what the file says.",
    "changed": "The file has changed since it was read.",
    "new": "The file was not read yet.",
    "moved": "The file now lies elsewhere.",
    "gone": "The file is not there any more.",
    "skipped": "The file could not be read.",
}
NOTES_EMPTY = "There are no notes here yet."
NOTES_EMPTY_MORE = "Add some above: drop files, name a folder, or give the address of a page."
NOTES_NO_MATCH = "No note is called so."
NOTES_NO_MATCH_STATE = "No note is in this state."
NOTES_IN_TEXT = "In the text"
NOTES_TREE = "List of notes"
NOTES_FILTER = "Which notes are listed"
NOTES_PAGES = "Pages of the list"
NOTES_BEFORE = "Before"
NOTES_NEXT = "Next"
NOTES_PICK = "Choose a note to read it as it was read for the index."
NOTES_PICK_MORE = "Its headings, and the passages that it was cut into, are shown beside it."
NOTES_OUTLINE = "Headings"
NOTES_TEXT = "Text of the note"
NOTES_PASSAGES = "Show passages"
NOTES_ASK = "Ask about this note"
NOTES_BACK = "Back to the list"
NOTES_OPEN = "Open in notes"
NOTES_EARLIER = "Earlier part"
NOTES_LATER = "Later part"
NOTES_PARTS = "Parts of the note"
NOTES_LOST = "These words are not in the note any more; it is shown from its beginning."
NOTES_MARKED = "What was cited is marked."


def notes_listed(first: int, last: int, total: int) -> str:
    """Which lines of the list are shown."""
    return f"{number(first)}–{number(last)} of {number(total)} lines"


def notes_part(part: int, parts: int) -> str:
    """`Part 2 of 7`."""
    return f"Part {number(part)} of {number(parts)}"


def notes_library(count: int, chunks: int, size: int) -> str:
    """`36 notes, 412 passages, 3.1 MB`."""
    return f"{notes(count)}, {passages(chunks)}, {size / 1e6:,.1f} MB"


def notes_ago(seconds: float) -> str:
    """How long ago, in the largest unit that fits."""
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "just now"


def notes_read(ago: str) -> str:
    """When a note was read."""
    return f"read {ago}"


def notes_in_state(count: int, state: str) -> str:
    """`3 changed`."""
    return f"{number(count)} {NOTES_STATES[state]}"
