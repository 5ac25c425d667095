"""The configuration in force, and what it says of one source or project."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from labelpulse.config.alerting import Channel
from labelpulse.config.base import Secret
from labelpulse.config.complaints import of_table
from labelpulse.config.dashboard import Dashboard
from labelpulse.config.models import Document, Project, Source
from labelpulse.core.days import machine_zone
from labelpulse.core.errors import UsageError


class Settings(Document):
    """The configuration in force; make it with `load_settings`.

    Attributes:
        file: the file that was read, or None.
        database: the warehouse's URL: --db, else the environment, else the file, else a
            SQLite file beside it.
    """

    file: Path | None = None
    database: Secret = Secret("sqlite:///labelpulse.db")

    @property
    def folder(self) -> Path:
        """The folder that paths in the configuration are relative to."""
        return self.file.parent if self.file is not None else Path()

    @property
    def links(self) -> dict[str, str]:
        """Templates of items' addresses in their tools, by name of the source."""
        return {one.name: one.link for one in self.sources if one.link is not None}

    def with_dashboard(
        self, *, address: str | None = None, port: int | None = None, public_url: str | None = None
    ) -> "Settings":
        """Return these settings with what the command line says of the dashboard; None = as it is.

        Raises:
            UsageError: the result cannot be served.
        """
        given = {"address": address, "port": port, "public_url": public_url}
        changed = {key: value for key, value in given.items() if value is not None}
        try:
            dashboard = Dashboard.model_validate({**self.dashboard.model_dump(), **changed})
        except ValidationError as error:
            raise UsageError(f"[dashboard]: {of_table(error)}") from None
        return self.model_copy(update={"dashboard": dashboard})

    def channel(self, name: str) -> Channel:
        """Return a configured channel; UsageError when there is none of that name."""
        found = self.channels.get(name)
        if found is None:
            known = ", ".join(self.channels) or "none"
            raise UsageError(f"no [channels.{name}] is configured; configured are: {known}")
        return found

    def source(self, name: str) -> Source:
        """Return a configured source; UsageError when there is none of that name."""
        for one in self.sources:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.sources) or "none"
        raise UsageError(f"no [[sources]] is named {name!r}; configured are: {known}")

    def project(self, source: str, title: str) -> Project | None:
        """Return what the file says of a project, if anything."""
        same = (one for one in self.projects if (one.source, one.title) == (source, title))
        return next(same, None)

    def project_data(self, source: str, title: str) -> dict[str, Any]:
        """Return the project's settings of origin ``toml``, as plain JSON values.

        Only what is set is in it; the zone is the project's, else the source's. The default zone
        stands apart, since import flags beat it.
        """
        project = self.project(source, title)
        said = {} if project is None else _said(project)
        zones = [one.timezone for one in self.sources if one.name == source and one.timezone]
        if zones:
            said.setdefault("timezone", zones[0])
        if self.defaults.timezone:
            said["default_timezone"] = self.defaults.timezone
        if self.defaults.holidays:
            said["default_holidays"] = [day.isoformat() for day in self.defaults.holidays]
        return said

    def default_zone(self) -> str:
        """Return the zone of days where nothing nearer names one: the default or this machine's."""
        return self.defaults.timezone or machine_zone()


def _said(project: Project) -> dict[str, Any]:
    data = project.model_dump(mode="json", exclude_none=True, exclude={"source", "title"})
    if not data.get("controls"):
        data.pop("controls", None)
    return data


def absolute_sqlite(url: str, folder: Path) -> str:
    """Return a URL whose SQLite path no longer depends on the current folder.

    >>> absolute_sqlite("sqlite:///labels.db", Path("/data"))
    'sqlite:////data/labels.db'
    """
    head, mark, path = url.partition("sqlite:///")
    relative = not head and mark and not path.startswith(("/", ":", "file:")) and path
    if not relative or not folder.parts:
        return url
    return f"sqlite:///{(folder / path).absolute()}"
