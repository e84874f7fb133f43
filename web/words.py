"""All that the page says to a person, in one place, apart from what its data says."""

NAME = "Cribsheet"
TAGLINE = "Answers from your own notes"

ASK = "Ask your notes a question"
ASK_LABEL = "Question"
NOT_YET = "Reading your notes"
NO_NOTES = "There are no notes to ask yet"
EMPTY_CHAT = "What would you like to know?"
EMPTY_CHAT_MORE = "Every answer comes with the lines of your notes that it rests on."
RETRY = "Ask again"
NEW_CHAT = "New chat"
REFRESH = "Refresh notes"
REFRESH_RETRY = "Try again"
HALT = "Stop"
HALTING = "Stopping"
HALTING_MORE = "What is being read is finished first."
HALTED = f"Stopped. What was read is kept; {REFRESH} goes on from there."

SEARCHING = "Searching your notes"
WRITING = "Writing"
STOPPED = "Stopped. This is as far as the answer got."
STOPPED_EARLY = "Stopped before the answer began."
INTERRUPTED = "The model was cut off. This is as far as the answer got."
UNEXPECTED = "Something went wrong on our side; the log of the program says what."

SOURCES = "Sources"
SOURCES_EMPTY = "The passages that an answer rests on appear here."
SOURCES_NONE = "Nothing in your notes is near this question."
ALSO_READ = "Also read"
READ_ONLY = "Closest passages"
SHOW_IN_NOTE = "Show in the note"
COPY = "Copy"

LOCAL_SUFFIX = ", on this machine"
STAYS = "on this machine"
LEAVES = "passages leave this machine"


def reading(passages: int) -> str:
    """The stage between search and the first token."""
    return f"Reading {counted(passages, 'passage')}"


def searched_for(question: str) -> str:
    """What a follow-up was taken to mean."""
    return f"Searched for: {question}"


def counted(number: int, noun: str) -> str:
    """`1 note`, `2,100 notes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
