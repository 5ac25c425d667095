"""One writer a source: a lease row with a time to live and a fencing epoch.

Every write transaction checks the epoch and renews the lease, so a writer that slept past its
time cannot write after somebody else took over.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, Engine, extract, func, or_, select, update

from labelpulse import schema
from labelpulse.core.days import SECOND, now_us
from labelpulse.core.errors import FenceLost, LeaseHeld
from labelpulse.warehouse import bulk

TTL_S = 30.0
lease = schema.lease.c


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one source until somebody with a greater epoch takes over."""

    source_id: int
    source: str
    holder: str
    epoch: int
    ttl_us: int


def database_now(conn: Connection) -> int:
    """Return the clock of leases: the server's on PostgreSQL, else this machine's."""
    if conn.dialect.name == "sqlite":
        return now_us()
    seconds = conn.scalar(select(extract("epoch", func.clock_timestamp())))
    return int((seconds or 0) * SECOND)


def take(
    engine: Engine, source_id: int, source: str, *, ttl_s: float = TTL_S, wait_s: float = 0.0
) -> Lease:
    """Take the lease of a source, waiting up to `wait_s` for another holder to let go.

    Raises:
        LeaseHeld: another process holds it all that time.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
    ttl_us = int(ttl_s * SECOND)
    end = time.monotonic() + wait_s
    while True:
        with engine.begin() as conn:
            epoch = _try(conn, source_id, holder, ttl_us)
        if epoch is not None:
            return Lease(source_id, source, holder, epoch, ttl_us)
        if time.monotonic() >= end:
            raise LeaseHeld(
                f"source {source!r} is being collected by another process: stop that one, or "
                "wait until its lease runs out"
            )
        time.sleep(min(0.2, max(0.01, end - time.monotonic())))


def _try(conn: Connection, source_id: int, holder: str, ttl_us: int) -> int | None:
    now = database_now(conn)
    fresh = (source_id, "", 0, 0)
    names = ("source_id", "holder", "epoch", "expires_at")
    if conn.scalar(select(lease.epoch).where(lease.source_id == source_id)) is None:
        # Two processes may both see no row: the second insert does nothing.
        statement = bulk.insert_or_ignore(conn, schema.lease, dict(zip(names, fresh, strict=True)))
        conn.execute(statement)
    taken = conn.execute(
        update(schema.lease)
        .where(lease.source_id == source_id, or_(lease.expires_at <= now, lease.holder == holder))
        .values(holder=holder, epoch=lease.epoch + 1, expires_at=now + ttl_us)
    )
    if taken.rowcount != 1:
        return None
    return int(conn.scalar(select(lease.epoch).where(lease.source_id == source_id)) or 0)


def check(conn: Connection, held: Lease) -> None:
    """Renew a lease inside a write transaction; FenceLost when somebody else has it by now."""
    renewed = conn.execute(
        update(schema.lease)
        .where(lease.source_id == held.source_id)
        .where(lease.holder == held.holder, lease.epoch == held.epoch)
        .values(expires_at=database_now(conn) + held.ttl_us)
    )
    if renewed.rowcount != 1:
        raise FenceLost(
            f"source {held.source!r} was taken over by another process; nothing was written here"
        )


def release(engine: Engine, held: Lease) -> None:
    """Give a lease back; nothing happens when it is no longer ours."""
    with engine.begin() as conn:
        conn.execute(
            update(schema.lease)
            .where(lease.source_id == held.source_id, lease.epoch == held.epoch)
            .where(lease.holder == held.holder)
            .values(expires_at=0)
        )


@contextmanager
def holding(
    engine: Engine, source_id: int, source: str, *, ttl_s: float = TTL_S, wait_s: float = 0.0
) -> Iterator[Lease]:
    """Hold the lease of a source inside a ``with`` block."""
    held = take(engine, source_id, source, ttl_s=ttl_s, wait_s=wait_s)
    try:
        yield held
    finally:
        release(engine, held)
