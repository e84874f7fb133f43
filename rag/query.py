"""Filters in the words of a question: which notes it is asked of.

    in:sagemaker.md  in:"my folder"  folder:aws  tag:exam  kind:pdf  after:2026-01-01  before:2026

Several of one name are alternatives. What looks like a filter and is none (`http:`, `std::vector`,
`note: this`) stays in the question. Dates are those of the file's last change, on this machine's
clock: `after:` includes the day (month, year) that it names, `before:` does not.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from rag.errors import QuestionError
from rag.types import Scope

NAMES = {"notes": "in", "folders": "folder", "tags": "tag", "kinds": "kind"}
"""The fields of a Scope that hold values, and what each is called in a question."""

_FILTERS = (*NAMES.values(), "after", "before")
_OPEN, _CLOSE = '["\u201c]', '["\u201d]'  # phones and word processors write curly ones
_FILTER = re.compile(
    rf"(?<!\S)(?P<name>{'|'.join(_FILTERS)}):"
    rf"(?:(?P<open>{_OPEN})(?P<quoted>[^\"\u201d]*)(?P<close>{_CLOSE}?)|(?P<bare>[^\s\"\u201c]+))",
    re.IGNORECASE,
)
_PUNCTUATION = "?!,;.:"
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")


def parse_scope(question: str) -> tuple[str, Scope]:
    """The question without its filters, and the scope that they give.

    Raises:
        QuestionError: a date or a quoted value cannot be read, or there is no question but filters.
    """
    values: dict[str, list[str]] = {}
    for found in _FILTER.finditer(question):
        values.setdefault(found["name"].lower(), []).append(_value(found))
    scope = scope_of(values)
    rest = without_filters(question)
    if scope != Scope() and not any(map(str.isalnum, rest)):
        raise QuestionError(f"{question.strip()!r} says where to look; say also what to look for")
    return rest, scope


def scope_of(values: Mapping[str, Sequence[str]]) -> Scope:
    """The scope that values give, by the names that filters have.

    Raises:
        QuestionError: a date cannot be read, or no day is in time.
    """
    since = max((_moment("after", value) for value in values.get("after", ())), default=None)
    until = min((_moment("before", value) for value in values.get("before", ())), default=None)
    if since is not None and until is not None and since >= until:
        raise QuestionError("no day is after the one date and before the other; change one of them")
    notes, folders, tags, kinds = (tuple(values.get(name, ())) for name in NAMES.values())
    return Scope(notes, folders, tags, kinds, since, until)


def without_filters(question: str) -> str:
    """The question without its filters, whether they can be read or not."""
    kept = _FILTER.sub(_trailing, question)
    return " ".join(kept.split()) if kept != question else question


def _trailing(found: re.Match[str]) -> str:
    """The punctuation behind a filter, which ends the sentence and not the value."""
    bare = found["bare"] or ""
    return bare[len(bare.rstrip(_PUNCTUATION)) :]


def merged(given: Scope, wanted: Scope) -> Scope:
    """Both scopes at once; where both name a field, `given` (in the question) is the one."""
    return Scope(
        notes=given.notes or wanted.notes,
        folders=given.folders or wanted.folders,
        tags=given.tags or wanted.tags,
        kinds=given.kinds or wanted.kinds,
        since=wanted.since if given.since is None else given.since,
        until=wanted.until if given.until is None else given.until,
    )


def _value(found: re.Match[str]) -> str:
    name = found["name"].lower()
    if found["open"] and not found["close"]:
        raise QuestionError(f'{found[0]!r} has no closing quote; write {name}:"{found["quoted"]}"')
    value = (found["quoted"] or (found["bare"] or "").rstrip(_PUNCTUATION)).strip()
    if not value.strip("#/"):
        raise QuestionError(f"{found[0]!r} names nothing; write {name}:VALUE, or leave it out")
    return value


def _moment(name: str, value: str) -> float:
    """The first moment of a day, a month or a year, in POSIX seconds."""
    fix = f"write {name}:2026-03-31, {name}:2026-03 or {name}:2026"
    found = _DATE.fullmatch(value)
    if not found:
        raise QuestionError(f"{name}:{value} is no date; {fix}")
    try:
        year, month, day = (int(part or 1) for part in found.groups())
        return datetime(year, month, day).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise QuestionError(f"{name}:{value} is no day of any calendar; {fix}") from None


def said(scope: Scope) -> str:
    """The scope as filters are written."""
    parts = [
        f"{NAMES[field]}:{quoted_value(value)}"
        for field in NAMES
        for value in getattr(scope, field)
    ]
    for name, moment in (("after", scope.since), ("before", scope.until)):
        if moment is not None:
            parts.append(f"{name}:{datetime.fromtimestamp(moment).astimezone():%Y-%m-%d}")
    return " and ".join(parts)


def quoted_value(value: str) -> str:
    """A value as it is written behind a colon."""
    return f'"{value}"' if " " in value else value
