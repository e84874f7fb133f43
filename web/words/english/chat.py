"""English: the chat, and what all pages share."""

from collections.abc import Iterable, Sequence

from ingest.types import Phase
from rag.chats.staleness import Change, CitedNow
from rag.types import Style, Usage
from web.words.english.numbers import notes, number, passages, sentences

LANGUAGE = "English"

CHAT = "Chat"
YOU = "You"
ANSWER = "Answer"
NOTES = "Notes"
READ_BY = "Read by"
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

PHASES = {
    Phase.SCANNING: "Looking for notes",
    Phase.READING: "Reading",
    Phase.EMBEDDING: "Embedding",
    Phase.INDEXING: "Writing the index",
}

SEARCHING = "Searching your notes"
WRITING = "Writing"
STOPPED = "Stopped. This is as far as the answer got."
STOPPED_EARLY = "Stopped before the answer began."
INTERRUPTED = "The model was cut off. This is as far as the answer got."
UNEXPECTED = "Something went wrong on our side; the log of the program says what."

CHATS = "Conversations"
SEARCH_CHATS = "Search conversations"
NO_CHATS = "What you ask is kept here."
NO_SUCH_CHAT = "No conversation holds these words."
MORE_CHATS = "Show more"
YESTERDAY = "yesterday"
CHAT_MENU = "Rename, export or delete"
RENAME = "Rename"
NEW_TITLE = "New title"
EXPORT = "Export"
DELETE = "Delete"
DELETE_SURE = "Delete the conversation"
DELETE_MORE = "It is deleted for good."
DELETE_NOT = "Keep it"
CANCEL = "Cancel"
CLOSE = "Close"
STALE_CHAT = "notes changed"
STALE_CHAT_MORE = "An answer rests on words that your notes no longer hold."
BUSY = "An answer is being written; stop it first."

OPTIONS = "Options"
WHERE = "Look in"
WHERE_ALL = "all notes"
STYLE = "Style"
MODEL = "Model"
NO_MODEL = "none: the notes' own sentences"
STYLES = {
    Style.SHORT: "short",
    Style.DETAILED: "in detail",
    Style.STEPS: "step by step",
    Style.LIST: "as a list",
    Style.COMPARE: "as a comparison",
}
STANDIN = "From the notes, while the model reads"
STANDIN_FAILED = "From the notes, without the model"

WEAK = "your notes carry this only in part"
WEAK_MORE = "Your notes carry this sentence only in part: read the source before you rely on it."
MISSING = "not in your notes"
MISSING_MORE = "No passage that was read says this: the model may have made it up."

CACHED = "answered before"

SOURCES = "Sources"
SOURCES_EMPTY = "The passages that an answer rests on appear here."
SOURCES_NONE = "Nothing in your notes is near this question."
ALSO_READ = "Also read"
ALSO_FOUND = "Also found, not read"
READ_ONLY = "Closest passages"
SHOW_IN_NOTE = "Show in the note"
COPY = "Copy"

SENTENCES = "the notes' own sentences, no language model"
LOCAL_SUFFIX = ", on this machine"
STAYS = "on this machine"
LEAVES = "passages leave this machine"


def model(llm: str, host: str = "") -> str:
    """A model to choose, with where it reads."""
    return NO_MODEL if llm == "none" else f"{llm} · {host or STAYS}"


def remark(hosts: Sequence[str]) -> str:
    """What hosted models entail."""
    return (
        "Passages leave this machine: your questions, and what your notes hold on them, are sent to"
        f" {' and '.join(hosts)}."
    )


def doubts(weak: int, missing: int) -> str:
    """What is marked in an answer, and what the marks mean; empty if nothing is."""
    said = []
    if missing:
        said.append(f"{sentences(missing)} not in your notes")
    if weak:
        said.append(f"{sentences(weak)} only partly in them (dotted)")
    return "Checked against the sources: " + ", ".join(said) + "." if said else ""


def stale(cited: Iterable[CitedNow]) -> str:
    """Which citations of an answer the notes no longer hold; empty if they hold all."""
    gone = dict.fromkeys(f"[{one.number}]" for one in cited if since(one))
    if not gone:
        return ""
    return f"Your notes have changed since: they no longer say what {', '.join(gone)} cites."


def since(one: CitedNow) -> str:
    """What has become of the words that were cited; empty if they are still there."""
    if one.change is Change.DELETED:
        return "The note is gone."
    if one.change is Change.CHANGED:
        return f"Now: “{one.text}”" if one.text else "The note no longer says this."
    return ""


def spent(usage: Usage) -> str:
    """What a model read and wrote, and what that cost where it is known."""
    tokens = f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"
    return tokens if usage.cost is None else f"{tokens}, ${usage.cost:.4f}"


def reading(given: int) -> str:
    """The stage between search and the first token: so many passages were given."""
    return f"Reading {passages(given)}"


def searched_for(question: str) -> str:
    """What a follow-up was taken to mean."""
    return f"Searched for: {question}"


def ingested(moved: int, embedded: int, reused: int, seconds: float) -> str:
    """What an ingest did."""
    first = f"{notes(moved)} moved, " if moved else ""
    return f"{first}{number(embedded)} embedded, {number(reused)} reused, in {seconds:.1f} s."


def progress(done: int, total: int) -> str:
    """How far something is."""
    return f"{number(done)} of {number(total)}"


def about(topic: str) -> str:
    """An example question about a heading of the notes."""
    return f"What do my notes say about {topic}?"


def what_is(name: str) -> str:
    """An example question about a heading that names one thing."""
    return f"What is {name}?"


def sources_of(question: str) -> str:
    """What stands over the sources of an answer that is not the last."""
    return f"Of the earlier answer to “{question}”"
