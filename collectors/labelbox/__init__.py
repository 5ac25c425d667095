"""Labelbox's exports: `export` reads rows and labels, `said` what a label says."""

from collectors.labelbox.export import LabelboxExport

__all__ = ["LabelboxExport"]
