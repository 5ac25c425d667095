"""People as they are shown: readable pseudonyms, or native ids to those who may see them."""

import os
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, select

from labelpulse import schema
from labelpulse.core.errors import ConfigError, UsageError
from labelpulse.core.pseudonyms import KEY_BYTES, UNKNOWN, pseudonyms
from labelpulse.reader.query import Scope

KEY_FILE = "pseudonym.key"
KEY_VARIABLE = "LABELPULSE_PSEUDONYM_KEY"


def pseudonym_key(config: Path | None = None, environ: Mapping[str, str] | None = None) -> bytes:
    """Return the key that pseudonyms are made with; it never lies in the warehouse.

    The variable LABELPULSE_PSEUDONYM_KEY, else the file ``pseudonym.key`` beside the
    configuration, else the one in the user's state folder, made (mode 0600) when it is missing.

    Args:
        config: the configuration's file; None = there is none.
        environ: variables to read; None = this process's.

    Raises:
        ConfigError: the file is empty, or cannot be read or made.
    """
    environ = os.environ if environ is None else environ
    if environ.get(KEY_VARIABLE):
        return environ[KEY_VARIABLE].encode()
    beside = None if config is None else config.absolute().parent / KEY_FILE
    path = beside if beside is not None and beside.exists() else _state_folder(environ) / KEY_FILE
    try:
        key = path.read_bytes().strip() if path.exists() else _make(path)
    except OSError as error:
        raise ConfigError(
            f"the key of pseudonyms {path} cannot be used ({error.strerror}): make it readable, "
            f"or set {KEY_VARIABLE}"
        ) from None
    if not key:
        raise ConfigError(f"the key of pseudonyms {path} is empty: delete it for a new one")
    return key


def _state_folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_STATE_HOME")
    if base:
        return Path(base) / "labelpulse"
    home = environ.get("HOME")
    return (Path(home) if home else Path.home()) / ".local" / "state" / "labelpulse"


def _make(path: Path) -> bytes:
    """Make a key file, unless another process just did: then its key counts."""
    import secrets

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = path.with_name(f"{path.name}.{os.getpid()}")
    key = secrets.token_hex(KEY_BYTES).encode()
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key + b"\n")
    try:
        os.link(own, path)
    except FileExistsError:
        key = path.read_bytes().strip()
    except OSError:  # a file system without hard links
        own.rename(path)
    finally:
        own.unlink(missing_ok=True)
    return key


class People:
    """Annotators of a warehouse: their pseudonyms, their native ids, and who is unknown."""

    def __init__(self, conn: Connection, scope: Scope, sources: Mapping[int, str]) -> None:
        who, identity = schema.annotator.c, schema.annotator_identity.c
        query = select(who.id, who.kind, who.source_id, identity.native_id).outerjoin(
            schema.annotator_identity, identity.annotator_id == who.id
        )
        self._rows = {row.id: row for row in conn.execute(query)}
        self._sources = sources
        self._scope = scope
        self.unknown = frozenset(one for one, row in self._rows.items() if row.kind == UNKNOWN)

    @cached_property
    def _pseudonyms(self) -> dict[int, str]:
        known = [
            (one, f"{self._sources[row.source_id]}\0{row.native_id or one}")
            for one, row in self._rows.items()
            if one not in self.unknown
        ]
        return pseudonyms(self._scope.key or pseudonym_key(), known)

    def shown(self, sources: frozenset[int]) -> dict[int, str]:
        """Return how the annotators of some sources are shown, by id."""
        found = {one: row for one, row in self._rows.items() if row.source_id in sources}
        if not self._scope.names:
            return {one: self._pseudonyms.get(one, UNKNOWN) for one in found}
        often = Counter(row.native_id for row in found.values())
        return {one: self._named(one, often[row.native_id] > 1) for one, row in found.items()}

    def _named(self, one: int, shared: bool) -> str:
        row = self._rows[one]
        if one in self.unknown:
            return UNKNOWN
        native_id = row.native_id or f"#{one}"
        return f"{self._sources[row.source_id]}/{native_id}" if shared else native_id

    def find(self, name: str, sources: frozenset[int]) -> frozenset[int]:
        """Return the annotators of some sources by pseudonym, native id or SOURCE/ID.

        Raises:
            UsageError: there is nobody of that name.
        """
        here = {one: row for one, row in self._rows.items() if row.source_id in sources}
        found = {
            one
            for one, row in here.items()
            if (name == UNKNOWN and one in self.unknown)
            or (name in (row.native_id, self._named(one, True)) and one not in self.unknown)
        }
        found = found or {one for one in here if self._pseudonyms.get(one) == name}
        if not found:
            raise UsageError(
                "nobody here is called what the filter on annotators says: give a pseudonym as "
                "shown, or a native id"
            )
        return frozenset(found)
