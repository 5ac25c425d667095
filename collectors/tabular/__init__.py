"""Any table of labels, read by a map of fields to columns: CSV, TSV, JSON lines and Parquet.

`rows` makes records of rows, whatever they come from; `delimited`, `json_lines` and `parquet` read
them.
"""

from collectors.tabular.delimited import Csv, Tsv
from collectors.tabular.json_lines import JsonLines
from collectors.tabular.parquet import Parquet

__all__ = ["Csv", "JsonLines", "Parquet", "Tsv"]
