"""One request to another machine, bounded in every way: where it may go, how long it takes, how much comes back.

The address is looked up once and the connection goes to what was found then, so that a name cannot mean one
machine while it is checked and another while it is called. Redirections are answers like others; nothing follows
them. Proxies of the environment are not used.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
PORTS = {"http": 80, "https": 443}


class NoReply(Exception):
    """Nothing usable came back; `code` says why: REFUSED_ADDRESS, NO_CONNECTION, TOO_SLOW or TOO_LARGE."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code} {about}".strip())
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and where."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes


def anywhere(address: Address) -> bool:
    """For a machine that the operator has named in the settings."""
    return True


def send(
    request: Request, *, seconds: float, most_bytes: int, may_connect: Callable[[Address], bool]
) -> Reply:
    """Send one request and read the whole answer. Raises NoReply.

    `seconds` is the longest it may take from connecting to the last byte, however slowly they come; looking the
    name up is left to the machine's own limits. An answer of more than `most_bytes` is none. TLS is verified
    against the machine's certificates, or those that SSL_CERT_FILE names.
    """
    parts = urlsplit(request.url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    until = time.monotonic() + seconds
    line = _connected(_found(host, port, may_connect), until=until)
    try:
        if parts.scheme == "https":
            line = _secured(line, host)
        with _Watch(line, until):
            return _exchanged(line, request, most_bytes=most_bytes)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= until or isinstance(error, TimeoutError):
            raise NoReply("TOO_SLOW", type(error).__name__) from error
        raise NoReply("NO_CONNECTION", type(error).__name__) from error
    finally:
        line.close()


def _found(host: str, port: int, may_connect: Callable[[Address], bool]) -> list[tuple[str, int]]:
    """Where the name leads, without the machines that must not be called. Raises NoReply."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoReply("NO_CONNECTION", type(error).__name__) from error
    found = list(dict.fromkeys(str(row[4][0]) for row in rows))
    allowed = [one for one in found if may_connect(_bare(one))]
    if not allowed:
        raise NoReply("REFUSED_ADDRESS", host)
    return [(one, port) for one in allowed]


def _bare(address: str) -> Address:
    """The address that counts: an IPv4 one in the clothes of IPv6 is an IPv4 one."""
    found = ip_address(address.partition("%")[0])
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _connected(places: list[tuple[str, int]], *, until: float) -> socket.socket:
    last: OSError = TimeoutError()
    for place in places:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection(place, timeout=left)
        except OSError as error:
            last = error
    code = "TOO_SLOW" if isinstance(last, TimeoutError) else "NO_CONNECTION"
    raise NoReply(code, type(last).__name__) from last


def _secured(line: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    return context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)


class _Watch:
    """Cuts the line when the time is over: a time limit on each read alone lets a slow drip go on for ever."""

    def __init__(self, line: socket.socket, until: float) -> None:
        self._line = line
        self._timer = threading.Timer(max(0.0, until - time.monotonic()), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        try:
            socket.socket.shutdown(self._line, socket.SHUT_RDWR)
        except OSError:  # it has ended by itself
            return


def _exchanged(line: socket.socket, request: Request, *, most_bytes: int) -> Reply:
    parts = urlsplit(request.url)
    if isinstance(line, ssl.SSLSocket):
        line.do_handshake()
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port)
    connection.sock = line
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(request.method, path, body=request.body, headers=dict(request.headers))
    answer = connection.getresponse()
    body = answer.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise NoReply("TOO_LARGE", str(most_bytes))
    if answer.length:  # cut off before its end
        raise http.client.IncompleteRead(body)
    return Reply(answer.status, body)
