"""The one error of every configuration file."""

from __future__ import annotations

from pathlib import Path


class ConfigError(Exception):
    """A configuration file says something this office cannot work with."""

    def __init__(self, file: Path, key: str, reason: str) -> None:
        """Name the file, the key in it, and what would be accepted; never a secret."""
        self.file, self.key, self.reason = file, key, reason
        super().__init__(f"{file.name}: {key}: {reason}" if key else f"{file.name}: {reason}")
