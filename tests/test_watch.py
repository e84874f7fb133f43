"""Changes are noticed where notes are, by the kernel or by looking."""

import threading
from pathlib import Path

import pytest

from ingest import watch
from ingest.watch import changes

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
nas:/notes /mnt/nas nfs4 rw 0 0
tmpfs /mnt/nas/fast tmpfs rw 0 0
sshfs /mnt/far fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "is_remote"),
    [("/home/me", False), ("/mnt/nas/a", True), ("/mnt/nas/fast/a", False), ("/mnt/far", True)],
)
def test_a_network_drive_is_looked_at_since_the_kernel_does_not_hear_of_it(
    tmp_path, path, is_remote
):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert watch._is_remote(Path(path), mounts) is is_remote
    assert not watch._is_remote(Path(path), tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "concerns"),
    [
        ("a.md", True),
        ("sub/b.md", True),
        ("sub", True),  # a folder that was moved away
        (".gitignore", True),
        ("sub/.cribignore", True),
        (".obsidian/workspace.json", False),
        (".git/index", False),
        (".a.md.swp", False),
    ],
)
def test_what_apps_keep_for_themselves_beside_the_notes_is_no_change(name, concerns):
    assert watch._may_be_a_note(f"/notes/{name}", "/notes") is concerns
    assert not watch._may_be_a_note(f"/notes2/{name}", "/notes")


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_change_is_told_once_and_stop_ends_it(tmp_path, monkeypatch, is_remote):
    monkeypatch.setattr(watch, "_is_remote", lambda _: is_remote)
    monkeypatch.setattr(watch, "QUIET_MS", 100)
    monkeypatch.setattr(watch, "POLL_MS", 100)
    stop = threading.Event()
    told = changes([str(tmp_path), "https://example.org/page", str(tmp_path / "gone")], stop)
    next(told)  # it is listened now
    for number in range(3):
        (tmp_path / f"{number}.md").write_text("words")
    next(told)
    stop.set()
    assert list(told) == []


def test_without_a_source_on_this_machine_it_waits_to_be_stopped(tmp_path):
    stop = threading.Event()
    stop.set()
    assert list(changes([str(tmp_path / "gone")], stop)) == []
