"""Subtitles of lectures. The text is what is said; its places are the times at which it is said.

Numbers and times of cues are not in the text: between words they would be embedded and quoted.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.document import Draft, clean
from ingest.text import MAX_TEXT_BYTES, decode, split_lines
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Anchor

MAX_CUES = 20_000
"""About a day of talk."""

PAUSE = 2.0
"""Seconds of silence that end a paragraph."""

ENOUGH_CHARS, TOO_MANY_CHARS = 400, 1000
"""A paragraph ends with a sentence once it is as long as the first; the second ends it anyway."""

_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*+)?\s++([^<>]*+)>")
_SENTENCE_END = re.compile(r"[.!?\u2026]['\"\u2019\u201d\xbb)]*+$")
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True, slots=True)
class _Cue:
    """Words on the screen from `start` to `end`, in seconds, and who speaks, if that is said."""

    start: float
    end: float
    lines: tuple[str, ...]
    voice: str = ""


class SubtitleReader:
    """Reads SubRip and WebVTT."""

    suffixes = frozenset({".srt", ".vtt"})
    fingerprint = "subtitles-1"
    max_bytes = MAX_TEXT_BYTES

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`: what is said, in paragraphs, with a place for each cue.

        Raises:
            NotesError: `data` is no text, or no subtitles, or more than `MAX_CUES` cues.
        """
        cues = list(_without_repeats(_cues(split_lines(decode(data)))))
        draft = Draft()
        for paragraph in _paragraphs(cues):
            _write(draft, paragraph)
        return draft.note(file, data, kind="subtitles", title="")


def _cues(lines: Sequence[str]) -> Iterator[_Cue]:
    times = [(n, match) for n, line in enumerate(lines) if (match := _TIMING.fullmatch(line))]
    if not times:
        raise NotesError(
            "it holds no subtitles: there is no line like 00:01:23.000 --> 00:01:25.000"
        )
    if len(times) > MAX_CUES:
        raise NotesError(f"it has more than {MAX_CUES:,} cues, the most for a note; split it")
    is_vtt = lines[0].startswith("WEBVTT")
    ends = [number for number, _ in times[1:]] + [len(lines)]
    for (number, match), end in zip(times, ends, strict=True):
        body = _body(lines[number + 1 : end], is_vtt=is_vtt, is_last=end == len(lines))
        start, stop = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        voices = (_VOICE.search(line) for line in body)
        voice = next((_words(voice[1]) for voice in voices if voice), "")
        yield _Cue(start, stop, tuple(filter(None, map(_words, body))), voice)


def _body(lines: Sequence[str], *, is_vtt: bool, is_last: bool) -> Sequence[str]:
    """Lines of a cue, of those up to the next one's times.

    A blank line ends it in WebVTT, where notes and styles may follow. SubRip is often written
    with blank lines inside, so that only the number above the next times is no part of it.
    """
    if is_vtt:
        return lines[: next((n for n, line in enumerate(lines) if not line.strip()), len(lines))]
    has_number = not is_last and bool(lines) and lines[-1].strip().isdecimal()
    return lines[:-1] if has_number else lines


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")


def _words(line: str) -> str:
    """A line without its markup."""
    return " ".join(clean(html.unescape(_MARKUP.sub("", line))).split())


def _without_repeats(cues: Iterator[_Cue]) -> Iterator[_Cue]:
    """Captions that roll up show each line twice: a cue repeats what was the last line before."""
    last, end = "", 0.0
    for cue in cues:
        is_next = cue.start <= end + 0.05
        lines = cue.lines[1:] if is_next and cue.lines[:1] == (last,) else cue.lines
        end = cue.end
        if lines:
            yield replace(cue, lines=lines)
            last = lines[-1]


def _paragraphs(cues: Sequence[_Cue]) -> Iterator[list[_Cue]]:
    """Cues that belong together: apart by pauses, at ends of sentences, or where it gets long."""
    paragraph: list[_Cue] = []
    length = 0
    for cue in cues:
        if paragraph and _ends(paragraph[-1], cue, length):
            yield paragraph
            paragraph, length = [], 0
        paragraph.append(cue)
        length += sum(map(len, cue.lines))
    if paragraph:
        yield paragraph


def _ends(last: _Cue, following: _Cue, length: int) -> bool:
    if following.start - last.end >= PAUSE or length >= TOO_MANY_CHARS:
        return True
    return length >= ENOUGH_CHARS and bool(_SENTENCE_END.search(last.lines[-1]))


def _write(draft: Draft, paragraph: Sequence[_Cue]) -> None:
    """Cues as one text; a change of speaker begins a line, as in a script."""
    text, voice = "", ""
    places: list[tuple[int, float]] = []
    for cue in paragraph:
        is_turn = cue.voice not in {"", voice}
        text += _gap(text, is_turn=is_turn or cue.lines[0].startswith("-"))
        places.append((len(text), cue.start))
        text += f"{cue.voice}: " if is_turn else ""
        text += cue.lines[0]
        for line in cue.lines[1:]:
            text += _gap(text, is_turn=line.startswith("-")) + line
        voice = cue.voice or voice
    start = draft.add_text("paragraph", text)
    draft.anchors += [Anchor(start + offset, _clock(seconds)) for offset, seconds in places]


def _gap(text: str, *, is_turn: bool) -> str:
    return ("\n" if is_turn else " ") if text else ""


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
