"""How a JSON file begins: its first sign, and which keys its first object has."""

import re
from dataclasses import dataclass
from functools import lru_cache

DEPTH = 4
"""Keys nested deeper tell nothing that the outer ones do not."""

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([{}\[\],:])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Outline:
    """The beginning of a file.

    Attributes:
        opening: ``[`` or ``{``; "" = it is no JSON.
        keys: of its first object, as paths with dots; one that holds a list ends in ``[]`` too.
            Lists in between are left out: ``annotations.id`` is in each of a list.
    """

    opening: str = ""
    keys: frozenset[str] = frozenset()

    def has(self, *keys: str) -> bool:
        """Return True when all those keys are there."""
        return self.keys.issuperset(keys)

    def any(self, *keys: str) -> bool:
        """Return True when one of those keys is there."""
        return not self.keys.isdisjoint(keys)


@lru_cache(maxsize=4)
def outline(head: bytes) -> Outline:
    """Return how a file begins, from its first bytes; the end of them may be anywhere.

    >>> sorted(outline(b'[{"id": 1, "tags": [{"name": "a"}]}, {"more": 2}').keys)
    ['id', 'tags', 'tags.name', 'tags[]']
    """
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text[:1] not in ("[", "{"):
        return Outline()
    return Outline(text[0], _keys(text))


def _keys(text: str) -> frozenset[str]:
    found: set[str] = set()
    path: list[str] = []
    outside = 1 if text[0] == "[" else 0
    word = key = ""
    for string, sign in _TOKEN.findall(text):
        if not sign:
            word = string
        elif sign == ":":
            key = word
            if len(path) <= DEPTH:
                found.add(_joined(path, key))
        elif sign in "{[":
            if sign == "[" and key:
                found.add(_joined(path, key) + "[]")
            path.append(key)
            key = ""
        elif sign == ",":
            key = ""
        else:
            del path[-1:]
            if found and len(path) <= outside:
                break
    return frozenset(found)


def _joined(path: list[str], key: str) -> str:
    return ".".join([*filter(None, path), key])
