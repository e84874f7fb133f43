"""What a server or a model turned out to be like, and how it is asked from then on.

Servers that speak OpenAI's language refuse one thing or another: `temperature`, `stream_options`, a
system message, a stream. What is refused is left out, the question is asked once more, and that is
kept for the next time. Models that think write their thoughts between marks in the answer itself,
some of them without the opening one, since their template has written it for them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from rag.files import write_json

SERVERS_FILE = "servers.json"
"""In CRIB_HOME: what is known of each model on a server. It is learned anew where it is missing."""

THOUGHT_TOKENS = 4096
"""Tokens that a model that thinks may have beside those of its answer."""

_REFUSALS = frozenset({400, 404, 415, 422, 500, 501})
"""Statuses of HTTP with which servers say that they do not take a parameter."""

_LEFT_OUT: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "temperature": {"temperature": None},
        "stream_options": {"stream_usage": False},
        "chat_template_kwargs": {"extra_body": None},
        "max_completion_tokens": {"max_tokens": None},
        "system": {},
        "stream": {"disable_streaming": True},
    }
)
"""What may be refused, as error messages name it, and how a chat model is told to leave it out."""


class Learned:
    """What is known of one model on one server; kept in `file` if there is one.

    Args:
        file: JSON, of all models; one that cannot be read or written is as good as none.
        name: which of them this is.
        may_hide: True if its first answer ever is held back until its end, since only then it is
            known not to begin with thoughts that no opening mark announces.
    """

    def __init__(self, file: Path | None = None, name: str = "", *, may_hide: bool = False) -> None:
        self._file, self._name = file, name
        known = _read(file).get(name, {})
        self.left_out: frozenset[str] = frozenset(known.get("left_out", ())) & _LEFT_OUT.keys()
        self._tried: frozenset[str] = frozenset()
        self.thinks = self._has_room = bool(known.get("thinks"))
        self.hides: bool | None = known.get("hides", None if may_hide else False)

    @property
    def is_held_back(self) -> bool:
        """True if what it writes is shown only from where its thoughts are known to have ended."""
        return self.hides is not False

    def adapts(self, status: int | None, message: str) -> bool:
        """True if the server refused something that can be left out; the next attempt does."""
        if status not in _REFUSALS:
            return False
        words = set(re.findall(r"\w+", message.casefold()))
        return any(self.leave_out(one) for one in _LEFT_OUT if one in words)

    def leave_out(self, name: str) -> bool:
        """Leave a thing out, and from now on if that helps. False if it was left out already."""
        if name in self._without:
            return False
        self._tried |= {name}
        return True

    def forget_tried(self) -> None:
        """What was left out last did not help."""
        self._tried = frozenset()

    def needs_room(self, limit: str, options: Mapping[str, Any]) -> bool:
        """True, once, of a model that spent an answer's tokens on thinking."""
        had_room, self._has_room = self._has_room, True
        return limit in options and not had_room

    @property
    def _without(self) -> frozenset[str]:
        return self.left_out | self._tried

    def ended(self, *, thought: bool, hidden: bool) -> None:
        """Learn from an answer that has ended: if it thought, and without an opening mark."""
        known = self.left_out, self.thinks, self.hides
        self.left_out, self._tried = self._without, frozenset()
        self.thinks |= thought
        if self.hides is None or hidden:
            self.hides = hidden
        if known != (self.left_out, self.thinks, self.hides):
            self._keep()

    def chat(self, chat: BaseChatModel) -> BaseChatModel:
        """The chat model as this server takes it."""
        changes = {key: value for name in self._without for key, value in _LEFT_OUT[name].items()}
        known = {key: value for key, value in changes.items() if key in type(chat).model_fields}
        return chat.model_copy(update=known) if known else chat

    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        """The messages as it takes them: what the system says stands in front of the question."""
        if "system" not in self._without:
            return list(messages)
        first = [str(one.content) for one in messages if isinstance(one, SystemMessage)]
        others = [one for one in messages if not isinstance(one, SystemMessage)]
        if not first or not others:
            return list(messages)
        return [HumanMessage("\n\n".join([*first, str(others[0].content)])), *others[1:]]

    def options(self, options: Mapping[str, Any], limit: str) -> dict[str, Any]:
        """Options of one request; `limit` names the one with the most tokens of an answer."""
        found = dict(options)
        if self.thinks and limit in found:
            found[limit] += THOUGHT_TOKENS
        if "max_completion_tokens" in self._without and limit in found:
            found["extra_body"] = {"max_tokens": found.pop(limit)}
        return found

    def _keep(self) -> None:
        if self._file:
            mine = {"left_out": sorted(self.left_out), "thinks": self.thinks, "hides": self.hides}
            known = _read(self._file) | {self._name: mine}
            with suppress(OSError):
                write_json(self._file, known)


def _read(file: Path | None) -> dict[str, dict[str, Any]]:
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text("utf-8")) if file else {}
        if isinstance(found, dict):
            return {name: one for name, one in found.items() if isinstance(one, dict)}
    return {}


_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection")
_OPENINGS = (
    *(f"<{name}>" for name in _NAMES),
    *(f"<|{name}|>" for name in _NAMES),
    "[think]",
    "<|channel|>analysis<|message|>",
)
_CLOSINGS = (
    *(f"</{name}>" for name in _NAMES),
    *(f"<|/{name}|>" for name in _NAMES),
    "[/think]",
    "<|channel|>final<|message|>",
)
"""Marks around thoughts, in lower case: of Qwen and DeepSeek, of Mistral, of gpt-oss."""


def _any_of(marks: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, marks)), re.I)


_CLOSING, _MARK = _any_of(_CLOSINGS), _any_of([*_OPENINGS, *_CLOSINGS])
_LONGEST = max(map(len, [*_OPENINGS, *_CLOSINGS]))


class ThoughtFilter:
    """A stream's pieces -> those of the answer, without what the model thought.

    Args:
        is_held_back: True if all is held back until a closing mark, or the end.
    """

    def __init__(self, *, is_held_back: bool = False) -> None:
        self._text = ""
        self._is_thinking = False
        self._is_held_back = is_held_back
        self.has_thought = False
        self.was_hidden = False

    def take(self, piece: str) -> str:
        """What of the text so far belongs to the answer and may be shown now."""
        self._text += piece
        shown = ""
        while found := (_CLOSING if self._is_thinking else _MARK).search(self._text):
            before, self._text = self._text[: found.start()], self._text[found.end() :].lstrip()
            is_opening = found[0].casefold() in _OPENINGS
            if is_opening:
                shown += before
            elif not self._is_thinking:  # what was taken for the answer was a thought
                self.was_hidden, shown = True, ""
            self.has_thought = True
            self._is_thinking, self._is_held_back = is_opening, False
        if self._is_thinking or self._is_held_back:
            return shown
        cut = _mark_begun(self._text)
        shown, self._text = shown + self._text[:cut], self._text[cut:]
        return shown

    def rest(self, *, is_thought: bool = False) -> str:
        """What is left at the end: nothing, where that is the middle of a thought."""
        if is_thought or self._is_thinking:
            self.has_thought |= bool(self._text.strip())
            return ""
        return self._text


def _mark_begun(text: str) -> int:
    """Where a mark may have begun whose end is still to come; else the text's length."""
    end = text[-_LONGEST:].casefold()
    starts = range(len(end))
    begun = (s for s in starts if any(m.startswith(end[s:]) for m in (*_OPENINGS, *_CLOSINGS)))
    return len(text) - len(end) + next(begun, len(end))
