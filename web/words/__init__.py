"""All that the page says to a person, in one place, apart from what its data says.

`words.ASK` is looked up each time in the language that the page is served in: a module of its own
for each, all with the same names. So nothing of it may be bound when a module is imported.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rag.errors import SettingsError
from web.words import english, french

if TYPE_CHECKING:
    from web.words.english import *  # noqa: F403

LANGUAGES = MappingProxyType({"en": english, "fr": french})

_spoken = english


def speak(language: str) -> None:
    """Say everything in this language, `en` or `fr`, from now on.

    Raises:
        SettingsError: it is none of `LANGUAGES`.
    """
    global _spoken
    if language not in LANGUAGES:
        known = ", ".join(f"{code} ({words.LANGUAGE})" for code, words in LANGUAGES.items())
        raise SettingsError(f"the language {language!r} is not known; set CRIB_LANGUAGE to {known}")
    _spoken = LANGUAGES[language]


def spoken() -> str:
    """The code of the language that is spoken."""
    return next(code for code, words in LANGUAGES.items() if words is _spoken)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(_spoken, name)
