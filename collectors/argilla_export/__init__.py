"""Argilla's exports: `forms` takes apart what its SDKs write, `export` makes records of it."""

from collectors.argilla_export.export import ArgillaExport

__all__ = ["ArgillaExport"]
