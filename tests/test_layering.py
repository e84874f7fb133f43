"""The house keeps its rules: who may import whom, who reads the environment, who knows Chroma."""

import ast
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest
from conftest import ROOT
from tiny_gguf import write_model

PACKAGES = ("rag", "ingest", "eval", "web", "commands")
TOP = ("app",)
BELOW = {
    "app": {"app", *PACKAGES},
    "commands": {*PACKAGES},
    "web": {"web", "ingest", "eval", "rag"},
    "ingest": {"ingest", "rag"},
    "eval": {"eval", "ingest", "rag"},
    "rag": {"rag"},
}

ENVIRONMENT = {
    "ingest/sandbox.py": "hands on what Windows needs to start a program, and nothing else",
    "rag/config.py": "the one reader of the settings; sets LangChain's tracing off",
    "rag/embedders/engines.py": "hands the whole environment on to what converts the model",
    "web/server.py": "sets GRADIO_*, which Gradio reads when it is imported",
}
"""Modules that touch the environment, and why each may."""

MODULES = sorted(
    chain(
        *((ROOT / package).rglob("*.py") for package in PACKAGES),
        (ROOT / f"{name}.py" for name in TOP),
    )
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Dotted names of all that a module imports, inside its functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield str(node.module)


def roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_its_own_layer_and_those_below(path):
    """The top -> commands -> web -> eval -> ingest -> rag; each may skip what lies between."""
    layer = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert roots(path) & set(BELOW) <= BELOW[layer]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """The sub-package that a module is in; itself, where it lies at the top of a package."""
    parts = module.split(".")
    return ".".join(parts[:2])


def graph(node: Callable[[str], str] = str) -> dict[str, set[str]]:
    """Who imports whom; `node` says what a module counts as."""
    known = {module_of(path): path for path in MODULES}
    edges: dict[str, set[str]] = {node(module): set() for module in known}
    for module, path in known.items():
        for name in detailed_imports(path):
            target = name if name in known else name.rpartition(".")[0]
            if target in known and node(target) != node(module):
                edges[node(module)].add(node(target))
    return edges


def detailed_imports(path: Path) -> Iterator[str]:
    """As `imports`, with what is taken of each module: it may be a module, too."""
    for one in ast.walk(tree(path)):
        if isinstance(one, ast.Import):
            yield from (alias.name for alias in one.names)
        elif isinstance(one, ast.ImportFrom):
            yield from (f"{one.module}.{alias.name}" for alias in one.names)


@pytest.mark.parametrize("node", [str, room_of], ids=["modules", "packages"])
def test_nothing_imports_itself_by_a_detour(node):
    """No circle of modules, and none of packages: one can be read before those that use it."""
    TopologicalSorter(graph(node)).prepare()


def reached(*starts: str) -> set[str]:
    """What is imported by these modules, and by what they import."""
    edges, found, waiting = graph(), set(starts), list(starts)
    while waiting:
        new = edges[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_an_ingest_needs_nothing_that_answers():
    """So what writes an index can be read, and changed, without what answers from it."""
    needed = reached("commands.ingestion", "ingest.pipeline")
    assert [
        one for one in sorted(needed) if one.startswith(("rag.answers.", "rag.assistant"))
    ] == []


IMPORTED = """
import contextlib, io, json, sys
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
    import app
    app.main()
print(json.dumps([said.getvalue(), sorted(sys.modules)]))
"""


def imported(*arguments: str, llm: str = "none") -> tuple[str, set[str]]:
    """What a command says, and all modules that are imported once it has ended."""
    run = [sys.executable, "-c", IMPORTED, *arguments]
    environment = os.environ | {"CRIB_LLM": llm, "CRIB_LLM_CONTEXT": "8000"}
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, modules = json.loads(done.stdout)
    return said, set(modules)


def test_a_command_loads_what_it_needs_and_no_more(tmp_path):
    """A question waits for no evals, pages or readers; what embeds nothing opens no engine."""
    assert "embedded: 17" in imported("ingest", "notes")[0]
    said, modules = imported("ingest", "notes")
    assert "embedded: 0" in said
    assert not modules & {"torch", "sentence_transformers", "openvino", "huggingface_hub"}
    assert not [name for name in modules if name.startswith(("rag.answers.", "rag.assistant"))]
    model = write_model(tmp_path / "tiny.gguf")
    said, modules = imported("ask", "Which tool explains bias?", llm=f"local:{model}")
    assert "Answered by: tiny, on this machine" in said
    assert not modules & {"torch", "sentence_transformers", "gradio"}
    own = sorted(name for name in modules if name.partition(".")[0] in {*PACKAGES, "app"})
    assert len(own) < 60, own


def test_a_circle_is_noticed():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def public_names(path: Path) -> Iterator[str]:
    """What a module defines and does not keep to itself by an underscore."""
    for one in tree(path).body:
        if isinstance(one, ast.FunctionDef | ast.ClassDef):
            is_command = any("cli." in ast.unparse(how) for how in one.decorator_list)
            names = [] if is_command else [one.name]  # who types it knows no modules
        elif isinstance(one, ast.Assign | ast.AnnAssign):
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def test_one_name_means_one_thing():
    """In the whole tree; `cli` is what a module of commands calls its own."""
    places = defaultdict(set)
    for path in MODULES:
        for name in public_names(path):
            places[name].add(name_of(path))
    twice = {name: sorted(found) for name, found in places.items() if len(found) > 1}
    twice.pop("cli")
    assert twice == {}


def test_every_module_that_ships_is_looked_at():
    """A new module at the top has to find its place in the rule."""
    found = {path.stem for path in ROOT.glob("*.py")}
    assert found == set(TOP)


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "types.py"], ids=name_of)
def test_the_nouns_are_free_of_third_party_code(path):
    assert roots(path) <= {*sys.stdlib_module_names, *PACKAGES}


def test_only_modules_with_a_reason_touch_the_environment():
    """So a reader of rag/config.py has seen every setting there is."""
    touching = {name_of(path) for path in MODULES if touches_environment(path)}
    assert touching == set(ENVIRONMENT)


def touches_environment(path: Path) -> bool:
    names = {"environ", "environb", "getenv", "putenv"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr in names:
            return True
        if isinstance(node, ast.ImportFrom) and names & {alias.name for alias in node.names}:
            return True
    return False


CATALOG = ("rag/store/", "rag/chats/conversations.py")


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("chromadb", ("rag/vectors.py",)),
        ("gradio", ("web/",)),
        ("pathspec", ("ingest/sources/folder.py",)),
        ("trafilatura", ("ingest/sources/web.py",)),
        ("sqlite3", (*CATALOG, "ingest/readers/apkg.py")),  # Anki's files are databases
        ("xllamacpp", ("rag/chat_models/llama.py",)),
        ("openvino", ("rag/embedders/engines.py", "rag/embedders/convert.py")),
        ("torch", ("rag/embedders/engines.py", "rag/embedders/convert.py")),
        ("sentence_transformers", ("rag/embedders/engines.py",)),
    ],
)
def test_a_library_is_known_in_one_place(package, allowed):
    """So it can be replaced there."""
    users = [name_of(path) for path in MODULES if package in roots(path)]
    assert users
    assert [user for user in users if not user.startswith(allowed)] == []


@pytest.mark.parametrize("package", ["pickle", "marshal", "shelve", "langchain_community"])
def test_what_runs_code_or_is_sunset_is_imported_nowhere(package):
    """A model or a cache that could run code would be a way in."""
    assert [name_of(path) for path in MODULES if package in roots(path)] == []
