"""The systems of this office, as sources.toml describes them, and always the desk's own ledger."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from desk.config_error import ConfigError
from desk.settings import secret, settings
from desk.sources.description import SystemDescription
from desk.sources.ledger import LedgerSource
from desk.sources.manual import ManualSource
from desk.sources.reading import Known, described
from desk.sources.source import Source
from desk.sources.sql import BadUrl, SqlSource


def systems(path: Path | None = None, *, items: Collection[str], grounds: Collection[str]) -> tuple[Source, ...]:
    """Every system that may hold personal data, the desk itself last; ConfigError for anything unknown.

    `items` are the codes of the policy's inventory, `grounds` those of the law file on which a record may be kept.
    """
    file = path or settings().config / "sources.toml"
    found = described(file, Known(items=items, grounds=grounds))
    return (*(_source(file, description) for description in found), LedgerSource())


def _source(file: Path, description: SystemDescription) -> Source:
    if description.kind == "manual":
        return ManualSource(description)
    place = f"{description.name}.url"
    try:
        return SqlSource(description, secret(description.url, file.parent))
    except KeyError:
        raise ConfigError(file, place, f"{description.url} is not set") from None
    except OSError as trouble:
        raise ConfigError(file, place, f"{description.url} cannot be read ({trouble.strerror})") from None
    except BadUrl:
        raise ConfigError(file, place, f"{BadUrl.__doc__}") from None
