"""What a person chose on the page, kept in the home. The environment goes before it."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rag.errors import SettingsError

FILE = "preferences.json"

NAMES = (
    "llm",
    "passages",
    "prompt_tokens",
    "wrong_answers",
    "strict",
    "answer_cache",
    "language",
)
"""The settings that can be chosen so. Where things lie, and keys, are for the environment."""


def read(home: Path) -> dict[str, object]:
    """What was chosen, by the setting's name; nothing where there is no file.

    Raises:
        SettingsError: the file is not what `write` writes; the message says what to do.
    """
    path = home / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read ({error}); mend it, or delete it") from None
    unknown = sorted(set(found) - set(NAMES)) if isinstance(found, dict) else ["what it holds"]
    if unknown:
        raise SettingsError(f"{path}: {unknown[0]} cannot be chosen; mend it, or delete it")
    return dict(found)


def write(home: Path, chosen: Mapping[str, object]) -> None:
    """Keep this and nothing else: all of it, or what was there before.

    Raises:
        SettingsError: the home cannot be written to.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=home, prefix=f".{FILE}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(dict(chosen), file, indent=2)
            Path(name).replace(home / FILE)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        why = f"{home} cannot be written to ({error.strerror})"
        raise SettingsError(f"{why}; set CRIB_HOME to a folder that can be") from None
