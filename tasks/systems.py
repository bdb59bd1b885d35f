"""The systems of this office, opened once per process."""

from __future__ import annotations

import threading

from desk.clock import today
from desk.domain.policy import Text
from desk.policies import policies
from desk.sources import systems
from desk.sources.source import Source

_open: dict[int, tuple[Source, ...]] = {}  # a connection belongs to the event loop of its thread


def office_systems() -> tuple[Source, ...]:
    """Every system of sources.toml and the desk's own ledger, ready to be asked."""
    place = threading.get_ident()
    if place not in _open:
        policy = policies().in_force(today())
        kept_by_law = [code for code, ground in policy.law.grounds.items() if ground.days is not None]
        _open[place] = systems(items=tuple(policy.items), grounds=kept_by_law)
    return _open[place]


async def close_systems() -> None:
    """Let go of every connection of this thread."""
    for source in _open.pop(threading.get_ident(), ()):
        await source.close()


def system_kinds() -> dict[str, bool]:
    """Every system by name, and whether an officer answers for it."""
    return {source.name: source.kind == "manual" for source in office_systems()}


def system_labels() -> dict[str, Text]:
    """Every system by name, as officers and the person see it."""
    return {source.name: source.label for source in office_systems()}
