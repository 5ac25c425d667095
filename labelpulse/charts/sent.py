"""A chart as pages send it: its specification, and its rows beside it as Arrow tables.

Rows travel as tables and not in the specification: they are half as long, every number and instant
keeps its type, and nothing that reads the specification can take a name in them for its own.
"""

from typing import Any

import altair as alt
import pandas as pd


def sent(chart: alt.LayerChart) -> dict[str, Any]:
    """Return a chart's Vega-Lite specification; its ``datasets`` are name -> Arrow stream.

    A table that several layers draw is there once. What it looks like is left to where it is shown.
    """
    frames: dict[int, pd.DataFrame] = {}
    drawn: dict[str, Any] = _named(chart, frames).to_dict()
    del drawn["config"]
    tables = enumerate(frames.values())
    return {**drawn, "datasets": {_name(at): _arrow(one) for at, one in tables}}


def _named(chart: Any, frames: dict[int, pd.DataFrame]) -> Any:
    """Return a copy of a chart whose tables are named, and gather them."""
    copy = chart.copy(deep=False)
    if isinstance(copy.data, pd.DataFrame):
        frames.setdefault(id(copy.data), copy.data)
        copy.data = alt.NamedData(name=_name(list(frames).index(id(copy.data))))
    if isinstance(copy, alt.LayerChart):
        copy.layer = [_named(one, frames) for one in copy.layer]
    return copy


def _name(at: int) -> str:
    return f"rows {at}"


def _arrow(frame: pd.DataFrame) -> bytes:
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
