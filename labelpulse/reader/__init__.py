"""Reading the warehouse: a metric query in, plain rows out. The only reader of facts outside it."""

from labelpulse.reader.people import pseudonym_key
from labelpulse.reader.query import (
    EVERYONE,
    Condition,
    MetricQuery,
    Result,
    Row,
    Scope,
    condition,
    merging,
)
from labelpulse.reader.read import read

__all__ = [
    "EVERYONE",
    "Condition",
    "MetricQuery",
    "Result",
    "Row",
    "Scope",
    "condition",
    "merging",
    "pseudonym_key",
    "read",
]
