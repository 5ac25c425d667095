"""What CVAT's pictures are called, and how the names come into a warehouse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from collectors.cvat import CvatDatabase
from labelpulse import schema
from labelpulse.source import ANNOTATIONS, ITEMS
from tests.support import cvat
from tests.support.cvat import Cvat
from tests.support.polled import Polled


@pytest.fixture
def tool(pg_database: str) -> Iterator[Cvat]:
    with cvat.filled(pg_database) as made:
        yield made


def named(url: str, stream: str = ITEMS) -> dict[str, tuple[str, str]]:
    """Native id -> (name, fingerprint) of the items that a stream brings."""
    source = CvatDatabase(url, name="cvat")
    source.open()
    seen = [one for page in source.full(stream, None) for one in page.records]
    found = source.fetch(stream, [one.native_id for one in seen]).items
    source.close()
    if stream == ITEMS:
        assert {one.native_id: one.fingerprint for one in seen} == {
            one.native_id: one.fingerprint for one in found
        }
    return {one.native_id: (one.name, one.fingerprint) for one in found}


@pytest.fixture
def unnamed(tool: Cvat) -> Iterator[str]:
    """The database as a role reads it that was granted all but the names of pictures."""
    role = f"lp_reader_{make_url(tool.url).database}"
    looked = CvatDatabase(tool.url, name="cvat")
    grant = looked.inspect().grant
    looked.close()
    assert ", path) ON public.engine_image" in grant
    for line in grant.replace(", path)", ")").splitlines():
        if line.startswith(("CREATE", "GRANT")):
            tool.all(line.replace("labelpulse", role))
    url = make_url(tool.url).set(username=role, password="choose-one")
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        tool.all(f"DROP OWNED BY {role}")
        tool.all(f"DROP ROLE {role}")


def test_items_are_called_as_their_pictures(tool: Cvat) -> None:
    tool.all("UPDATE engine_image SET path = 'a/b/52.png' WHERE data_id = 9 AND path = '52.png'")
    pictures = tool.all("SELECT data_id, frame, path FROM engine_image")
    wanted = {f"{data}:{frame}": path for data, frame, path in pictures}
    found = {key: name for key, (name, _) in named(tool.url).items() if name}
    assert found == {key: name for key, name in wanted.items() if key in found}
    assert len(found) == len(wanted)
    assert found["9:0"] == "a/b/52.png"
    shown = {key: name for key, (name, _) in named(tool.url, ANNOTATIONS).items() if name}
    assert shown.items() <= found.items(), "a frame's annotation brings the same name"
    assert len(shown) > 20


def test_names_go_by_the_numbers_of_the_data(tool: Cvat) -> None:
    before = named(tool.url)
    tool.all("UPDATE engine_image SET frame = frame * 5 + 100 WHERE data_id = 9")
    tool.all("UPDATE engine_data SET start_frame = 100, frame_filter = 'step=5' WHERE id = 9")
    assert named(tool.url) == before


def test_without_the_right_to_read_names_everything_else_is_read(tool: Cvat, unnamed: str) -> None:
    found, whole = named(unnamed), named(tool.url)
    assert found.keys() == whole.keys()
    assert {name for name, _ in found.values()} == {""}
    looked = CvatDatabase(unnamed, name="cvat")
    assert any("column path of table engine_image" in one for one in looked.inspect().remarks)
    looked.close()


def names_held(polled: Polled) -> set[str]:
    with polled.warehouse.engine.connect() as conn:
        return set(conn.scalars(select(schema.item.c.name)))


def test_names_come_with_the_first_sweep_after_they_may_be_read(
    tool: Cvat, unnamed: str, tmp_path: Path, empty_warehouse: Path
) -> None:
    def source(url: str) -> Any:
        return lambda: CvatDatabase(url, name="tool", projects=("task-23",))

    polled = Polled(tmp_path, empty_warehouse, source(unnamed))
    polled.poll()
    assert names_held(polled) == {""}
    tool.all(f"GRANT SELECT (path) ON engine_image TO {make_url(unnamed).username}")
    polled.poll(sweep=True)
    paths = tool.all("SELECT path FROM engine_image WHERE data_id = 22 AND NOT is_placeholder")
    assert names_held(polled) == {path for (path,) in paths}
    with polled.warehouse.engine.connect() as conn:
        version = conn.scalar(select(schema.project.c.data_version))
    polled.poll(sweep=True)
    with polled.warehouse.engine.connect() as conn:
        assert conn.scalar(select(schema.project.c.data_version)) == version
    polled.close()
