"""A proxy that spoils one request or its answer, between a client and a real server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

Fault = Callable[[socket.socket, bytes], None]
"""Does something to the caller in place of handing over the server's answer."""

STALL = 60.0
"""How many seconds a stalled answer takes, if nothing else is said."""


def _reset(caller: socket.socket, answer: bytes) -> None:
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _cut(caller: socket.socket, answer: bytes) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    caller.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])


def status(line: str, *fields: str) -> Fault:
    """An answer with that status line and those header fields, in place of the server's."""
    head = "\r\n".join([f"HTTP/1.1 {line}", "Content-Length: 2", "Connection: close", *fields])

    def answer_so(caller: socket.socket, answer: bytes) -> None:
        caller.sendall(f"{head}\r\n\r\nno".encode())

    return answer_so


FAULTS: dict[str, Fault] = {
    "reset": _reset,
    "cut": _cut,
    "500": status("500 Internal Server Error"),
    "502": status("502 Bad Gateway"),
    "429": status("429 Too Many Requests"),
    "429, Retry-After": status("429 Too Many Requests", "Retry-After: 1"),
}


class FaultProxy:
    """Hands requests on to a server, and on request loses the answer, or the request, of the nth that matches.

    `requests` are the first lines of all that came. With the fault `refused` nobody listens for a moment once the
    request before the nth was answered, with `stall` the answer comes `stall` seconds late, with `twice` the server
    gets the request twice.
    """

    def __init__(self, upstream: str, *, stall: float = STALL) -> None:
        self._upstream = urlsplit(upstream)
        self._stall = stall
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.requests: list[str] = []
        self._lock = threading.Lock()
        self._match: Callable[[str], bool] = lambda line: False
        self._nth: set[int] = set()
        self._seen = 0
        self._fault = "reset"
        self._deliver = True
        self._closed = False
        threading.Thread(target=self._serve, daemon=True).start()

    def fail(self, match: str, nth: Iterable[int], fault: str, *, deliver: bool = True) -> None:
        """Let the nth requests (from 1) with `match` in their first line fail; with `deliver` the server gets them."""
        self._match, self._nth, self._seen = (lambda line: match in line), set(nth), 0
        self._fault, self._deliver = fault, deliver
        if fault == "refused" and 1 in self._nth:
            self._pause()

    def close(self) -> None:
        """Answer no more."""
        self._closed = True
        self._listener.close()

    def _serve(self) -> None:
        while True:
            listener = self._listener
            try:
                caller, _ = listener.accept()
            except OSError:
                if self._closed:
                    return
                time.sleep(0.01)
                continue
            threading.Thread(target=self._handle, args=(caller,), daemon=True).start()

    def _pause(self) -> None:
        """Listen to nobody for a moment."""
        with contextlib.suppress(OSError):
            # Closing alone does not wake the thread that waits for callers.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        threading.Timer(0.5, self._listen).start()

    def _listen(self) -> None:
        if not self._closed:
            self._listener = socket.create_server(("127.0.0.1", self._port))

    def _handle(self, caller: socket.socket) -> None:
        with caller, contextlib.suppress(OSError):
            request = _whole(caller)
            if not request:
                return
            line = request.split(b"\r\n", 1)[0].decode()
            with self._lock:
                self.requests.append(line)
                self._seen += self._match(line)
                number = self._seen if self._match(line) else 0
                fails = number in self._nth and self._fault != "refused"
                pauses = self._fault == "refused" and number > 0 and number + 1 in self._nth
            answer = b"" if fails and not self._deliver else self._forward(request)
            if fails and self._fault == "twice":
                # As the server itself does on SQLite where the database was locked.
                caller.sendall(self._forward(request))
            elif fails and self._fault == "stall":
                time.sleep(self._stall)
                caller.sendall(answer)
            elif fails:
                FAULTS[self._fault](caller, answer)
            else:
                if pauses:
                    self._pause()
                caller.sendall(answer)

    def _forward(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        address = self._upstream.hostname or "", self._upstream.port or 80
        with socket.create_connection(address, timeout=60) as server_side:
            server_side.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body)
            answer = b"".join(iter(lambda: server_side.recv(1 << 16), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*kept, b"Connection: close"]) + b"\r\n\r\n" + body


def _whole(caller: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        part = caller.recv(1 << 16)
        if not part:
            return b""
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    fields = [line.lower() for line in head.split(b"\r\n")]
    length = next((int(line.split(b":")[1]) for line in fields if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += caller.recv(1 << 16)
    return head + b"\r\n\r\n" + body
