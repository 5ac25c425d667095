"""Encord's exports, as documented: `rows` reads label rows, `log` the log of its editor."""

from collectors.encord.export import EncordExport

__all__ = ["EncordExport"]
