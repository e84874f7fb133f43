"""A conversation as Markdown, with its citations as links.

Nothing is markup but what is written here: a note or a model cannot add a link, a picture, HTML, a
heading or a fence without an end. Of an answer, lists, tables, emphasis and code stay as they are.
"""

import re
import time
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from rag.chats.kept import Chat, Kept
from rag.chats.staleness import CitedNow, in_words
from rag.types import Citation, Status

_NAME_CHARS = 60  # of four bytes each they still fit a file name
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# A code span that ends in its line, or any character that could begin something else than a list,
# a table or emphasis. A backtick that pairs with none could pair with one in the next line.
_IN_ANSWER = re.compile(
    r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|\[(\d{1,3})\]|`|~{3,}|[\\<>&\[\]!#]|:(?=//)"
)
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^`]*$")
_RULE = re.compile(r"(\s*)([=-])(?=[=-]*\s*$)")  # below a line, it would make a heading of that
_LINE_END = re.compile(r"\r\n?|\n")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def file_name(chat: Chat) -> str:
    """A name for the file of a conversation that every file system takes, and no other has."""
    words = " ".join(re.sub(r"[^\w-]+", " ", chat.info.title).split())
    return f"{words[:_NAME_CHARS].strip(' -') or 'conversation'} {chat.info.id}.md"


def to_markdown(*chats: Chat) -> str:
    """The conversations, one after the other."""
    return "\n\n---\n\n".join("\n\n".join(_chat(chat)) for chat in chats) + "\n"


def _chat(chat: Chat) -> Iterator[str]:
    yield f"# {_plain(chat.info.title)}"
    for kept in chat.exchanges:
        yield f"## {_plain(kept.answer.question)}"
        yield from _exchange(kept)


def _exchange(kept: Kept) -> Iterator[str]:
    answer = kept.answer
    links = {citation.number: _target(citation) for citation in reversed(answer.citations)}
    if answer.text.strip():
        yield "\n".join(_answer(answer.text, links))
    if answer.status is Status.INTERRUPTED:
        yield "*The answer was interrupted.*"
    now = kept.cited or [None] * len(answer.citations)
    if answer.citations:
        pairs = zip(answer.citations, now, strict=True)
        yield "\n".join(line for one, today in pairs for line in _source(one, today))
    asked = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.asked))
    facts = [f"Asked {asked}", answer.model and f"answered by {answer.model}", answer.notice]
    yield f"*{_plain('; '.join(filter(None, facts)))}*"


def _source(citation: Citation, now: CitedNow | None) -> Iterator[str]:
    yield f"- [{citation.number}]({_target(citation)}) {_plain(citation.location)}"
    yield from (f"  > {line}" for line in _quoted(citation.quote))
    if now and (line := in_words(now)):
        yield ""
        yield f"  *This {_plain(line)}*"


def _target(citation: Citation) -> str:
    """What a link to the cited lines points at."""
    chunk = citation.chunk
    if _ADDRESS.match(chunk.note_path):
        return quote(chunk.note_path, safe="/:?#=&%~+,@")
    # One slash, also before a drive of Windows: two would name a server, none an address.
    base = "/" + quote(chunk.note_path.lstrip("/"), safe="/:~")
    labels = [anchor.label for anchor in chunk.anchors if anchor.offset <= citation.start]
    if not labels:
        return f"{base}#L{chunk.line_at(citation.start)}"
    page = re.fullmatch(r"page (\d+)", labels[-1])
    return f"{base}#page={page[1]}" if page else base


def _plain(text: str) -> str:
    """One line, in which nothing is markup."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def _quoted(text: str) -> list[str]:
    """Lines in which nothing is markup; a backslash ends each but the last of them."""
    lines = [_plain(line) for line in _LINE_END.split(text) if line.strip()]
    return [f"{line}\\" for line in lines[:-1]] + lines[-1:]


def _answer(text: str, links: Mapping[int, str]) -> Iterator[str]:
    """The answer's lines; what opens a block of code is kept only where something closes it."""
    lines = _LINE_END.split(text.strip())
    place = 0
    while place < len(lines):
        opening = _FENCE.match(lines[place])
        end = _end_of_code(lines, place, opening[1]) if opening else None
        if opening and end is not None:
            yield from _code(lines[place + 1 : end], opening[2])
            place = end + 1
        else:
            yield _line(lines[place], links)
            place += 1


def _end_of_code(lines: list[str], start: int, fence: str) -> int | None:
    closing = re.compile(rf"\s*{fence}{fence[0]}*\s*$")
    return next((n for n in range(start + 1, len(lines)) if closing.match(lines[n])), None)


def _code(lines: list[str], language: str) -> Iterator[str]:
    """A block of its own, in which no line is as long a fence as those around it."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from ("", fence + language, *lines, fence, "")


def _line(line: str, links: Mapping[int, str]) -> str:
    def tamed(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        if match[2] and (target := links.get(int(match[2]))):
            return f"[{match[2]}]({target})"
        return _PUNCTUATION.sub(r"\\\1", match[0])

    return _RULE.sub(r"\1\\\2", _IN_ANSWER.sub(tamed, line), count=1)
