"""Who may ask: the address that is listened at, the Host that a browser believes to talk to, the token.

Nothing here knows starlette, nor what is asked.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from partwise.errors import DataError
from partwise.serve.refusals import Refused

__all__ = ["Door", "check_token", "is_loopback", "listen", "names_of", "url_of"]

TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What a Bearer token may be made of (RFC 6750)."""

HOST = re.compile(r"(\[[^]]*\]|[^:]*)(:\d*)?")


@dataclass(frozen=True)
class Door:
    """What a request must bring.

    Attributes
    ----------
    token : str or None
        The secret, as ``Authorization: Bearer TOKEN``, or as the password that a browser asks for (Basic, any user).
    hosts : frozenset of str, or None
        Names in the Host header that are ours. Where everybody reaches only the loopback address, a foreign name means
        that a web page makes a browser ask us in its own name (DNS rebinding). None: any.
    open : frozenset of str
        Paths that need no token.
    """

    token: str | None = None
    hosts: frozenset[str] | None = None
    open: frozenset[str] = frozenset()

    def check(self, path: str, headers: Mapping[str, str]) -> None:
        """Raise `Refused` for a request that may not come in."""
        host = host_of(headers.get("host", ""))
        if self.hosts is not None and host not in self.hosts:
            raise Refused(421, f"This server is {' or '.join(sorted(self.hosts))}, not {host[:60]!r}.")
        given = secret_of(headers.get("authorization", ""))
        if self.token is None or path in self.open or hmac.compare_digest(given, self.token.encode()):
            return
        raise Refused(401, "Send the token that the server was started with, as Authorization: Bearer TOKEN.")


def host_of(header: str) -> str:
    """The name in a Host header, without its port.

    Examples
    --------
    >>> host_of("LocalHost:8000"), host_of("[::1]:8000"), host_of("a b:c")
    ('localhost', '[::1]', '')
    """
    match = HOST.fullmatch(header.lower())
    return match[1].removesuffix(".") if match else ""


def secret_of(header: str) -> bytes:
    """The token in an Authorization header, empty where there is none.

    Examples
    --------
    >>> secret_of("Bearer abc"), secret_of("Basic " + base64.b64encode(b"me:abc").decode()), secret_of("abc")
    (b'abc', b'abc', b'')
    """
    scheme, _, rest = header.partition(" ")
    given = rest.strip().encode("utf-8", "replace")
    if scheme.lower() == "bearer":
        return given
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except ValueError:
        return b""


# ------------------------------------------------------------------ before anybody asks


def check_token(token: str | None) -> None:
    """Refuse a token that no header can carry."""
    if token is not None and not TOKEN.fullmatch(token):
        raise DataError(
            "A token is made of letters, digits and ._~+/- (at least one); make one with openssl rand -hex 24."
        )


def listen(host: str, port: int, token: str | None) -> socket.socket:
    """A socket that takes connections at ``host``, which must be the loopback unless there is a token.

    Raises
    ------
    DataError
        If others could reach the model without a token.
    OSError
        If the address is unknown, or in use.
    """
    check_token(token)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except UnicodeError:  # what Python says of a name that no network can carry
        raise DataError(f"{host[:60]!r} is no name of a machine. Give an address such as 127.0.0.1.") from None
    family, _, _, _, (address, *_) = found[0]
    if token is None and not is_loopback(str(address)):
        raise DataError(
            f"{host} can be reached from other machines, and the model holds your data. Give a token, which they must "
            "send; or serve at 127.0.0.1."
        )
    return socket.create_server((address, port), family=family)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address.

    Examples
    --------
    >>> [is_loopback(address) for address in ("127.0.0.1", "::1", "0.0.0.0", "192.168.0.7")]
    [True, True, False, False]
    """
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def names_of(listening: socket.socket) -> frozenset[str] | None:
    """What the Host header may say of a socket: the names of the loopback, or anything elsewhere."""
    address = listening.getsockname()[0]
    return frozenset({"localhost", bracketed(address)}) if is_loopback(address) else None


def url_of(listening: socket.socket) -> str:
    """Where a socket is found."""
    address, port = listening.getsockname()[:2]
    return f"http://{bracketed(address)}:{port}/"


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
