"""The languages of the page: every message translated, with the same placeholders."""

import ast
import string
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from rag.errors import ModelError, SettingsError
from rag.types import Usage
from web import render, translation, words
from web.templates import Macros

PAGE = Path("web")
OTHERS = [code for code in translation.PAGE_LANGUAGES if code != "en"]

ALIKE = {
    "Cribsheet",
    "Question",
    "Notes",
    "Options",
    "Style",
    "Sources",
    "Quiz",
    "dollars",
    "{count} h",
    "{count} min",
    "{count} note",
    "{count} passage",
    "{count} passages/s",
    "{count} question",
}
"""What both languages say in the same way."""


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make translations` finds in the code."""
    found = tmp_path_factory.mktemp("translations") / "page.pot"
    command = "pybabel --quiet extract -F pyproject.toml -k N_ --no-location -o"
    CommandLineInterface().run([*command.split(), str(found), "."])
    with found.open("rb") as file:
        return read_po(file)


def catalogue(language: str) -> Catalog:
    path = PAGE / "locale" / language / "LC_MESSAGES" / "cribsheet.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture
def in_french() -> Iterator[None]:
    translation.set_language("fr")
    yield
    translation.set_language("en")


def forms(message: object) -> list[str]:
    """A message, or its singular and plural."""
    return [str(form) for form in (message if isinstance(message, (list, tuple)) else [message])]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_and_none_is_left_over(
    language: str, messages: Catalog
) -> None:
    wanted = {str(one.id) for one in messages if one.id}
    translated = {str(one.id) for one in catalogue(language) if one.id and all(forms(one.string))}
    assert wanted - translated == set()
    assert translated - wanted == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    for message in catalogue(language):
        if message.id and "{{" not in str(message.id):
            wanted = set().union(*map(placeholders, forms(message.id)))
            for one in forms(message.string):
                # The singular may say "the question" in place of a count.
                assert placeholders(one) | {"count"} == wanted | {"count"}, message.id


def test_nothing_is_left_in_english() -> None:
    same = {
        forms(one.id)[0] for one in catalogue("fr") if one.id and forms(one.id) == forms(one.string)
    }
    assert {one for one in same if any(map(str.isalpha, one))} <= ALIKE | {
        "{count} note",
    }


def test_no_message_hides_in_a_formatted_string() -> None:
    """Where what looks for messages would not find it."""
    for path in PAGE.rglob("*.py"):
        for formatted in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(formatted, ast.JoinedStr):
                called = [node.func for node in ast.walk(formatted) if isinstance(node, ast.Call)]
                names = {node.id for node in called if isinstance(node, ast.Name)}
                assert not names & {"_", "N_", "gettext", "ngettext"}, f"{path}:{formatted.lineno}"


def test_the_page_speaks_the_language_that_was_set(in_french: None) -> None:
    assert translation.gettext("Ask your notes a question") == "Interrogez vos notes"
    assert words.EVALS_LABELS["correct"] == "Juste"
    assert "Que voulez-vous savoir" in Macros("chat").welcome()
    assert translation.page_language() == "fr"


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"'de' is not known; .* en \(English\), fr"):
        translation.set_language("de")
    assert translation.page_language() == "en"


def test_french_has_its_own_plural_and_numbers(in_french: None) -> None:
    assert [translation.notes(n) for n in (0, 1, 2)] == ["0 note", "1 note", "2 notes"]
    assert translation.passage_count(1234) == "1\u202f234 passages"
    assert render._spent(Usage(1200, 3, 0.0125)) == "1\u202f200 + 3 jetons, 0,0125 $"
    assert translation.day(datetime(2026, 8, 1), with_year=True) == "1er août 2026"
    assert translation.day(datetime(2026, 8, 2), with_year=False) == "2 août"


def test_english_has_no_plural_of_one() -> None:
    assert (translation.notes(1), translation.notes(2)) == ("1 note", "2 notes")
    assert translation.day(datetime(2026, 8, 1), with_year=True) == "1 Aug 2026"


def test_an_error_is_said_by_its_kind_and_then_as_it_was(in_french: None) -> None:
    said = translation.failure(ModelError("set CRIB_LLM"))
    assert said == "Le modèle ne peut servir (set CRIB_LLM)"


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AttributeError):
        _ = words.NO_SUCH_WORD
