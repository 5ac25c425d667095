"""What the configuration says of a source, with its secrets, for the collector that reads it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelpulse.config.base import read_secret
from labelpulse.config.settings import absolute_sqlite
from labelpulse.core.errors import ConfigError
from labelpulse.source import Access

if TYPE_CHECKING:
    from labelpulse.config import Settings, Source


def access_to(settings: "Settings", source: "Source") -> Access:
    """Return all that a collector needs of a configured source.

    What is missing the collector complains of, since only it knows what it needs.

    Raises:
        ConfigError: a secret is kept where it cannot be read.
    """
    where, folder = f"source {source.name!r}", settings.folder
    url, token = (source.secret(key, where, folder) for key in ("url", "token"))
    return Access(
        name=source.name,
        url=absolute_sqlite(url.get_secret_value(), folder) if url else "",
        token=token.get_secret_value() if token else "",
        path=None if source.path is None else (folder / source.path).absolute(),
        format=source.format,
        projects=source.projects,
        overlap=source.overlap,
        zone=source.timezone or settings.default_zone(),
        options=_with_secrets(source.options, where, folder),
    )


def _with_secrets(options: Mapping[str, Any], where: str, folder: Path) -> dict[str, Any]:
    """Options as written, and under KEY what KEY_env or KEY_file names."""
    found: dict[str, Any] = {}
    for key, value in options.items():
        place = f"{where}: options.{key}"
        if key.endswith("_env"):
            if not os.environ.get(str(value)):
                raise ConfigError(f"{place} names the variable {value}, which is not set")
            found[key.removesuffix("_env")] = os.environ[str(value)]
        elif key.endswith("_file"):
            found[key.removesuffix("_file")] = read_secret(folder / str(value), place)
        else:
            found[key] = value
    return found


def needed_url(access: Access) -> str:
    """Return a source's address; ConfigError where it has none."""
    if not access.url:
        raise ConfigError(f"source {access.name!r}: url is missing: set url, url_env or url_file")
    return access.url
