"""Cases into a JSONL file: what did not change keeps its line byte for byte."""

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from eval.case_files.case_lines import dump
from eval.case_files.contradictions import contradiction_in
from eval.case_files.loading import numbered, read_text
from eval.types import Case
from rag.errors import CaseError


def put_cases(path: Path, cases: Iterable[Case]) -> None:
    """Write cases into the file, each in the place of the one of its id, new ones at the end.

    The file is read anew and replaced as a whole, so that what was typed into it meanwhile is
    kept, and a kill leaves the old one or the new one.

    Raises:
        CaseError: the file, if it is there, is no file of cases, or it cannot be written; or a
            case contradicts itself, and could not be read again.
    """
    cases = tuple(cases)
    for case in cases:
        if contradiction := contradiction_in(case):
            raise CaseError(f"case {case.id!r}: {contradiction}")
    old = read_text(path) if path.exists() else ""
    known = {case.id: (number - 1, case) for number, case in numbered(old, str(path))}
    ending = "\r" if "\r\n" in old else ""
    *lines, last = old.split("\n")
    lines += [last + ending] if last else []
    for case in cases:
        place, there = known.get(case.id, (len(lines), None))
        if there is None:
            known[case.id] = (place, case)
            lines.append("")
        if there != case:
            lines[place] = dump(case) + ending
    _replace(path, "".join(f"{line}\n" for line in lines))


def add_cases(path: Path, cases: Iterable[Case]) -> int:
    """Write those cases into the file whose ids it does not hold yet; how many these are.

    What a person has made of a draft stays, and so does that it was dropped.

    Raises:
        CaseError: as `put_cases`.
    """
    text = read_text(path) if path.exists() else ""
    known = {case.id for _, case in numbered(text, str(path))}
    new = [case for case in cases if case.id not in known]
    if new:
        put_cases(path, new)
    return len(new)


def _replace(path: Path, text: str) -> None:
    whole = path.resolve()  # a link stays one
    scratch = whole.with_name(f".{whole.name}.{os.getpid()}")
    try:
        whole.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(text.encode())
        if whole.exists():
            shutil.copymode(whole, scratch)
        scratch.replace(whole)
    except OSError as error:
        raise CaseError(f"{path}: cannot be written ({error.strerror}); check the path") from None
    finally:
        with contextlib.suppress(OSError):  # it is gone, or its folder is none
            scratch.unlink()
