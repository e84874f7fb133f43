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
NOTES_ADD = "Add notes"
NOTES_KEEP = "Keep them up to date"
NOTES_DROP = "Drop files here, or click to choose"
NOTES_FOLDER = "Choose a folder"
NOTES_TARGET = "Folder, file or address"
NOTES_TARGET_MORE = "/home/me/notes or https://…"
NOTES_ADD_IT = "Add"
NOTES_UPDATE = "Bring up to date"
NOTES_UNDO = "Undo the last ingest"
NOTES_FIND_DUPLICATES = "Find duplicates and conflicts"
NOTES_DUPLICATES = "Notes that say the same"
NOTES_NO_DUPLICATES = "No two notes say the same."
NOTES_CONFLICTS = "Lines that may contradict each other"
NOTES_NO_CONFLICTS = "No two notes contradict each other in the same words."
NOTES_SAME = "The same to the last byte:"
NOTES_WATCH = "Read changes as they happen"
NOTES_SOURCES = "Sources"
NOTES_REMOVE = "Remove"
NOTES_DO_IT = "Do it"
NOTES_FORGET = "Forget them"
NOTES_CANCEL = "Cancel"
NOTES_PLAN = "What would be done"
NOTES_BEGUN = "It is being read; the line at the top of the page says how far it is."
NOTES_FILES_STAY = "The files stay where they are; only the index forgets them."
NOTES_COPIES_STAY = "Your files are never changed. Undo takes this back."


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


def notes_left_out(count: int) -> str:
    """What comes before the reasons."""
    return f"{'1 file was' if count == 1 else f'{number(count)} files were'} left out:"


def notes_undone(restored: int, gone: int) -> str:
    """What was taken back."""
    return f"Taken back: {notes(restored)} as before, {notes(gone)} gone again."


def notes_forgotten(count: int) -> str:
    """What was taken out."""
    return f"{notes(count)} forgotten. Undo brings them back."


def notes_forget_sure(source: str) -> str:
    """Asked before a source is taken out."""
    return f"Forget all notes of {source}?"


def notes_todo(new: int, changed: int, moved: int, deleted: int) -> str:
    """`2 new, 1 changed, 3 to be forgotten`."""
    said = ((new, "new"), (changed, "changed"), (moved, "moved"), (deleted, "to be forgotten"))
    return ", ".join(f"{number(count)} {what}" for count, what in said if count) or "up to date"


def notes_about(seconds: float) -> str:
    """How long it would take."""
    return f"about {max(1, round(seconds)):,} s"


def notes_alike(share: float) -> str:
    """How much two notes have in common."""
    return f"{share:.0%} of the lines of the shorter one are in both:"


def notes_more(count: int) -> str:
    """Behind a list that is cut."""
    return f"and {number(count)} more"
