"""The sandbox: whatever a file does to its reader, it is reported and the next file is read."""

import gc
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from conftest import ROOT

from ingest.sandbox import Cell, Isolated, Limits
from ingest.types import Block, SourceFile
from rag.errors import NotesError

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes and limits")
linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")

FILE = SourceFile("/notes/a.bad", 4, 1_000_000_000)
LIMITS = Limits(seconds=10, seconds_per_megabyte=0, memory=300_000_000, output=1_000_000)


def isolated(cell, extra=""):
    return Isolated(
        "bad_readers:Obeys", suffixes={".bad"}, fingerprint="obeys-1", extra=extra, cell=cell
    )


@pytest.fixture(scope="module")
def cell():
    """A process that is kept for all tests, as for all files."""
    made = Cell(LIMITS)
    yield made
    made.close()


@pytest.fixture
def read(cell):
    """Reads a word, which is what the reader is told to do."""
    return lambda word, extra="": isolated(cell, extra).read(FILE, word.encode())


def refused(read, word, extra=""):
    with pytest.raises(NotesError) as caught:
        read(word, extra)
    return str(caught.value)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ends(pid, seconds=5):
    end = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_running(pid)


def test_a_note_comes_back_as_it_was_read_with_what_is_known_here(read):
    found = read("some text")
    assert found.note.text == "some text"
    assert found.blocks == (Block("paragraph", 0, 9, ("A",)),)
    assert found.warnings == ("warned",)
    assert (found.note.path, found.note.modified) == ("/notes/a.bad", 1.0)
    assert found.note.digest != "0" * 64


def test_the_process_is_kept_for_the_next_file(read):
    assert read("pid").note.text == read("pid").note.text != str(os.getpid())


def test_reasons_come_back_on_one_line(read):
    assert refused(read, "refuse") == "it is not good enough"
    assert refused(read, "fail") == "it is damaged: KeyError: '/Root'"


def test_a_missing_extra_is_one_line_that_says_what_to_run(read):
    assert refused(read, "need", extra="pdf") == (
        "it needs an extra that is not installed; run: .venv/bin/pip install 'cribsheet[pdf]'"
    )
    assert refused(read, "need") == "its reader cannot be loaded (No module named 'pypdf')"


@posix
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("crash", "it ends its reader (Segmentation fault)"),
        ("leave", "it ends its reader (exit status 7)"),
        ("recurse", "it is damaged, or too deeply nested to be read"),
        ("flood", "it holds more than 1,000,000 bytes of text; split it"),
        ("halves", "its reader gave an answer that is none"),
        ("blocks", "its reader gave blocks that are not in its text"),
        pytest.param("hog", "it takes more than 0.3 GB of memory to read", marks=linux),
    ],
)
def test_a_breach_is_reported_and_the_next_file_is_read(read, word, reason):
    assert refused(read, word).startswith(reason)
    assert read("fine").note.text == "fine"


@pytest.mark.parametrize("word", ["sleep", "spin"])
def test_what_takes_too_long_is_given_up_and_its_process_is_gone(word):
    cell = Cell(replace(LIMITS, seconds=1.5))
    pid = int(isolated(cell).read(FILE, b"pid").note.text)
    started = time.monotonic()
    assert refused(lambda w, _: isolated(cell).read(FILE, w.encode()), word) == (
        "it takes longer than 2 s to read; save it again, or split it"
    )
    assert time.monotonic() - started < 5
    assert ends(pid)
    assert isolated(cell).read(FILE, b"fine").note.text == "fine"
    cell.close()


def test_naming_the_readers_loads_none_of_what_they_read_with():
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import ingest.readers\n"
        "print({'pypdf', 'cryptography', 'lxml', 'ingest.readers.pdf'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_larger_files_may_take_longer():
    assert Limits(seconds=10, seconds_per_megabyte=3).time(2_000_000) == 16


def test_what_a_reader_prints_is_not_its_answer(read):
    assert read("print").note.text == "printed"


def test_the_process_knows_no_keys_and_loads_none_of_the_heavy_libraries(cell, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    fresh = Cell(LIMITS)
    world = isolated(fresh).read(FILE, b"world").note.text.split()
    fresh.close()
    assert "bad_readers" in world
    heavy = {"OPENAI_API_KEY", "torch", "openvino", "chromadb", "gradio", "langchain_core"}
    assert heavy.isdisjoint(world)


@posix
def test_a_process_that_was_killed_between_files_is_started_again(cell, read):
    pid = int(read("pid").note.text)
    os.kill(pid, 9)
    time.sleep(0.2)
    assert read("fine").note.text == "fine"


@posix
def test_the_process_ends_when_it_is_closed_has_nothing_to_do_or_is_forgotten():
    closed, idle, forgotten = Cell(LIMITS), Cell(replace(LIMITS, idle_seconds=0.2)), Cell(LIMITS)
    pids = [int(isolated(one).read(FILE, b"pid").note.text) for one in (closed, idle, forgotten)]
    closed.close()
    del forgotten
    gc.collect()
    assert all(map(ends, pids))
    assert isolated(idle).read(FILE, b"fine").note.text == "fine"
    idle.close()


PROGRAM = f"""
import os, signal, sys, threading, time
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
from ingest.sandbox import Isolated
from ingest.types import SourceFile
reader = Isolated("bad_readers:Obeys", suffixes={{".bad"}}, fingerprint="1")
read = lambda word: reader.read(SourceFile("/a.bad", 3, 0), word).note.text
print(read(b"pid"), flush=True)
"""

INTERRUPTED = """
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background may ignore it
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    read(b"sleep")
except KeyboardInterrupt:
    print(read(b"pid"), flush=True)
    sys.stdin.readline()
"""


def run(program):
    """What a program prints that reads in a sandbox, first the process of that."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.split()


@posix
@pytest.mark.parametrize(
    "how",
    [
        "",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start(); read(b'sleep')",
        "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGKILL)).start(); read(b'spin')",
    ],
)
def test_the_process_ends_with_the_one_that_started_it(how):
    """Whether that comes to its end or is killed, and while a file is read, too."""
    (pid,) = run(how)
    assert ends(int(pid))


@posix
def test_an_interrupted_read_leaves_no_process_and_the_next_file_is_read():
    """The program is still there when the process is looked for."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + INTERRUPTED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        first, second = int(program.stdout.readline()), int(program.stdout.readline())
        assert first != second
        assert not is_running(first)
        assert is_running(second)
        program.communicate("\n", timeout=30)
    assert ends(second)


def test_several_threads_may_read_at_once(read):
    found = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: read(f"text {n}").note.text}))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: f"text {n}" for n in range(8)}
