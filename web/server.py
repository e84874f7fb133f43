"""Serves the page. Gradio is imported only once it is clear that it can be."""

import errno
import ipaddress
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import PortError, SettingsError
from web.guard import Access, Login, guards
from web.protocols import Library
from web.refresh import Watch

if TYPE_CHECKING:
    from gradio import Blocks

    from web.chat import ChatPage
    from web.layout import Page

_POLL_SECONDS = 1.0  # a wait without an end cannot be interrupted on Windows
_STOP_SECONDS = 5.0
_SESSIONS = 256  # pages kept in memory, each call of a program being one: Gradio's own is 10,000

MAX_UPLOAD = 300_000_000
"""Bytes of a file that is added: as many as the reader that takes most of them reads."""

_NO_UPLOAD = 1  # byte: the chat alone takes none


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
    access: Access | None = None,
    block: bool = True,
) -> RunningPage:
    """Serve the page over `library`, until Ctrl-C if it is to `block`.

    `pages` makes those beside the chat, once Gradio may be imported. With `access` it asks for a
    login; without, none but this machine can reach it.

    Raises:
        SettingsError: `host` is not this machine alone, and there is no `access`; or is no address.
        PortError: `port` is taken, or not ours to take.
    """
    host = host.strip("[]")
    check_address(host, port, access)
    # Gradio reports its use to its makers, and serves whatever folders this variable names.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.pop("GRADIO_ALLOWED_PATHS", None)
    from web.chat import ChatPage

    beside = pages()
    page = ChatPage(library, beside, has_login=access is not None)
    _launch(page.blocks, host, port, access, MAX_UPLOAD if beside else _NO_UPLOAD)
    url = page.blocks.local_url.rstrip("/")
    running = RunningPage(url, page, Watch(library, page.refresh))
    if block:
        running.wait()
    return running


def check_address(host: str, port: int, access: Access | None = None) -> None:
    """Raise what `serve` would, before anything is loaded."""
    _check_host(host.strip("[]"), access)
    _check_port(host.strip("[]"), port)


def _launch(blocks: "Blocks", host: str, port: int, access: Access | None, upload: int) -> None:
    from web import look
    from web.sessions import use_light_sessions

    login = Login(access) if access else None
    name = f"[{host}]" if ":" in host else host
    hosts = sorted({name, "localhost", "127.0.0.1", "[::1]", *_called(access)})
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
        state_session_capacity=_SESSIONS,
        max_file_size=upload,
        app_kwargs={"middleware": guards(hosts, login), "docs_url": None, "redoc_url": None},
        **looks,
    )
    use_light_sessions(blocks)
    if login:
        login.is_up = True


def _called(access: Access | None) -> tuple[str, ...]:
    """The names by which the page may be called from elsewhere: this machine's, and those given."""
    if access is None:
        return ()
    machine = socket.gethostname().lower()
    return (machine, f"{machine.partition('.')[0]}.local", *access.names)


def is_loopback(host: str) -> bool:
    """True for an address that no other machine can reach.

    Raises:
        SettingsError: it is no address.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        raise SettingsError(
            f"--host {host!r} is not an address; use --host 0.0.0.0 for all that this machine has,"
            " and --allow-host for a name that it is called by"
        ) from None


def _check_host(host: str, access: Access | None) -> None:
    if not is_loopback(host) and access is None:
        raise SettingsError(
            f"--host {host!r} would show your notes to all who can reach this machine; set"
            " CRIB_PASSWORD (8 characters at least) and the page asks for it, or use"
            " --host 127.0.0.1"
        )


def _check_port(host: str, port: int) -> None:
    """Bind the port and let it go again: Gradio's own message does not say what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":  # elsewhere this would let a port be taken twice
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise SettingsError(f"--host {host!r} is no address of this machine") from None
            raise PortError(
                f"port {port} is in use; choose another with --port, or stop what uses it"
            ) from None
