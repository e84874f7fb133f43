"""Serves the page on this machine. Gradio is imported only once it is clear that it can be."""

import ipaddress
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import PortError, SettingsError
from web.guard import guards
from web.protocols import Library
from web.watching import Watch

if TYPE_CHECKING:
    from gradio import Blocks

    from web.chat import ChatPage
    from web.tabs import Page

_POLL_SECONDS = 1.0  # a wait without an end cannot be interrupted on Windows
_STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunningPage:
    """A page that is being served at `url`."""

    url: str
    _page: "ChatPage"
    _watch: Watch

    def watch(self) -> None:
        """Bring the index up to date with every change of the notes, until `close`."""
        self._watch.start()

    def wait(self) -> None:
        """Serve until Ctrl-C."""
        try:
            server = self._page.blocks.server
            while server.thread.is_alive():
                server.thread.join(_POLL_SECONDS)
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """Stop serving, and free the port. An ingest ends after the batch at hand."""
        blocks, run = self._page.blocks, self._page.refresh.latest
        self._page.refresh.stop()
        blocks.close(verbose=False)
        blocks.server.thread.join(_STOP_SECONDS)
        self._watch.close(_STOP_SECONDS)
        if run:
            run.wait(_STOP_SECONDS)


def serve(
    library: Library,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    pages: Callable[[], "Sequence[Page]"] = tuple,
    block: bool = True,
) -> RunningPage:
    """Serve the page over `library`, until Ctrl-C if it is to `block`.

    `pages` makes those beside the chat, once Gradio may be imported.

    Raises:
        SettingsError: `host` is not this machine alone.
        PortError: `port` is taken, or not ours to take.
    """
    host = host.strip("[]")
    check_address(host, port)
    # Gradio reports its use to its makers, and serves whatever folders this variable names.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.pop("GRADIO_ALLOWED_PATHS", None)
    from web.chat import ChatPage

    page = ChatPage(library, pages())
    _launch(page.blocks, host, port)
    url = page.blocks.local_url.rstrip("/")
    running = RunningPage(url, page, Watch(library, page.refresh))
    if block:
        running.wait()
    return running


def check_address(host: str, port: int) -> None:
    """Raise what `serve` would, before anything is loaded."""
    _check_host(host.strip("[]"))
    _check_port(host.strip("[]"), port)


def _launch(blocks: "Blocks", host: str, port: int) -> None:
    from web import look

    name = f"[{host}]" if ":" in host else host
    hosts = sorted({name, "localhost", "127.0.0.1", "[::1]"})
    looks: dict[str, Any] = {
        "theme": look.theme(),
        "head": look.head(),
        "footer_links": [],
    }
    blocks.launch(
        server_name=name,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        inline=False,
        share=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        run_history=False,
        max_file_size=1,  # byte: the page takes no uploads
        app_kwargs={"middleware": guards(hosts), "docs_url": None, "redoc_url": None},
        **looks,
    )


def _check_host(host: str) -> None:
    if host == "localhost":
        return
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise SettingsError(
            f"--host {host!r} would show your notes to all who can reach this machine, since the"
            " page has no login yet; use --host 127.0.0.1"
        )


def _check_port(host: str, port: int) -> None:
    """Bind the port and let it go again: Gradio's own message does not say what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # elsewhere this would let a port be taken twice
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortError(
                f"port {port} is in use; choose another with --port, or stop what uses it"
            ) from None
