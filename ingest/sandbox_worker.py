"""What runs in the process of `ingest.sandbox.Cell`: reads one file after the other.

It is told on stdin what to read, a line of JSON and the file's bytes, and answers with a line of
JSON. It knows nothing of the library, holds no key, and ends when its stdin does.
"""

import importlib
import json
import logging
import os
import select
import sys
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ingest.protocols import Reader
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

_STATM = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a file: its note, or one line on why there is none.

    `missing` is set where the reader's packages are, `worn` where the process should end.
    """

    note: ReadNote | None = None
    error: str = ""
    missing: bool = False
    worn: bool = False


def serve_readers() -> None:
    """Answer requests until there are no more. What readers print goes nowhere."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable()
    warnings.simplefilter("ignore")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while line := requests.readline():
        request = json.loads(line)
        _limit(request["seconds"], request["memory"])
        answer = _answer(request, requests)
        answers.write(json.dumps(asdict(answer)).encode() + b"\n")
        answers.flush()


def _end_with_parent() -> None:
    """Wait, also while a file is read, for the other end of stdin to be closed; then end."""
    if hasattr(select, "poll"):  # not on Windows
        hangup = select.poll()
        hangup.register(0, 0)
        hangup.poll()
        os._exit(1)


def _answer(request: dict[str, Any], stream: BinaryIO) -> Reply:
    try:
        data = stream.read(request["bytes"])
        file = SourceFile(**request["file"])
        return Reply(_reader(request["reader"]).read(file, data))
    except NotesError as error:
        return Reply(error=str(error))
    except ImportError as error:
        return Reply(error=f"its reader cannot be loaded ({error})", missing=True)
    except MemoryError:
        allowed = f"{request['memory'] / 1e9:.1f} GB"
        return Reply(error=f"it takes more than {allowed} of memory to read; split it", worn=True)
    except RecursionError:
        return Reply(error="it is damaged, or too deeply nested to be read", worn=True)
    except Exception as error:  # a library meets what it did not expect
        return Reply(error=f"it is damaged: {reason(error)}")


def _reader(name: str) -> Reader:
    module, _, made = name.partition(":")
    reader: Reader = getattr(importlib.import_module(module), made)()
    return reader


def reason(error: BaseException) -> str:
    """One line on what went wrong."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def _limit(seconds: float, memory: int) -> None:
    """Bound what one more file may take, where the system can.

    The parent ends what takes too long; the limit on the processor's time is for what keeps even
    the thread from running that waits for the parent's end. Memory is what comes on top of what
    is there already.
    """
    with suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        _soften(resource.RLIMIT_CPU, int(time.process_time() + seconds) + 5)
        # Elsewhere than on Linux the limit counts what nobody uses, or is not kept to.
        mapped = int(_STATM.read_text().split()[0]) * resource.getpagesize()
        _soften(resource.RLIMIT_AS, mapped + memory)


def _soften(kind: int, limit: int) -> None:
    import resource

    hard = resource.getrlimit(kind)[1]
    soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (soft, hard))
