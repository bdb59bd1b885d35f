"""`make bench`: every figure, printed and written to build/bench.json; exits 1 if one does not hold."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import measure
from bench.figures import Figure, at_most, written
from bench.postgres import postgres
from desk.settings import CHECKOUT, settings
from desk.store.ledger import close_ledger
from sample.office import SampleOffice, sample_office
from tasks.systems import close_systems

GENEROUS = {"MADOGUCHI_REQUESTS_PER_MINUTE": "100000"}


@asynccontextmanager
async def _inside(office: SampleOffice) -> AsyncIterator[None]:
    """Let this process speak to the office's ledger and systems as one of its own."""
    before = dict(os.environ)
    os.environ.update(office.env)
    settings.cache_clear()
    try:
        yield
    finally:
        await close_systems()
        await close_ledger()
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


async def _small(folder: Path) -> list[Figure]:
    """The office as the demo has it: everything on SQLite."""
    begun = time.perf_counter()
    async with sample_office(folder, env=GENEROUS) as office:
        ready = time.perf_counter() - begun
        figures = [at_most("demo ready after installation", ready, "s", 60, "ledger and Prefect on SQLite, 10,000 people")]
        async with _inside(office):
            return [*figures, await measure.idle(office), await measure.intake(office, "SQLite"), await measure.front_start(office)]


async def _large(folder: Path, ledger: str, prefect: str) -> list[Figure]:
    """The office as it should be run: ledger and Prefect on PostgreSQL."""
    async with sample_office(folder, env=GENEROUS, database=ledger, prefect_database=prefect) as office, _inside(office):
        median, share = await measure.one_case(office)
        return [median, share, await measure.waiting(office), await measure.intake(office, "PostgreSQL")]


async def main() -> int:
    """Measure everything."""
    with TemporaryDirectory(prefix="bench-") as folder:
        figures = await _small(Path(folder) / "small")
        with postgres() as (ledger, prefect):
            figures += await _large(Path(folder) / "large", ledger, prefect)
    written(figures, CHECKOUT / "build" / "bench.json")
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
