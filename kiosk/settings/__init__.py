"""One door's settings and the policy that they name: read once, every mistake told at once."""

from kiosk.settings.settings import (
    Checks,
    Settings,
    SettingsError,
    link_users,
    problems,
    read_lock,
    read_policy,
    read_settings,
)

__all__ = [
    "Checks",
    "Settings",
    "SettingsError",
    "link_users",
    "problems",
    "read_lock",
    "read_policy",
    "read_settings",
]
