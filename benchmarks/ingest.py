"""How fast, how frugal and how lasting is an ingest? Against LangChain's parts, side by side.

    python -m benchmarks.ingest [--notes 10000] [--compare 1000] [--large 50000] [--rounds 1000]

Makes vaults (benchmarks/vault.py) in a temporary folder and prints, each in a process of its own:

- the whole ingest of `--compare` notes by Cribsheet and by LangChain's parts (files into
  Documents, RecursiveCharacterTextSplitter at its default of 1,000 and 200, embeddings as
  HuggingFaceEmbeddings makes them: torch fp32, batches of 32; Chroma as langchain-chroma fills
  it), as a ratio of seconds. Importing the libraries is left out on both sides;
- the ingest of `--notes` notes: seconds, the share of them in which the embedding engine is at
  work, the most memory; then again with nothing changed, and with one line edited;
- the most memory for `--large` notes (0 leaves it out: 50,000 take five times as long);
- how much Chroma's folder and the catalog grow in `--rounds` rounds of editing one note in a vault
  of 500, against one that is made anew at the end.

Peak memory is that of the process and of what it starts, as the system counts it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.vault import make_vault

EDITED_ROUNDS_VAULT = 500

OURS = """
import sys, time
from commands import ingestion
import rag.embedders.engines, chromadb
from rag.config import load_settings
began = time.perf_counter()
*_, report = ingestion.ingest(load_settings(), sys.argv[1])
took = time.perf_counter() - began
print("RESULT", took, report.chunks, report.engine_seconds)
"""

LANGCHAIN = """
import sys, time
from pathlib import Path
import chromadb
from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter
from rag.config import load_settings
from rag.models import EMBEDDING, find_model, model_dir
from sentence_transformers import SentenceTransformer
began = time.perf_counter()
weights = model_dir(load_settings().cache, find_model(EMBEDDING))
model = SentenceTransformer(str(weights), device="cpu", local_files_only=True)
found = sorted(Path(sys.argv[1]).rglob("*.md"))
notes = [Document(path.read_text("utf-8"), metadata={"source": str(path)}) for path in found]
splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
chunks = splitter.split_documents(notes)
texts = [chunk.page_content for chunk in chunks]
embedded = time.perf_counter()
vectors = model.encode(texts, batch_size=32, show_progress_bar=False).tolist()
embedded = time.perf_counter() - embedded
client = chromadb.PersistentClient(path=sys.argv[2])
collection = client.get_or_create_collection("langchain", embedding_function=None)
for start in range(0, len(texts), 5000):
    part = slice(start, start + 5000)
    collection.upsert(
        ids=[str(start + place) for place in range(len(texts[part]))],
        documents=texts[part],
        embeddings=vectors[part],
        metadatas=[chunk.metadata for chunk in chunks[part]],
    )
print("RESULT", time.perf_counter() - began, len(texts), embedded)
"""


class Ended:
    """How a process ended: what it printed, its seconds and the most memory, in MB."""

    def __init__(self, command: list[str], home: Path) -> None:
        environment = {**os.environ, "CRIB_HOME": str(home), "CRIB_LLM": "none"}
        began = time.perf_counter()
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
            self.out = child.stdout.read() if child.stdout else ""
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.perf_counter() - began
        self.megabytes = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        if child.returncode:
            raise SystemExit(f"{command} ended with {child.returncode}: {self.out}")

    def line(self, name: str) -> str:
        """What is printed behind `name`."""
        return next(x.removeprefix(name).strip() for x in self.out.splitlines() if name in x)

    def result(self) -> tuple[float, int, float]:
        """Seconds, chunks and seconds of embedding."""
        took, chunks, engine = self.line("RESULT").split()
        return float(took), int(chunks), float(engine)


def crib(home: Path, vault: Path) -> Ended:
    """The real command."""
    return Ended([sys.executable, "app.py", "ingest", str(vault)], home)


def compared(scratch: Path, notes: int) -> Iterator[str]:
    """Cribsheet and LangChain's parts over the same notes."""
    vault = scratch / "compared"
    make_vault(vault, notes)
    ours = Ended([sys.executable, "-c", OURS, str(vault)], scratch / "home")
    theirs_at = str(scratch / "langchain")
    theirs = Ended([sys.executable, "-c", LANGCHAIN, str(vault), theirs_at], scratch / "none")
    for name, ended in (("Cribsheet", ours), ("LangChain's parts", theirs)):
        took, chunks, engine = ended.result()
        yield (
            f"{took:10.1f}  s, whole ingest of {notes:,} notes by {name}: {chunks:,} chunks, "
            f"{engine / took:.0%} of it embedding, {ended.megabytes:,.0f} MB"
        )
    ratio = theirs.result()[0] / ours.result()[0]
    yield f"{ratio:10.2f}  times as fast {_verdict(ratio >= 3, '3')}"
    shutil.rmtree(scratch / "home")


def large(scratch: Path, notes: int) -> Iterator[str]:
    """A whole vault: new, unchanged, and with one line edited."""
    vault, home = scratch / "vault", scratch / "home"
    make_vault(vault, notes)
    first = Ended([sys.executable, "-c", OURS, str(vault)], home)
    took, chunks, engine = first.result()
    share = engine / took
    rate, most = chunks / took, first.megabytes
    yield f"{took:10.1f}  s, whole ingest of {notes:,} notes: {chunks:,} chunks, {rate:.0f}/s"
    yield f"{share:10.0%}  of it the embedding engine is at work {_verdict(share >= 0.85, '85%')}"
    yield f"{most:10,.0f}  MB of memory at most {_verdict(most < 1500, '1,500')}"
    yield f"{_size(home) / 1e6:10,.0f}  MB on the disk, for {_size(vault) / 1e6:,.0f} MB of notes"
    crib(home, vault)
    same = crib(home, vault)
    yield (
        f"{same.seconds:10.2f}  s, crib ingest with nothing changed in {notes:,} notes, embedded: "
        f"{same.line('embedded:')} {_verdict(same.seconds < 2, '2.0')}"
    )
    edited = next(iter(sorted(vault.rglob("*.md"))))
    edited.write_text(edited.read_text("utf-8") + "\nOne more line, on quokkas.\n", "utf-8")
    again = crib(home, vault)
    yield (
        f"{again.seconds:10.2f}  s, crib ingest with one line edited, embedded: "
        f"{again.line('embedded:')} {_verdict(again.seconds < 3, '3.0')}"
    )
    shutil.rmtree(home)
    shutil.rmtree(vault)


def memory(scratch: Path, notes: int) -> Iterator[str]:
    """The most memory that so many notes take."""
    vault, home = scratch / "vault", scratch / "home"
    make_vault(vault, notes)
    ended = Ended([sys.executable, "-c", OURS, str(vault)], home)
    took = ended.result()[0]
    yield f"{ended.megabytes:10,.0f}  MB of memory at most, {notes:,} notes, {took:.0f} s"
    shutil.rmtree(home)
    shutil.rmtree(vault)


def edited(scratch: Path, rounds: int) -> Iterator[str]:
    """How much the index grows with edits."""
    from commands import ingestion
    from rag.config import load_settings

    vault, home, anew = scratch / "vault", scratch / "home", scratch / "anew"
    make_vault(vault, EDITED_ROUNDS_VAULT)
    settings = load_settings().model_copy(update={"home": home})
    path = next(iter(sorted(vault.rglob("*.md"))))
    before, began = path.read_text("utf-8"), time.perf_counter()
    for number in range(rounds):
        path.write_text(f"{before}\nRound {number} of many.\n", "utf-8")
        list(ingestion.ingest(settings, str(vault)))
    took = (time.perf_counter() - began) / max(1, rounds)
    list(ingestion.ingest(settings.model_copy(update={"home": anew}), str(vault)))
    for name in ("chroma", "catalog.sqlite3"):
        ratio = _size(home, name) / _size(anew, name)
        yield (
            f"{ratio:10.2f}  times the size of one made anew: {name} after {rounds:,} rounds of "
            f"editing one note of {EDITED_ROUNDS_VAULT} {_verdict(ratio <= 1.2, '1.2')}"
        )
    yield f"{took:10.3f}  s a round"


def _size(folder: Path, name: str = "") -> int:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in paths if name in path.as_posix())


def _verdict(is_met: bool, target: str) -> str:
    return f"(target {target}: {'met' if is_met else 'MISSED'})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--compare", type=int, default=1000)
    parser.add_argument("--large", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        parts = (
            (compared, arguments.compare),
            (large, arguments.notes),
            (memory, arguments.large),
            (edited, arguments.rounds),
        )
        for part, size in parts:
            for line in part(scratch, size) if size else ():
                print(line, flush=True)


if __name__ == "__main__":
    main()
