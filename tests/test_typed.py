"""What a person types, on a terminal and through a pipe."""

import io
import os
import select
import subprocess
import sys
import time

import pytest
from conftest import ROOT

from commands.terminal import Piped, typed

SCRIPT = """
from commands.terminal import typed
t = typed()
print("ready")
print([t.key("?"), t.line("new"), t.line("kept", "old"), t.line("edited", "old"), t.key("?")])
"""


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal")
def test_on_a_terminal_a_key_needs_no_enter_and_a_line_begins_as_it_was():
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    shown = b""
    for wait_for, keys in (
        (b"? ", b"K"),
        (b"new: ", b"words\r"),
        (b"kept: old", b"\r"),
        (b"edited: old", b"er\r"),
        (b"? ", b"\x04"),
    ):
        while wait_for not in shown:
            assert select.select([master], [], [], 20)[0], shown
            shown += os.read(master, 1000)
        shown = shown.partition(wait_for)[2]
        time.sleep(0.5)  # what is typed before a key is waited for is thrown away
        os.write(master, keys)
    try:
        while chunk := os.read(master, 1000):
            shown += chunk
    except OSError:
        pass  # how Linux says that nobody writes to it any more
    os.close(master)
    assert process.wait(10) == 0
    assert "['k', 'words', 'old', 'older', '']" in shown.decode()


def test_through_a_pipe_a_key_is_the_first_character_of_a_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("Keep\n\nwords \n\n"))
    source = typed()
    assert isinstance(source, Piped)
    assert [source.key("?"), source.key("?")] == ["k", " "]
    assert [source.line("new"), source.line("kept", "old"), source.line("ended")] == (
        ["words", "old", ""]
    )
    assert source.key("?") == ""
    assert "kept: old" in capsys.readouterr().out
