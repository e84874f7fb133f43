"""The endpoints for programs, called as programs call them: by `gradio_client`, over HTTP."""

from collections.abc import Iterator

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    NOTE_PATH,
    QUESTION,
    REFUSAL,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    served_page,
)

from rag.errors import NotesError, QuestionError
from rag.types import Scope, Style
from web.server import RunningPage

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[ScriptedLibrary, RunningPage]]:
    with served_page() as both:
        yield both


@pytest.fixture
def library(served: tuple[ScriptedLibrary, RunningPage]) -> ScriptedLibrary:
    served[0].script()
    return served[0]


@pytest.fixture(scope="module")
def client(served: tuple[ScriptedLibrary, RunningPage]) -> Iterator[Client]:
    opened = Client(served[1].url, verbose=False, analytics_enabled=False)
    yield opened
    opened.close()


def test_these_four_and_no_others_are_documented(served, library) -> None:
    info = httpx.get(f"{served[1].url}/gradio_api/info").json()
    assert set(info["named_endpoints"]) == {"/ask", "/search", "/ingest", "/status"}
    assert info["unnamed_endpoints"] == {}
    assert all(one["description"] for one in info["named_endpoints"].values())


def test_an_answer_comes_with_the_words_it_rests_on_and_their_place(client, library) -> None:
    answer = client.predict(question=QUESTION, api_name="/ask")
    assert CITED in answer["text"]
    assert answer["status"] == "answered"
    (citation,) = answer["citations"]
    assert citation == {"number": 1, "quote": CITED, "place": f"{NOTE_PATH}:12"}


def test_what_is_asked_for_beside_the_question_is_handed_on(client, library) -> None:
    client.predict(
        question=QUESTION, within=["biology.md"], style="list", strict=True, api_name="/ask"
    )
    options = library.options[-1]
    assert (options.scope, options.style, options.strict) == (
        Scope(notes=("biology.md",)),
        Style.LIST,
        True,
    )


def test_a_refusal_is_an_answer(client, library) -> None:
    answer = client.predict(question="Who won?", api_name="/ask")
    assert (answer["status"], answer["text"]) == ("refused", REFUSAL)


def test_a_program_leaves_no_conversation(client, library) -> None:
    client.predict(question=QUESTION, api_name="/ask")
    assert library.conversations().total == 0


def test_a_search_asks_no_model(client, library) -> None:
    library.tokens.clear()  # a model would never say a word
    passages = client.predict(question=QUESTION, count=1, api_name="/search")
    assert [passage["place"] for passage in passages] == [f"{NOTE_PATH}:12"]
    assert CITED in passages[0]["text"]
    assert passages[0]["headings"] == ["Biology", "Photosynthesis"]
    assert library.closed.is_set()


def test_a_status_says_how_the_library_stands(client, library) -> None:
    status = client.predict(api_name="/status")
    assert (status["notes"], status["chunks"], status["stay"]) == (1, 4, True)
    assert (status["ingesting"], status["loading"]) == (False, False)


def test_an_ingest_is_over_when_it_says_so(client, library) -> None:
    report = client.predict(api_name="/ingest")
    assert (report["notes"], report["embedded"], report["skipped"]) == (1, 4, {})
    assert library.ingests == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"question": QUESTION, "style": "shouting"}, "'shouting' is none of short, detailed"),
        ({"question": QUESTION, "count": 3}, "Parameter `count` is not a valid"),
    ],
)
def test_what_is_no_parameter_is_refused_with_what_is(client, library, given, told) -> None:
    with pytest.raises((AppError, TypeError), match=told):
        client.predict(**given, api_name="/ask")


def test_what_goes_wrong_is_one_line_without_a_traceback(client, library, capfd) -> None:
    library.error = QuestionError("the question is empty; ask something about your notes")
    with pytest.raises(AppError, match="the question is empty; ask something"):
        client.predict(question=QUESTION, api_name="/ask")
    library.ingest_error = NotesError("/notes is not there; put notes into it")
    with pytest.raises(AppError, match="/notes is not there"):
        client.predict(api_name="/ingest")
    assert "Traceback" not in capfd.readouterr().err


def test_the_pages_own_listeners_are_not_to_be_called(client, library) -> None:
    with pytest.raises(ValueError, match="Cannot find a function"):
        client.predict("x", api_name="/_ask")
