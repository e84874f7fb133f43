"""What the figures of a run may depend on beside its settings, and a digest of all of it."""

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from eval.runs import case_text
from eval.types import Case
from rag.answer_wiring import what_matters
from rag.answers.answer_cache import code_digest
from rag.chat_models.providers import all_named
from rag.config import Settings
from rag.files import digest_of
from rag.index_wiring import Store
from rag.models import find_model
from rag.search.confidence import of_home

_GIT_SECONDS = 10.0
_SHORT = 12


def provenance(settings: Settings, store: Store, cases: Sequence[Case]) -> dict[str, str]:
    """Where a run comes from, by name; a model that is not there is no error here."""
    return {
        "commit": commit(Path.cwd()),
        "version": version("cribsheet"),
        "code": code_digest()[:_SHORT],
        "index": fingerprint(store),
        "embedding": store.embedder.fingerprint,
        "model_digest": model_digest(settings),
        "cases": cases_digest(cases),
        "machine": machine(),
    }


def cases_digest(cases: Sequence[Case]) -> str:
    """The same for the same cases."""
    return _digest(case_text(case) for case in cases)


def setup(
    settings: Settings, store: Store, origin: Mapping[str, str], asking: Sequence[str]
) -> str:
    """A digest of all that decides what is answered to a question.

    `asking` are the files of the code that puts questions, beside that of rag/.
    """
    calibration, _ = of_home(settings.home, store.embedder.fingerprint)
    decides = [origin[name] for name in ("code", "index", "embedding", "model_digest")]
    code = [Path(one).read_text("utf-8") for one in asking]
    places = sorted(store.index.catalog.states())  # citations hold them
    return _digest([*decides, what_matters(settings), repr(calibration), *code, *places])


def fingerprint(store: Store) -> str:
    """Of what can be found in the index, wherever the notes lie."""
    chunks = store.index.catalog.all_chunks()
    return _digest(
        json.dumps([chunk.name, chunk.start, chunk.role, chunk.headings, chunk.text])
        for chunk in sorted(chunks, key=lambda chunk: (chunk.name, chunk.start, chunk.text))
    )


def model_digest(settings: Settings) -> str:
    """SHA-256 of the file of a local model, the name of any other; empty if there is none."""
    found = []
    for one in all_named(settings):
        if one.provider == "local" and not one.name.endswith(".gguf"):
            found.append(find_model(one.name).files[0].sha256)
        elif one.provider == "local":
            path = Path(one.name).expanduser()
            found.append(digest_of(path) if path.is_file() else "")
        elif one.provider != "none":
            found.append(f"{one.entry} {one.url}".strip())
    return ", ".join(found)


def commit(folder: Path) -> str:
    """The commit that `folder` is at, with a `+` if files were changed since; empty outside git."""
    head = _git(folder, "rev-parse", f"--short={_SHORT}", "HEAD").strip()
    changed = head and _git(folder, "status", "--porcelain", "--untracked-files=no").strip()
    return f"{head}+" if changed else head


def machine() -> str:
    """The machine in words."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    kind = f"{platform.system()} {platform.machine()}"
    return f"{kind}, {cores} cores, Python {platform.python_version()}"


def _git(folder: Path, *arguments: str) -> str:
    # A repository may name a program to be run at every status: that one is not.
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no argument from outside
            command, capture_output=True, text=True, errors="replace", timeout=_GIT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _digest(parts: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode(errors="replace") + b"\0")
    return whole.hexdigest()[:_SHORT]
