"""A process that reads files, which they cannot outlive or outgrow.

The process is started for the first file and kept for the next ones; it is ended when a file takes
too long, breaks it or takes too much of it, after a minute without work, and with this process. It
answers in JSON that is checked, so what a file does to it stays in it. `Isolated` is a reader whose
files are read there.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ingest.sandbox_worker import Reply
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

_CODE = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from ingest.sandbox_worker import serve_readers; serve_readers()"
)
_ROOT = str(Path(__file__).resolve().parent.parent)
_ANSWER = TypeAdapter(Reply)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may take: time, in all; memory and output in bytes.

    Memory is limited on Linux only: no other system keeps to what it is told.
    """

    seconds: float = 10
    seconds_per_megabyte: float = 3
    most_seconds: float = 60
    memory: int = 1_500_000_000
    output: int = 100_000_000
    idle_seconds: float = 60

    def time(self, size: int) -> float:
        """Seconds for a file of `size` bytes; thick books take longer than 10."""
        return min(self.seconds + self.seconds_per_megabyte * size / 1e6, self.most_seconds)


class Cell:
    """The process. One file is read at a time, whoever asks."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def read(self, reader: str, file: SourceFile, data: bytes) -> Reply:
        """What `reader` ("module:Class") makes of the file's bytes."""
        with self._lock:
            if self._idle:
                self._idle.cancel()
            try:
                answer = self._ask(self._started(), reader, file, data)
            except BaseException:  # Ctrl-C too: an answer would come that nobody waits for
                self._stop()
                raise
            if answer.worn:
                self._stop()
            self._idle = threading.Timer(self._limits.idle_seconds, _close, (weakref.ref(self),))
            self._idle.daemon = True
            self._idle.start()
            return answer

    def close(self) -> None:
        """End the process, if there is one; it is started again for the next file."""
        with self._lock:
            self._stop()

    def _ask(
        self, process: subprocess.Popen[bytes], reader: str, file: SourceFile, data: bytes
    ) -> Reply:
        limit = self._limits.time(len(data))
        request = {
            "reader": reader,
            "file": asdict(file),
            "bytes": len(data),
            "seconds": limit,
            "memory": self._limits.memory,
        }
        late = threading.Event()
        watchdog = threading.Timer(limit, _give_up, (process, late))
        watchdog.start()
        try:
            line = self._exchange(process, json.dumps(request).encode() + b"\n" + data)
        finally:
            watchdog.cancel()
        if not late.is_set() and line.endswith(b"\n"):
            return _checked(line)
        return Reply(error=self._breach(process, line, limit if late.is_set() else 0), worn=True)

    def _exchange(self, process: subprocess.Popen[bytes], request: bytes) -> bytes:
        assert process.stdin and process.stdout  # noqa: S101 (it was started with both)
        try:
            process.stdin.write(request)
            process.stdin.flush()
            return process.stdout.readline(self._limits.output)
        except OSError:  # it ended, which the empty answer says
            return b""

    def _breach(self, process: subprocess.Popen[bytes], line: bytes, late: float) -> str:
        if late:
            return f"it takes longer than {late:.0f} s to read; save it again, or split it"
        if len(line) >= self._limits.output:
            return f"it holds more than {self._limits.output:,} bytes of text; split it"
        return f"it ends its reader ({_cause(process)}); save it again with another program"

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process and self._process.poll() is None:
            return self._process
        self._stop()
        paths = [_ROOT, *(path for path in sys.path if path)]
        self._process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
            [sys.executable, "-I", "-X", "utf8", "-c", _CODE, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one
        )
        # Also when nobody holds the cell any more, and when Python ends.
        self._ended = weakref.finalize(self, _end, self._process)
        return self._process

    def _stop(self) -> None:
        if self._idle:
            self._idle.cancel()
        if self._process:
            self._ended()
        self._process = self._idle = None


def _checked(line: bytes) -> Reply:
    """The answer, if it has the right form and its blocks lie in the text, in order and apart."""
    try:
        answer = _ANSWER.validate_json(line)
    except ValidationError:
        return Reply(error="its reader gave an answer that is none", worn=True)
    if answer.note:
        position, length = 0, len(answer.note.note.text)
        for block in answer.note.blocks:
            if not position <= block.start <= block.end <= length:
                return Reply(error="its reader gave blocks that are not in its text", worn=True)
            position = block.end
    return answer


def _close(cell: weakref.ref[Cell]) -> None:
    """Close a cell, unless nobody holds it any more: then it is closed."""
    if (there := cell()) is not None:
        there.close()


def _give_up(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and leave nothing of it behind."""
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream:
            with suppress(OSError):  # what it did not read any more cannot be flushed
                stream.close()
    process.wait()


def _cause(process: subprocess.Popen[bytes]) -> str:
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
    code = process.poll()
    if code is None:
        return "no answer"
    return str(signal.strsignal(-code)) if code < 0 else f"exit status {code}"


def _environment() -> dict[str, str]:
    """Nothing, keys least of all; Windows starts no program without its SYSTEMROOT."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


class Isolated:
    """Reads with another reader, which runs in a `Cell`.

    `reader` ("module:Class") is imported there and not here. `extra` names the extra of this
    package that holds what it needs. Of the `max_bytes` of a file most are usually pictures,
    which are not read.
    """

    def __init__(
        self,
        reader: str,
        *,
        suffixes: Collection[str],
        fingerprint: str,
        extra: str = "",
        max_bytes: int = 100_000_000,
        cell: Cell | None = None,
    ) -> None:
        self.suffixes = frozenset(suffixes)
        self.fingerprint = fingerprint
        self.max_bytes = max_bytes
        self._reader = reader
        self._extra = extra
        self._cell = cell or _SHARED

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: there is none, or reading it took too much, or an extra is not installed.
        """
        answer = self._cell.read(self._reader, file, data)
        if answer.missing and self._extra:
            raise NotesError(
                "it needs an extra that is not installed; "
                f"run: .venv/bin/pip install 'cribsheet[{self._extra}]'"
            )
        if answer.note is None:
            raise NotesError(_line(answer.error))
        # What is known here is not taken from there.
        note = replace(
            answer.note.note,
            path=file.path,
            digest=hashlib.sha256(data).hexdigest(),
            modified=file.modified_ns / 1e9,
        )
        return replace(answer.note, note=note, warnings=tuple(map(_line, answer.note.warnings)))


_SHARED = Cell()


def _line(text: str) -> str:
    """Words from the other side, fit to be shown."""
    return "".join(c if c.isprintable() else " " for c in text)[:500]
