"""What in a case cannot be true together, whoever wrote it."""

from collections.abc import Iterator

from eval.texts.text import parts, words
from eval.types import Case, Standing


def contradiction_in(case: Case) -> str:
    """The first contradiction and the way out of it; empty if there is none.

    A draft need not be quoted yet.
    """
    return next((message for broken, message in (*_of_answer(case), *_of_rest(case)) if broken), "")


def _of_answer(case: Case) -> Iterator[tuple[bool, str]]:
    yield (
        case.answerable and not case.references,
        "answerable without references; add one, or set answerable to false",
    )
    yield (
        case.answerable and not case.targets and case.standing is Standing.GOLD,
        "answerable without targets; quote the note, or set answerable to false",
    )
    yield (
        case.answerable and case.quiz_only,
        "answerable and quiz_only; what only the quiz answers has answerable false",
    )
    for name in ("references", "targets", "facts"):
        yield (
            not case.answerable and bool(getattr(case, name)),
            f"not answerable but with {name}; empty them, or set answerable to true",
        )


def _of_rest(case: Case) -> Iterator[tuple[bool, str]]:
    for name in ("references", "facts"):
        texts: tuple[str, ...] = getattr(case, name)
        wordless = [part for text in texts for part in parts(text) if not words(part)]
        yield (
            bool(wordless),
            f"the {name} {wordless!r} have no word that counts; give each part one",
        )
    beyond = [place for place in case.correct if place >= len(case.options)]
    yield (
        bool(beyond),
        f"correct names {beyond!r}, but the {len(case.options)} options are counted from 0",
    )
    yield (
        len(set(case.correct)) < len(case.correct),
        f"correct is {list(case.correct)!r}; name each option once",
    )
    yield (
        case.origin is not None and case.origin.start_line > case.origin.end_line,
        "the lines of the origin end before they begin; write [first, last]",
    )
