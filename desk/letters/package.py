"""The package a person is given: one readable page, the same data for programs and spreadsheets, a manifest and a signed receipt.

Names of files are made here and never of what was found. The page has no scripts and fetches nothing; the zip tells nothing of the
machine or the hour it was made. It carries no password: its delivery is guarded, not its file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from desk.domain.case import Case, NotAllowed, Person, Record
from desk.domain.fulfilment import RECEIPT_FORMAT, Facts, disclosable, instant
from desk.domain.policy import Policy, Text
from desk.letters.package_page import index
from desk.letters.package_tables import as_csv, encoded, item_label, tables

PACKAGE_FORMAT = "madoguchi-package-v1"
SIGNED_AS = f"{RECEIPT_FORMAT}\n".encode()  # sets this signature apart from any other made with the same key
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first instant a zip can name
READABLE = 0o100644 << 16
UNIX = 3


def pages(
    *,
    case: Case,
    policy: Policy,
    person: Person,
    records: Sequence[Record],
    labels: Mapping[str, Text],
    now: datetime,
    as_of: datetime | None = None,
) -> dict[str, bytes]:
    """All files but manifest and receipt; only what the ruling discloses, as it stood at `as_of` (else now). NotAllowed before a ruling."""
    if case.ruling is None:
        raise NotAllowed(case.number)
    given = disclosable(case.ruling, records)
    held = tables(given, policy, labels, case.language)
    page = index(case=case, policy=policy, person=person, tables=held, labels=labels, now=now, as_of=as_of or now)
    return {
        "index.html": encoded(page),
        "data.json": _data(case, policy, given, labels, as_of or now),
        **{table.name: as_csv(table) for table in held},
    }


def manifest(files: Mapping[str, bytes]) -> bytes:
    """The SHA-256 of every file by its name, as canonical JSON."""
    return canonical({name: hashlib.sha256(content).hexdigest() for name, content in files.items()})


def receipt(facts: Facts, key: Ed25519PrivateKey) -> bytes:
    """The facts with the office's signature over their canonical JSON, and the key to check it with."""
    public = key.public_key()
    signed = {
        "receipt": facts,
        "key": base64.b64encode(public.public_bytes_raw()).decode(),
        "key_id": key_id(public),
        "signature": base64.b64encode(key.sign(SIGNED_AS + canonical(facts))).decode(),
    }
    return _readable(signed)


def key_id(public: Ed25519PublicKey) -> str:
    """The short name of a receipt key: the first 16 hex digits of the SHA-256 of its raw bytes."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def canonical(value: object) -> bytes:
    """The one way to write a value as JSON: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The same zip, byte by byte, for the same files."""
    whole = io.BytesIO()
    zip_into(whole, files)
    return whole.getvalue()


def zip_into(out: IO[bytes], files: Mapping[str, bytes]) -> None:
    """Write the zip as it is made, file by file, so that a big package is never in memory twice; `out` need not be seekable."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in sorted(files):
            bundle.writestr(_entry(name), files[name])


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.create_system, entry.external_attr, entry.compress_type = UNIX, READABLE, zipfile.ZIP_DEFLATED
    return entry


def _data(case: Case, policy: Policy, records: Sequence[Record], labels: Mapping[str, Text], as_of: datetime) -> bytes:
    """The package for programs: every value exactly as it is held."""
    return _readable(
        {
            "format": PACKAGE_FORMAT,
            "request": _request(case),
            "law": policy.law.version,
            "policy": policy.version,
            "as_of": instant(as_of),
            "outcomes": _outcomes(case, policy),
            "purposes": {code: purpose.text.said(case.language) for code, purpose in policy.purposes.items()},
            "systems": _systems(case, labels),
            "records": [{"system": record.system, "table": record.table, "items": dict(record.items)} for record in records],
        }
    )


def _request(case: Case) -> Facts:
    period: Facts = {
        "from": case.period_from.isoformat() if case.period_from else None,
        "until": case.period_until.isoformat() if case.period_until else None,
    }
    return {
        "number": case.number,
        "right": case.right.value,
        "items": list(case.items),
        "period": period,
        "arrived_at": instant(case.arrived_at),
    }


def _outcomes(case: Case, policy: Policy) -> list[Facts]:
    return [
        {
            "item": outcome.item,
            "label": item_label(outcome.item, policy, case.language),
            "source": policy.items[outcome.item].source if outcome.item in policy.items else None,
            "outcome": outcome.verdict.value,
            "article": outcome.article,
            "reason": outcome.reason,
        }
        for outcome in (case.ruling.outcomes if case.ruling else ())
    ]


def _systems(case: Case, labels: Mapping[str, Text]) -> list[Facts]:
    return [
        {"system": name, "label": labels[name].said(case.language) if name in labels else name, "state": search.state.value}
        for name, search in case.coverage.systems.items()
    ]


def _readable(value: object) -> bytes:
    return encoded(json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
