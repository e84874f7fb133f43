"""What the settings page shows and changes: the settings, the index's health, a diagnosis."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from commands.doctor import Finding, look_at_index, look_at_models
from commands.pages.library import NotesLibrary
from rag.chat_models.health import Offer
from rag.config import (
    CHOOSABLE,
    Settings,
    changed,
    fixed_names,
    read_preferences,
    write_preferences,
)
from rag.errors import SettingsError
from web import protocols

_PACKAGES = (
    "cribsheet",
    "chromadb",
    "gradio",
    "langchain-core",
    "openvino",
    "sentence-transformers",
    "torch",
    "xllamacpp",
)
_UNSAID = {"home", "cache", "notes", "llm_api_key", "llm_base_url", "user", "password", "hosts"}
"""Settings that a diagnosis leaves out: who reads it need not know where things lie, or keys."""


class SettingsController:
    """Over a library. Implements `web.protocols.Controls`."""

    def __init__(self, library: NotesLibrary) -> None:
        self._library = library

    def values(self) -> Mapping[str, object]:
        """Each setting that can be chosen, as it is."""
        settings = self._library.settings
        values = {name: getattr(settings, name) for name in CHOOSABLE}
        return values | {"llm": self._library.used()}

    def fixed(self) -> frozenset[str]:
        """Those of them that the environment decides."""
        return fixed_names() & set(CHOOSABLE)

    def choose(self, name: str, value: object) -> None:
        """Have a setting be this from now on, and after the next start.

        Raises:
            SettingsError: it is not allowed, or cannot be kept.
            ModelError: there is no such model.
        """
        if name not in CHOOSABLE or name in self.fixed():
            raise SettingsError(f"{name} is decided by the environment: CRIB_{name.upper()}")
        before = self._library.settings
        after = changed(before, {name: value})
        if name == "llm":
            self._library.use(str(value))
        write_preferences(before.home, read_preferences(before.home) | {name: value})
        self._library.change(after)

    def models(self) -> Sequence[Offer]:
        """The models that can be chosen. May take some seconds."""
        return self._library.models()

    def runs_where(self) -> Mapping[str, str]:
        """What is at work, and where, by what it is for."""
        settings = self._library.settings
        return {
            "model": self._library.model(),
            "embedding": settings.embedding_model,
            "home": _short(settings.home),
            "cache": _short(settings.cache),
        }

    def health(self, *, repair: bool) -> Iterator[Finding]:
        """Look at models and index, and mend the index if it is to `repair`."""
        settings = self._library.settings
        for finding in look_at_models(settings):
            yield _shown(finding)
        yield _shown(look_at_index(settings, repair))

    def diagnosis(self, findings: Sequence[protocols.HealthCheck]) -> str:
        """Lines that help whoever is asked for help: versions, settings, what was found.

        No keys, no addresses, no text of notes; the home folder is written `~`.
        """
        notes, chunks = self._library.counts()
        lines = [f"{name}: {_version(name)}" for name in _PACKAGES]
        lines += [
            f"python: {sys.version.split()[0]}",
            f"system: {platform.system()} {platform.release()} {platform.machine()}",
            f"processors: {os.cpu_count()}",
            f"notes: {notes}, passages: {chunks}",
            f"model: {self._library.model()}",
            f"notice: {self._library.notice() or 'none'}",
        ]
        lines += [
            f"setting {name}: {value}"
            for name, value in self._library.settings.model_dump().items()
            if name not in _UNSAID and value != Settings.model_fields[name].default
        ]
        lines += [f"{'ok ' if one.ok else 'BAD'} {one.name}: {one.detail}" for one in findings]
        return "\n".join(_without_home(line) for line in lines)


def _shown(finding: Finding) -> Finding:
    return replace(finding, detail=_without_home(finding.detail))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _short(path: Path) -> str:
    return _without_home(path.resolve().as_posix())


def _without_home(text: str) -> str:
    return text.replace(Path.home().as_posix(), "~")
