"""Kili's exports, as documented: `export` reads assets and labels, `said` what a label says."""

from collectors.kili.export import KiliExport

__all__ = ["KiliExport"]
