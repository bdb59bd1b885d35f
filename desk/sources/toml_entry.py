"""Reading a TOML table strictly: nothing unknown, nothing missing, nothing of the wrong type."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from desk.config_error import ConfigError


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One TOML table and where it stands, so that every error names its place."""

    file: Path
    place: str
    values: Mapping[str, object]

    def error(self, key: str, reason: str) -> ConfigError:
        """An error at one key of this table."""
        return ConfigError(self.file, ".".join(filter(None, (self.place, key))), reason)

    def known(self, key: str, what: str, given: str, accepted: Collection[str]) -> str:
        """The word given, if it is accepted."""
        if given in accepted:
            return given
        close = get_close_matches(given, accepted, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise self.error(key, f"unknown {what} {given!r}; {hint}accepted: {', '.join(accepted)}")

    def only(self, what: str, accepted: Collection[str]) -> None:
        """Refuse any key that is not accepted here."""
        for key in self.values:
            self.known(key, what, key, accepted)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self.values

    def text(self, key: str) -> str:
        """A string that is not empty."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "must be a text, and not empty" if self.has(key) else "is missing")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A string, or a list of strings, none of them empty; always as a tuple."""
        value = self.values.get(key)
        listed = value if isinstance(value, list) else [value]
        texts = tuple(text for text in listed if isinstance(text, str) and text.strip())
        if not texts or len(texts) < len(listed):
            raise self.error(key, "must be a text or a list of texts, none of them empty" if self.has(key) else "is missing")
        return texts

    def choice(self, key: str, accepted: Collection[str]) -> str:
        """One of the accepted words."""
        return self.known(key, key, self.text(key), accepted)

    def child(self, key: str) -> Entry:
        """A table within this one; empty where it is not written."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "must be a table")
        return Entry(file=self.file, place=f"{self.place}.{key}".strip("."), values=value)

    def children(self) -> Iterator[tuple[str, Entry]]:
        """Every entry of this table as a table of its own, by its name."""
        for key in self.values:
            yield key, self.child(key)
