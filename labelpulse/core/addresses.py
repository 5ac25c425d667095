"""Which addresses on the internet somebody who enters one on a page may have us post to.

Whoever may enter an address could otherwise reach through us what only this machine reaches: its
own services, its network, the metadata of a cloud.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PORTS = frozenset({443, 8443})
"""Where HTTPS is offered; none of a mail server, a database or another tool's own language."""

INSIDE = frozenset(
    {"arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost"}
)
"""Last parts of names that only a local network knows."""

_PLAIN = re.compile(r"[!-\[\]-~]+")  # printable ASCII without blanks and backslashes
_PART = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_LONGEST_NAME = 253

_GLOBAL = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_REFUSED = (  # what Python's is_global lets pass, or did in some version of it
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("168.63.129.16/32"),  # metadata of a cloud, on a public address
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("240.0.0.0/4"),
)
_REFUSED_6 = (IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet, and whatever it stands for too.

    >>> is_public("93.184.216.34"), is_public("127.0.0.1"), is_public("64:ff9b::7f00:1")
    (True, False, False)
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return _public(found) if isinstance(found, IPv4Address) else _public_6(found)


def _public(found: IPv4Address) -> bool:
    ours = any(found in one for one in _REFUSED)
    return found.is_global and not found.is_multicast and not ours


def _public_6(found: IPv6Address) -> bool:
    if found.scope_id is not None:
        return False
    if found.ipv4_mapped is not None:
        return _public(found.ipv4_mapped)
    if found in _NAT64:
        return _public(IPv4Address(int(found) & 0xFFFF_FFFF))
    behind = [found.sixtofour] if found.sixtofour else list(found.teredo or ())
    if not all(map(_public, behind)):
        return False
    ours = any(found in one for one in _REFUSED_6)
    return found in _GLOBAL and found.is_global and not found.is_multicast and not ours


def why_not(scheme: str, host: str, port: int | None) -> str:
    """Return why an address may not be asked, in words that do not name it; "" = it may.

    Args:
        host: as in the address, an IPv6 address without its brackets. port: None = 443.

    >>> why_not("https", "hooks.example.org", None), why_not("https", "0x7f.1", None)
    ('', 'its host is no name of the internet')
    """
    if scheme != "https":
        return "it is not https"
    if (443 if port is None else port) not in PORTS:
        return f"its port is none of {', '.join(map(str, sorted(PORTS)))}"
    try:
        ip_address(host)
    except ValueError:
        return "" if _is_name(host) else "its host is no name of the internet"
    return "" if is_public(host) else "it is not on the public internet"


def _is_name(host: str) -> bool:
    parts = host.split(".")
    last = parts[-1]
    return (
        len(host) <= _LONGEST_NAME
        and len(parts) > 1
        and all(map(_PART.fullmatch, parts))
        and not _NUMBER.fullmatch(last)  # resolvers read it as an IPv4 address
        and last not in INSIDE
    )


def is_plain(address: str) -> bool:
    r"""Return whether an address reads the same to all who take it apart.

    Other signs, blanks, backslashes and a user before the host are read differently by different
    programs.

    >>> is_plain("https://hooks.example.org/a"), is_plain("https://a@b.org"), is_plain("h\\x")
    (True, False, False)
    """
    front = re.split(r"[/?#]", address.partition("://")[2], maxsplit=1)[0]
    return bool(_PLAIN.fullmatch(address)) and "@" not in front and "%" not in front
