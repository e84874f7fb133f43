"""What the page says, in each of its languages: nothing missing, nothing left in another."""

import inspect
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType

import pytest

from rag.errors import SettingsError
from rag.types import Usage
from web import render, words
from web.words import LANGUAGES, english, french

ALIKE = {
    "NAME",
    "ASK_LABEL",
    "NOTES",
    "OPTIONS",
    "STYLE",
    "SOURCES",
    "LOCAL_SUFFIX",
    "QUIZ",
    "QUIZ_WHERE",
}
"""What both languages say in the same way."""


@pytest.fixture
def in_french() -> Iterator[None]:
    words.speak("fr")
    yield
    words.speak("en")


def own(module: ModuleType) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and not (inspect.isclass(value) or name in ("duration",))
    }


def test_every_language_says_everything() -> None:
    for module in LANGUAGES.values():
        assert own(english).keys() <= own(module).keys()


def test_what_is_said_of_something_is_said_of_the_same_things() -> None:
    for name, said in own(english).items():
        theirs = own(french)[name]
        if inspect.isfunction(said):
            assert inspect.signature(said) == inspect.signature(theirs), name
        elif isinstance(said, dict):
            assert said.keys() == theirs.keys(), name


def test_nothing_is_left_in_english() -> None:
    texts = {name: said for name, said in own(english).items() if isinstance(said, str)}
    same = {name for name, said in texts.items() if own(french)[name] == said}
    assert same <= ALIKE


def test_the_page_speaks_the_language_that_was_set(in_french: None) -> None:
    assert words.ASK == french.ASK
    assert "Que voulez-vous savoir" in render.empty_chat_html()
    assert words.spoken() == "fr"


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"'de' is not known; .* en \(English\), fr"):
        words.speak("de")
    assert words.spoken() == "en"


def test_french_has_its_own_plural_and_numbers(in_french: None) -> None:
    assert (words.notes(0), words.notes(1), words.notes(2)) == ("0 note", "1 note", "2 notes")
    assert words.passages(1234) == "1\u202f234 passages"
    assert words.spent(Usage(1200, 3, 0.0125)) == "1\u202f200 + 3 jetons, 0,0125 $"
    assert words.day(datetime(2026, 8, 1), with_year=True) == "1er août 2026"


def test_english_has_no_plural_of_one() -> None:
    assert (words.notes(1), words.notes(2)) == ("1 note", "2 notes")


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError):
        _ = words.NO_SUCH_WORD  # type: ignore[attr-defined]
