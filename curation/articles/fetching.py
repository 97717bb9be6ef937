"""Pages from the network, on request alone and from public addresses alone. The only door to `httpcore`.

What is checked is the very address that is connected to, so that neither a name that leads to a private machine, nor a
redirect, nor a name server that changes its answer in between gets around it.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin, urlsplit

from curation.articles.formats.inflating import inflated
from curation.articles.rejects import Refused
from curation.articles.urls import PORTS, canonical

if TYPE_CHECKING:
    import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_MEDIA = ("text/html", "application/xhtml+xml", "text/plain")
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_LIMIT = 10_000_000
# Not everything that is not private is a page's: RFC 6890, RFC 7526, RFC 9637, and the address under which a cloud's
# own servers are reached from within.
_NO_PAGES = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20")))
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page from the network: its bytes, the address that it came from in the end, and what its server said of it."""

    data: bytes
    url: str
    media: str
    charset: str | None


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, also where it holds another one inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if any(address in network for network in _NO_PAGES):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Gets pages. `allowed` says which addresses may be connected to, `ports` which ports, `seconds` how long a page
    may take with all its redirects, `verify` how certificates are checked: by default as the system does.
    """

    allowed: Callable[[Address], bool] = is_public
    ports: frozenset[int] = frozenset(PORTS.values())
    seconds: float = 30.0
    verify: ssl.SSLContext | None = None

    def __call__(self, url: str) -> Fetched:
        """The page at `url`, after at most five redirects.

        Raises `Refused`: `R_FETCH_FORBIDDEN` for an address that is no page of the public internet, `R_FETCH_FAILED`
        where the server does not answer with one in time.
        """
        import httpcore

        deadline = time.monotonic() + self.seconds
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                found = self._get(url, deadline)
                if isinstance(found, Fetched):
                    return found
                url = found
        except (OSError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _failed(url, str(error) or type(error).__name__) from None
        raise _failed(url, f"more than {_MOST_REDIRECTS} redirects")

    def _get(self, url: str, deadline: float) -> Fetched | str:
        """The page, or where it has moved to."""
        import httpcore

        target = self._checked(url)
        headers = [("User-Agent", "curation"), ("Accept", ", ".join(_MEDIA)), ("Accept-Encoding", "gzip")]
        network = cast("httpcore.NetworkBackend", _Network(self.allowed, deadline))
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self.seconds)
        with (
            httpcore.ConnectionPool(ssl_context=self.verify, network_backend=network) as pool,
            pool.stream("GET", target, headers=headers, extensions={"timeout": timeouts}) as response,
        ):
            said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in _REDIRECTS and "location" in said:
                return urljoin(target, said["location"])
            if response.status != 200:
                raise _failed(target, f"the server answered {response.status}")
            media, charset = _content_type(said.get("content-type", ""))
            if media not in _MEDIA:
                raise _failed(target, f"it is {media or 'of no stated kind'}, no page of text")
            return Fetched(_body(response.iter_stream(), said, target), target, media, charset)

    def _checked(self, url: str) -> str:
        """`url` in its one form. Raises `Refused` if it is none that is fetched."""
        target = canonical(url)
        try:
            parts = urlsplit(target)
            port = parts.port or PORTS.get(parts.scheme)
        except ValueError:
            raise _forbidden(url, "it is no address of a page") from None
        if parts.scheme not in PORTS or not parts.hostname or not target.isascii():
            raise _forbidden(url, "only http and https addresses are fetched")
        if "@" in parts.netloc:
            raise _forbidden(url, "it holds a name or password")
        if port not in self.ports:
            raise _forbidden(url, f"port {port} is none of the web's")
        return target


def _left(deadline: float, timeout: float | None) -> float:
    """The seconds that a step may take. Raises a time-out behind `deadline`."""
    import httpcore

    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("it took too long")
    return seconds if timeout is None else min(seconds, timeout)


@dataclass(frozen=True, slots=True)
class _Stream:
    """A connection that ends at `deadline`, as `httpcore.NetworkStream` is one."""

    inner: httpcore.NetworkStream
    deadline: float

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, _left(self.deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, _left(self.deadline, timeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        secured = self.inner.start_tls(ssl_context, server_hostname, _left(self.deadline, timeout))
        return _Stream(secured, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


@dataclass(frozen=True, slots=True)
class _Network:
    """Connections to allowed addresses alone, all of which end at `deadline`, as `httpcore.NetworkBackend` makes them.

    Neither derives from its class of `httpcore`, which is imported only where a page is wanted.
    """

    allowed: Callable[[Address], bool]
    deadline: float

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> _Stream:
        import httpcore

        addresses = _resolved(host, port, _left(self.deadline, timeout))
        for address in addresses:
            self._require_allowed(host, address)
        for others, address in reversed(list(enumerate(reversed(addresses)))):
            # One that does not answer leaves time for the others.
            seconds = _left(self.deadline, timeout) / (others + 1)
            try:
                # The address, not the name: nobody is asked again who might answer otherwise.
                inner = httpcore.SyncBackend().connect_tcp(address, port, seconds, None, socket_options)
                break
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not others:
                    raise
        try:
            self._require_allowed(host, inner.get_extra_info("server_addr")[0])
        except Refused:
            inner.close()
            raise
        return _Stream(inner, self.deadline)

    def _require_allowed(self, host: str, address: str) -> None:
        if not self.allowed(ipaddress.ip_address(address.partition("%")[0])):
            what = host if host.strip("[]") == address else f"{host} is {address}, which"
            raise Refused("R_FETCH_FORBIDDEN", f"{what} is not on the public internet")


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host. The system's resolver knows no time limit; here it is waited for `seconds` at most."""
    answer: list[str] = []
    failure: list[OSError] = []

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.extend(dict.fromkeys(str(entry[4][0]) for entry in found))
        except (OSError, UnicodeError) as error:
            failure.append(OSError(f"{host} has no address: {getattr(error, 'strerror', None) or error}"))

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    if not answer:
        raise OSError(f"no address of {host} was found in time")
    return answer


def _body(chunks: Iterator[bytes], said: dict[str, str], url: str) -> bytes:
    """The content, unpacked; it ends the connection as soon as there is too much of it."""
    packing = said.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", "x-gzip", ""):
        raise _failed(url, f"it is packed as {packing}")
    try:
        return inflated(chunks, _LIMIT) if "gzip" in packing else _whole(chunks)
    except Refused:
        raise _failed(url, f"it has more than {_LIMIT} bytes") from None
    except EOFError:
        raise _failed(url, "it is cut off") from None
    except zlib.error as error:
        raise _failed(url, f"it cannot be unpacked: {error}") from None


def _whole(chunks: Iterator[bytes]) -> bytes:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > _LIMIT:
            raise Refused("R_TOO_LARGE", f"it has more than {_LIMIT} bytes")
    return bytes(data)


def _content_type(value: str) -> tuple[str, str | None]:
    from email.message import Message

    message = Message()
    message["content-type"] = value
    charset = message.get_content_charset() if value else None
    return message.get_content_type() if value else "", charset


def _failed(url: str, reason: str) -> Refused:
    return Refused("R_FETCH_FAILED", f"{url}: {reason}")


def _forbidden(url: str, reason: str) -> Refused:
    return Refused("R_FETCH_FORBIDDEN", f"{url}: {reason}")
