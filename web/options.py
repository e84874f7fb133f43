"""What a person may choose beside the question: where to look, how to answer. Pure.

A choice of where to look is written as the filter that may stand in a question (`tag:exam`).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice

from rag.search.scope import NAMES
from rag.search.selecting import Facets
from rag.types import AskOptions, Scope, Style
from web import words

_FIRST = ("folders", "tags", "kinds", "notes")  # the few and wide before the many and narrow
_MOST = 2000  # of each: a browser takes no more at a time, and all can be typed


def places(facets: Facets) -> list[tuple[str, str]]:
    """What there is to choose from, as a label and a value; nothing where all would be the same."""
    named = [(field, getattr(facets, field)) for field in _FIRST]
    total = sum(facets.notes.values())
    return list(
        chain.from_iterable(
            islice(_choices(NAMES[field], counts, total), _MOST) for field, counts in named
        )
    )


def _choices(name: str, counts: Mapping[str, int], total: int) -> Iterable[tuple[str, str]]:
    for value, count in counts.items():
        if count < total:
            label = f"{name}:{value}"
            yield (label if count == 1 else f"{label} ({count:,})", f"{name}:{value}")


def chosen(
    where: Sequence[str] | None, style: str | None, strict: bool | None = False
) -> AskOptions:
    """The options that were chosen; what is no choice (any more) is left out."""
    chips = [str(choice).partition(":") for choice in where or ()]

    def named(name: str) -> tuple[str, ...]:
        return tuple(value for found, _, value in chips if found == name and value)

    scope = Scope(named("in"), named("folder"), named("tag"), named("kind"))
    how = Style(style) if style in set(Style) else Style.SHORT
    return AskOptions(scope, how, strict is True)


def styles() -> list[tuple[str, str]]:
    """The ways to answer, as a label and a value."""
    return [(words.STYLES[style], style.value) for style in Style]
