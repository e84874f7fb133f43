"""Who may see the page that is served."""

from collections.abc import Iterator, Sequence

from rag.config import Settings
from rag.errors import SettingsError
from web.access import Access
from web.server import is_loopback


def access(settings: Settings, names: Sequence[str] = ()) -> Access | None:
    """What opens the page, which `names` also call; None where it asks nobody.

    Raises:
        SettingsError: there are names by which others call it, and no password.
    """
    if settings.password:
        return Access(settings.user, settings.password, tuple(names))
    if names:
        raise SettingsError(
            f"--allow-host {names[0]!r} is for a page that others can reach; set CRIB_PASSWORD too"
        )
    return None


def told(host: str, url: str) -> Iterator[str]:
    """Lines on where the page is, and what to mind there."""
    yield f"Cribsheet is at {url} (Ctrl-C stops it)"
    if not is_loopback(host):
        yield (
            f"{host} can be reached from other machines. The login and your notes go over the"
            " network unencrypted; for https, put a reverse proxy in front and serve on 127.0.0.1"
        )
