"""Configuration of the dashboard: where it listens and the address that people open."""

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from labelpulse.config.base import ConfigTable
from labelpulse.config.links import web_address

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")

_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def _public_url(value: str | None) -> str | None:
    if value is None:
        return None
    parts = web_address(value)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be an address without a user, a ? or a #")
    try:
        _ = parts.port
        ascii_host(str(parts.hostname))
    except ValueError:
        raise ValueError("has an invalid host or port") from None
    path = parts.path.rstrip("/")
    if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise ValueError("must have a plain path such as /pulse: only letters, digits and . _ ~ -")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        if not _HOST_NAME.fullmatch(value):
            raise ValueError(
                "must be an IP address or a host name of this machine, such as 127.0.0.1 or "
                "0.0.0.0, without a port"
            ) from None
    return value


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach a server that listens on the address.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def ascii_host(host: str) -> str:
    """Return a host as browsers send it: names in lower case and IDNA, IP addresses unchanged.

    >>> ascii_host("Büro.example.org"), ascii_host("::1")
    ('xn--bro-hoa.example.org', '::1')
    """
    try:
        return str(ip_address(host))
    except ValueError:
        return host.lower().encode("idna").decode("ascii")


class Dashboard(ConfigTable):
    """Where the dashboard listens and how people reach it.

    Attributes:
        address: the address to listen on. Beyond loopback it needs `public_url`.
        port: the port to listen on.
        public_url: the address in people's browsers; links use it, and its path is the base path
            of all pages. None = the dashboard is used on this machine only.
    """

    address: Annotated[str, AfterValidator(_address)] = "127.0.0.1"
    port: int = Field(default=8501, ge=1, le=65_535)
    public_url: Annotated[str | None, AfterValidator(_public_url)] = None

    @model_validator(mode="after")
    def _needs_public_url(self) -> "Dashboard":
        if self.public_url is None and not is_loopback(self.address):
            raise ValueError(
                f"address {self.address} can be reached from other machines, so labelpulse needs "
                "the address that people open: set public_url under [dashboard] or give "
                "--public-url, for example https://labels.example.org/pulse. To serve only this "
                "machine, remove address"
            )
        return self

    @property
    def is_shared(self) -> bool:
        """Whether people on other machines can open the dashboard."""
        return self.public_url is not None

    @property
    def url(self) -> str:
        """The address of the dashboard for links, without a trailing slash."""
        return self.public_url or self.local_url

    @property
    def local_url(self) -> str:
        """The address at which this machine itself reaches the server, base path included."""
        host = "127.0.0.1" if self.address in _WILDCARDS else self.address
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}{self.base_path}"

    @property
    def base_path(self) -> str:
        """The path of `public_url`: empty, or such as ``/pulse``."""
        return urlsplit(self.public_url or "").path

    @property
    def public_host(self) -> str | None:
        """The host of `public_url` as browsers send it; None without one."""
        return ascii_host(str(urlsplit(self.public_url).hostname)) if self.public_url else None

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Hosts that requests may name: the public host, the listening address and loopback."""
        own = () if self.address in _WILDCARDS else (self.address,)
        public = () if self.public_host is None else (self.public_host,)
        return tuple(dict.fromkeys((*public, *map(ascii_host, (*own, *LOOPBACK_NAMES)))))
