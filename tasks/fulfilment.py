"""Fulfilment: the package with its signed receipt, sealed, and handed over to whom it belongs."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime
from functools import partial
from typing import IO, BinaryIO, cast

from anyio import to_thread

from desk import clock
from desk.domain.case import Case, Person, Record, State
from desk.domain.fulfilment import disclosable, purge_on, receipt_facts
from desk.domain.life import Deed, delivery
from desk.domain.policy import Policy
from desk.letters import package as pages
from desk.store import cases, letters, packages, seal, searches
from desk.store.keys import key_of
from desk.store.ledger import reading
from tasks.once import deed, once, policy_of
from tasks.systems import system_labels

IN_MEMORY = 32 << 20


@deed
async def pack(number: str) -> None:
    """Build the package from what may be disclosed, seal it on disk, and put it on record."""
    async with reading() as db:
        case = await cases.read(db, number)
        person, records, key = await cases.person(db, number), await searches.records(db, number), await key_of(db, number)
        as_of = await searches.as_of(db, number)
    policy, built = policy_of(case), clock.now()
    if case.ruling is None:
        return
    mine = disclosable(case.ruling, records)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as plain:
        manifest = await to_thread.run_sync(partial(_write, plain, case, policy, person, mine, built, as_of))
        plain.seek(0)
        file = await packages.seal_package(key, number, case.round, cast("BinaryIO", plain))
    async with once(number, Deed.PACK) as now:
        if now:
            await packages.record(now.db, number, file, manifest, purge_on(built, policy.days.package))
            if now.case.package_wanted_at:
                await cases.note(now.db, number, package_wanted_at=None)
                await letters.owe(now.db, number, "N13", now.answer_to, occasion=f"again {built:%Y-%m-%d}")


def _write(
    out: IO[bytes], case: Case, policy: Policy, person: Person, records: tuple[Record, ...], built: datetime, as_of: datetime
) -> str:
    """Write the zip and give the SHA-256 of its manifest."""
    files = pages.pages(case=case, policy=policy, person=person, records=records, labels=system_labels(), now=built, as_of=as_of)
    manifest = pages.manifest(files)
    digest = hashlib.sha256(manifest).hexdigest()
    receipt = pages.receipt(receipt_facts(case, policy, records, digest, built), seal.receipt_key())
    pages.zip_into(out, {**files, "manifest.json": manifest, "receipt.json": receipt})
    return digest


@deed
async def deliver(number: str) -> None:
    """Tell the person that the data is there, how to fetch it, and what it contains (N13)."""
    async with once(number, Deed.DELIVER) as now:
        if now:
            await cases.move(now.db, number, State.NOTIFIED, form=delivery(now.case, now.policy))
            await letters.owe(now.db, number, "N13", now.answer_to)
