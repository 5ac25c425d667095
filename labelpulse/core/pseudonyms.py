"""Create pseudonyms: readable, stable names such as "Heron 12" in place of real ones."""

import hmac
from collections.abc import Iterable

UNKNOWN = "unknown"
"""Shown when the author of an annotation is unknown."""

ANONYMOUS = "anonymous"
"""Shown for visitors who are not logged in; such an account may be several people."""

KEY_BYTES = 32
_NUMBERS = 99
_TRIES = 20

_ANIMALS = """
Albatross Alpaca Antelope Avocet Badger Bear Beaver Bison Bittern Bluebird Bobcat Buffalo
Bullfinch Bunting Bustard Buzzard Camel Caribou Catbird Chamois Cheetah Chickadee Chipmunk Condor
Cormorant Cougar Coyote Crane Cricket Cuckoo Curlew Deer Dingo Dipper Dolphin Dormouse Dove
Dragonfly Dunlin Eagle Egret Eider Elk Ermine Falcon Ferret Finch Firefly Flamingo Fox Gannet
Gazelle Gecko Gibbon Giraffe Godwit Goldfinch Goose Goshawk Grebe Grouse Gull Hare Harrier Hawk
Hedgehog Heron Hoopoe Hummingbird Ibex Ibis Impala Jackdaw Jaguar Jay Kestrel Kingfisher Kite Kiwi
Koala Kudu Lapwing Lark Lemur Leopard Linnet Lion Lizard Llama Loon Lynx Magpie Mallard Manatee
Marmot Marten Martin Meerkat Merlin Mongoose Moose Nightingale Nutcracker Nuthatch Ocelot Oriole
Oryx Osprey Otter Owl Panda Panther Partridge Pelican Penguin Petrel Pheasant Pigeon Pipit Plover
Polecat Puffin Puma Quail Rabbit Raccoon Raven Redstart Robin Rook Sable Salamander Sandpiper Seal
Shrike Siskin Skylark Snipe Sparrow Squirrel Starling Stoat Stork Swallow Swan Swift Tapir Teal
Tern Thrush Tiger Toucan Turaco Turtle Vole Wagtail Walrus Warbler Waxwing Weasel Whale Wigeon
Wolf Wolverine Wombat Woodlark Wren Zebra
"""
ANIMALS = tuple(_ANIMALS.split())


def pseudonyms(key: bytes, people: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Return a unique pseudonym for each person; it never changes under the same key.

    HMAC-SHA256 of the identity (RFC 2104) selects the animal and the number. When an earlier
    person (lower id) already has that name, the next hash is tried; so a name depends on earlier
    people only, never on later ones.

    Args:
        key: secret; without it nobody can find a person by hashing likely identities.
        people: (id, identity text such as source and native id).

    >>> pseudonyms(b"k" * 32, [(1, "studio/ann"), (2, "studio/bob")])
    {1: 'Raccoon 30', 2: 'Stoat 63'}
    """
    names: dict[int, str] = {}
    taken: set[str] = set()
    for person, identity in sorted(people):
        attempt = 0
        while (name := _name(key, identity, attempt)) in taken:
            attempt += 1
        taken.add(name)
        names[person] = name
    return names


def _name(key: bytes, identity: str, attempt: int) -> str:
    text = f"{attempt}\0{identity}".encode()
    number = int.from_bytes(hmac.digest(key, text, "sha256")[:8], "big")
    numbers = _NUMBERS if attempt < _TRIES else _NUMBERS * 100
    return f"{ANIMALS[number % len(ANIMALS)]} {number // len(ANIMALS) % numbers + 1}"
