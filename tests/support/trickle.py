"""A server that answers, or listens, and never ends: a little every few milliseconds."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PACE_S = 0.01
LONGEST = 500
"""Steps; then it hangs up on whoever waited for the end."""

SIP = 1000
"""Bytes that are taken in at a step."""


@contextmanager
def trickling(begins: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listen on a port of loopback.

    Args:
        begins: of the answer, which goes on in single bytes; b"" = what comes is read, in sips.
    """
    over = threading.Event()

    def answer(plain: socket.socket) -> None:
        with (
            suppress(OSError),
            plain if tls is None else tls.wrap_socket(plain, server_side=True) as connection,
        ):
            connection.sendall(begins)
            for _ in range(LONGEST):
                if over.wait(PACE_S):
                    return
                if begins:
                    connection.sendall(b"a")
                else:
                    connection.recv(SIP)

    def listen() -> None:
        with suppress(OSError):
            while True:
                answer(server.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
