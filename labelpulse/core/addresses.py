"""Check the webhook addresses that users enter on a page.

An unchecked address would let a user reach, through this machine, its local services, its network
and the metadata service of a cloud (server-side request forgery).
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PORTS = frozenset({443, 8443})
"""Ports of HTTPS servers. Ports of mail servers, databases and other protocols are refused."""

INSIDE = frozenset(
    {"arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost"}
)
"""Top-level names that only a local network resolves."""

_PRINTABLE = re.compile(r"[!-\[\]-~]+")  # printable ASCII without blanks and backslashes
_NAME_PART = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_MAX_NAME_LENGTH = 253

_GLOBAL = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_REFUSED_4 = (  # is_global accepts these, at least in some versions of Python
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("168.63.129.16/32"),  # the metadata service of Azure
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("240.0.0.0/4"),
)
_REFUSED_6 = (IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet.

    An IPv4 address that is embedded in an IPv6 address must be public too.

    >>> is_public("93.184.216.34"), is_public("127.0.0.1"), is_public("64:ff9b::7f00:1")
    (True, False, False)
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _is_public_4(parsed) if isinstance(parsed, IPv4Address) else _is_public_6(parsed)


def _is_public_4(address: IPv4Address) -> bool:
    is_refused = any(address in network for network in _REFUSED_4)
    return address.is_global and not address.is_multicast and not is_refused


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return _is_public_4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_4(IPv4Address(int(address) & 0xFFFF_FFFF))
    embedded = [address.sixtofour] if address.sixtofour else list(address.teredo or ())
    if not all(map(_is_public_4, embedded)):
        return False
    is_refused = any(address in network for network in _REFUSED_6)
    return address in _GLOBAL and address.is_global and not address.is_multicast and not is_refused


def refusal_reason(scheme: str, host: str, port: int | None) -> str:
    """Return why requests to an address are refused; "" when they are allowed.

    The reason does not contain the address, which may be a secret.

    Args:
        host: an IPv6 address is given without its brackets.
        port: None = 443.

    >>> refusal_reason("https", "hooks.example.org", None), refusal_reason("https", "0x7f.1", None)
    ('', 'its host is not an internet name')
    """
    if scheme != "https":
        return "it is not https"
    if (443 if port is None else port) not in PORTS:
        return f"its port is not {' or '.join(map(str, sorted(PORTS)))}"
    try:
        ip_address(host)
    except ValueError:
        return "" if _is_name(host) else "its host is not an internet name"
    return "" if is_public(host) else "it is not on the public internet"


def _is_name(host: str) -> bool:
    parts = host.split(".")
    last = parts[-1]
    return (
        len(host) <= _MAX_NAME_LENGTH
        and len(parts) > 1
        and all(map(_NAME_PART.fullmatch, parts))
        and not _NUMBER.fullmatch(last)  # a number at the end would be resolved as an IPv4 address
        and last not in INSIDE
    )


def is_plain(address: str) -> bool:
    r"""Return whether every URL parser splits an address in the same way.

    Parsers disagree about other characters, blanks, backslashes and a user before the host.

    >>> is_plain("https://hooks.example.org/a"), is_plain("https://a@b.org"), is_plain("h\\x")
    (True, False, False)
    """
    front = re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]
    return bool(_PRINTABLE.fullmatch(address)) and "@" not in front and "%" not in front
