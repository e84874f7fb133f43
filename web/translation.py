"""The language of the page, by gettext: English stands in the code, other languages in catalogues.

`_("...")` gives a message in the language that the page is served in, so it may only be called once
that was chosen, never while a module is imported. A catalogue is a text file,
`web/locale/fr/LC_MESSAGES/cribsheet.po`. It is compiled in memory when its language is
chosen, so there is no file to build. `make translations` brings new messages into it.
"""

import gettext as python_gettext
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from rag import errors
from rag.errors import SettingsError

PAGE_LANGUAGES = MappingProxyType({"en": "English", "fr": "français"})
"""The name of each language in itself, by its code."""

_LOCALE = Path(__file__).parent / "locale"

_code = "en"
_catalogue = python_gettext.NullTranslations()


def set_language(language: str) -> None:
    """Show everything in this language, `en` or `fr`, from now on.

    Raises:
        SettingsError: it is none of `PAGE_LANGUAGES`.
    """
    global _code, _catalogue
    if language not in PAGE_LANGUAGES:
        known = ", ".join(f"{code} ({name})" for code, name in PAGE_LANGUAGES.items())
        raise SettingsError(f"the language {language!r} is not known; set CRIB_LANGUAGE to {known}")
    _code, _catalogue = language, _load(language)


def _load(language: str) -> python_gettext.NullTranslations:
    if language == "en":
        return python_gettext.NullTranslations()
    source = _LOCALE / language / "LC_MESSAGES" / "cribsheet.po"
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return python_gettext.GNUTranslations(compiled)


def page_language() -> str:
    """The code of the language that is shown."""
    return _code


def N_(message: str) -> str:
    """Mark a message that is translated later, where it is shown."""
    return message


def gettext(message: str, /, **values: object) -> str:
    """The message in the language of the page, its `{placeholders}` filled in."""
    translated = _catalogue.gettext(message)
    return translated.format(**values) if values else translated


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """The message for this count, in the language of the page; `{count}` is the count."""
    return _catalogue.ngettext(one, many, count).format(count=number(count), **values)


def number(value: float, digits: int = 0) -> str:
    """A number with its thousands apart, and so many decimals: `2,100`, `0.5`."""
    return format_decimal(value, f"#,##0.{'0' * digits}" if digits else "#,##0", locale=_code)


def percent(share: float) -> str:
    """A share from 0 to 1 in percent: `85%`."""
    return format_percent(share, locale=_code)


def day(moment: datetime, *, with_year: bool) -> str:
    """A date: `3 Mar`, `3 Mar 2025`."""
    shown = format_date(moment, "MMM y" if with_year else "MMM", locale=_code)
    # Translators: French says "1er août", but "2 août"; the count is the day.
    return ngettext("{count} {month}", "{count} {month}", moment.day, month=shown)


def notes(count: int) -> str:
    """`1 note`, `2,100 notes`."""
    return ngettext("{count} note", "{count} notes", count)


def passage_count(count: int) -> str:
    """`1 passage`, `2 passages`."""
    return ngettext("{count} passage", "{count} passages", count)


def question_count(count: int) -> str:
    """`1 question`, `2 questions`."""
    return ngettext("{count} question", "{count} questions", count)


def of_total(done: int, total: int) -> str:
    """How far something is: `3 of 1,200`."""
    return gettext("{done} of {total}", done=number(done), total=number(total))


_KINDS: tuple[tuple[type[Exception], str], ...] = (  # of two that fit, the first
    (errors.NoIndexError, N_("No notes have been read yet")),
    (errors.LockedError, N_("Another program is writing to the index; try again in a moment")),
    (errors.DamagedError, N_("The index is damaged; reading the notes again repairs it")),
    (errors.DiskFullError, N_("There is no room left on the disk")),
    (errors.StoreError, N_("The index cannot be read or written")),
    (errors.ModelMissingError, N_("The model is not on this machine")),
    (errors.ModelServerError, N_("The model was asked, but did not answer")),
    (errors.ModelError, N_("The model cannot be used")),
    (errors.NotesError, N_("This note or folder cannot be used")),
    (errors.QuestionError, N_("This question cannot be asked like this")),
    (errors.ChatError, N_("This conversation cannot be read or saved")),
    (errors.SettingsError, N_("This setting is not valid")),
)


def failure(error: Exception) -> str:
    """An error in one line.

    Errors are in English and hold what to do. In another language their kind is said before that.
    """
    kind = next((message for one, message in _KINDS if isinstance(error, one)), "")
    if _code == "en" or not kind:
        return str(error)
    translated = gettext(kind)
    return f"{translated} ({error})"
