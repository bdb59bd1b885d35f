"""One measured figure beside its bar, and how they are written down."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured, in which unit, beside what; `holds` says whether it is at least as good as the bar."""

    name: str
    figure: float
    unit: str
    reference: str
    bar: float
    holds: bool


def at_most(name: str, figure: float, unit: str, bar: float, reference: str) -> Figure:
    """A figure that must not be larger than its bar."""
    return Figure(name=name, figure=round(figure, 3), unit=unit, reference=reference, bar=bar, holds=figure <= bar)


def percentile(values: Sequence[float], share: int) -> float:
    """The value below which this share (in percent) of the measurements lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def written(figures: Sequence[Figure], file: Path) -> None:
    """Print the figures and write them where checks read them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(figure) for figure in figures], ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    table = Table("", "figure", "unit", "bar", "reference")
    for one in figures:
        table.add_row(("✓ " if one.holds else "✗ ") + one.name, f"{one.figure:g}", one.unit, f"{one.bar:g}", one.reference)
    Console().print(table)
