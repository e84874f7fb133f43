"""Models from their official repository, over HTTP, at the revision that the catalogue pins."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from huggingface_hub import constants, hf_hub_url

from rag.downloads.partial import Partial
from rag.errors import DownloadError
from rag.models import Model

# Where no hub answers, the package index should have its turn soon.
_TIMEOUT = httpx.Timeout(30, connect=5)


@dataclass(frozen=True, slots=True)
class Hub:
    """The official repository. `endpoint` defaults to what HF_ENDPOINT says; no token is sent."""

    endpoint: str | None = None
    name: str = "hub"

    def fetch(self, model: Model, partials: Sequence[Partial]) -> None:
        """Stream each file, from where its part ends."""
        if constants.HF_HUB_OFFLINE:
            raise DownloadError("not asked, HF_HUB_OFFLINE is set")
        repo, revision = model.hub.repo, model.hub.revision
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
            for partial in partials:
                name = partial.file.name
                url = hf_hub_url(repo, name, revision=revision, endpoint=self.endpoint)
                _stream_all(client, url, partial)


def _stream_all(client: httpx.Client, url: str, partial: Partial) -> None:
    """Take a cut stream up again for as long as each try brings bytes."""
    while partial.size < partial.file.size:
        before, reason = partial.size, "stopped before the end"
        try:
            _stream(client, url, partial)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = " ".join(f"{type(error).__name__} {error}".split())
        if partial.size <= before:
            raise DownloadError(f"{reason} ({url})")


def _stream(client: httpx.Client, url: str, partial: Partial) -> None:
    # A compressed answer could not be resumed at a byte of the file.
    headers = {"Accept-Encoding": "identity"}
    if partial.size:
        headers["Range"] = f"bytes={partial.size}-"
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            _take(response, partial)
            return
    if not partial.size:
        raise DownloadError(f"answered 416 for {url}")
    partial.cut(0)
    _stream(client, url, partial)


def _take(response: httpx.Response, partial: Partial) -> None:
    if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        raise DownloadError(f"answered {response.status_code} for {response.url}")
    start = partial.size if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
    length = response.headers.get("Content-Length")
    # The sign-in page of a hotel's network also answers 200: it must not cost what is there.
    if length is not None and int(length) != partial.file.size - start:
        raise DownloadError(f"offered {length} bytes, not the file's, for {response.url}")
    partial.cut(start)
    for data in response.iter_bytes():
        partial.write(data)
