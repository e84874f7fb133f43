"""Readers that do, in the process they run in, what a hostile file may make a reader do."""

import ctypes
import os
import sys
import time

from ingest.types import Block, ReadNote
from rag.errors import NotesError
from rag.types import Note


class Obeys:
    """Does what the file says; else its text is what the process knows of the world."""

    suffixes = frozenset({".bad"})
    fingerprint = "obeys-1"

    def read(self, file, data):
        word = data.decode()
        act = getattr(self, f"_{word}", None)
        told = act() if act else word
        note = Note(file.path, "A title", told, "0" * 64, "bad", 0.0)
        end = 1000 if word == "blocks" else len(told)
        return ReadNote(note, (Block("paragraph", 0, end, ("A",)),), ("warned",))

    def _sleep(self):
        time.sleep(600)

    def _spin(self):
        while True:
            pass

    def _hog(self):
        kept = []
        while True:
            kept.append(bytearray(50_000_000))

    def _recurse(self):
        return self._recurse() + "x"

    def _crash(self):
        ctypes.string_at(0)

    def _leave(self):
        os._exit(7)

    def _refuse(self):
        raise NotesError("it is not good\nenough")

    def _fail(self):
        raise KeyError("/Root")

    def _need(self):
        raise ModuleNotFoundError("No module named 'pypdf'")

    def _print(self):
        sys.stdout.write("chatter\n")
        os.write(1, b'{"note": null, "error": "forged"}\n')
        return "printed"

    def _flood(self):
        return "x" * 2_000_000

    def _halves(self):
        return "half \ud800"

    def _pid(self):
        return str(os.getpid())

    def _world(self):
        return " ".join(sorted({name.partition(".")[0] for name in sys.modules} | set(os.environ)))
