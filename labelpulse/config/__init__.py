"""Read the configuration: labelpulse.toml and LABELPULSE_* variables become `Settings`."""

from labelpulse.config.alerting import Alert, Alerting, Channel
from labelpulse.config.base import Secret
from labelpulse.config.dashboard import Dashboard
from labelpulse.config.load import default_path, load_settings
from labelpulse.config.models import (
    IMPORT_PREFIX,
    Control,
    Project,
    Rate,
    Source,
    Team,
)
from labelpulse.config.settings import Settings

__all__ = [
    "IMPORT_PREFIX",
    "Alert",
    "Alerting",
    "Channel",
    "Control",
    "Dashboard",
    "Project",
    "Rate",
    "Secret",
    "Settings",
    "Source",
    "Team",
    "default_path",
    "load_settings",
]
