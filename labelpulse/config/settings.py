"""The loaded configuration and queries by source, project and channel."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from labelpulse.config.alerting import Channel
from labelpulse.config.base import Secret
from labelpulse.config.dashboard import Dashboard
from labelpulse.config.errors import table_error
from labelpulse.config.models import ConfigFile, Project, Source
from labelpulse.core.days import machine_zone
from labelpulse.core.errors import UsageError


class Settings(ConfigFile):
    """The loaded configuration; create it with `load_settings`.

    Attributes:
        file: the file that was read, or None.
        database: the URL of the warehouse: --db, else the environment, else the file, else a
            SQLite file next to it.
    """

    file: Path | None = None
    database: Secret = Secret("sqlite:///labelpulse.db")

    @property
    def folder(self) -> Path:
        """The folder that paths in the configuration are relative to."""
        return self.file.parent if self.file is not None else Path()

    @property
    def links(self) -> dict[str, str]:
        """Templates of item links by name of the source."""
        return {source.name: source.link for source in self.sources if source.link is not None}

    def with_dashboard(
        self, *, address: str | None = None, port: int | None = None, public_url: str | None = None
    ) -> "Settings":
        """Return the settings with options of the command line for the dashboard; None = unchanged.

        Raises:
            UsageError: the combination is invalid.
        """
        given = {"address": address, "port": port, "public_url": public_url}
        changed = {key: value for key, value in given.items() if value is not None}
        try:
            dashboard = Dashboard.model_validate({**self.dashboard.model_dump(), **changed})
        except ValidationError as error:
            raise UsageError(f"[dashboard]: {table_error(error)}") from None
        return self.model_copy(update={"dashboard": dashboard})

    def channel(self, name: str) -> Channel:
        """Return a configured channel; UsageError when the name does not exist."""
        channel = self.channels.get(name)
        if channel is None:
            names = ", ".join(self.channels) or "none"
            raise UsageError(f"no [channels.{name}] is configured; configured are: {names}")
        return channel

    def source(self, name: str) -> Source:
        """Return a configured source; UsageError when the name does not exist."""
        sources = {source.name: source for source in self.sources}
        if name not in sources:
            names = ", ".join(sources) or "none"
            raise UsageError(f"no [[sources]] is named {name!r}; configured are: {names}")
        return sources[name]

    def project(self, source: str, title: str) -> Project | None:
        """Return the configuration of a project; None when it has none."""
        key = (source, title)
        return next((entry for entry in self.projects if (entry.source, entry.title) == key), None)

    def project_data(self, source: str, title: str) -> dict[str, Any]:
        """Return the project's settings of origin ``toml``, as plain JSON values.

        Contains only keys that are set. The zone is the project's, else the source's. The default
        zone has its own key, because import flags take precedence over it.
        """
        project = self.project(source, title)
        data = {} if project is None else _project_data(project)
        zones = [entry.timezone for entry in self.sources if entry.name == source]
        if zones and zones[0]:
            data.setdefault("timezone", zones[0])
        if self.defaults.timezone:
            data["default_timezone"] = self.defaults.timezone
        if self.defaults.holidays:
            data["default_holidays"] = [day.isoformat() for day in self.defaults.holidays]
        return data

    def default_zone(self) -> str:
        """Return the zone of days without a more specific one: the default or this machine's."""
        return self.defaults.timezone or machine_zone()


def _project_data(project: Project) -> dict[str, Any]:
    data = project.model_dump(mode="json", exclude_none=True, exclude={"source", "title"})
    if not data.get("controls"):
        data.pop("controls", None)
    return data


def absolute_sqlite(url: str, folder: Path) -> str:
    """Return a URL with an absolute SQLite path, independent of the current folder.

    >>> absolute_sqlite("sqlite:///labels.db", Path("/data"))
    'sqlite:////data/labels.db'
    """
    head, mark, path = url.partition("sqlite:///")
    relative = not head and mark and not path.startswith(("/", ":", "file:")) and path
    if not relative or not folder.parts:
        return url
    return f"sqlite:///{(folder / path).absolute()}"
