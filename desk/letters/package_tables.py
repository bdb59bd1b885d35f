"""The tables of a package: records of one system and table together, as rows under the items' names, and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from desk.domain.case import Language, Record
from desk.domain.policy import Policy, Text

BYTE_ORDER_MARK = "\ufeff"  # without it, Excel in Japan reads UTF-8 as Shift_JIS
DANGEROUS = tuple("=+-@\t\r\n\0") + tuple("＝＋－＠")  # a spreadsheet takes these as the start of a formula; full width too
LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class Column:
    """One item as a column: its code and its name in the person's language."""

    item: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """What one table of one system holds on the person."""

    system: str
    table: str
    label: str
    name: str  # of its CSV file, made by us
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(records: Iterable[Record], policy: Policy, labels: Mapping[str, Text], language: Language) -> tuple[Table, ...]:
    """The records by system and table, in order of first appearance; a label is looked up as `system.table`, then as the table's name."""
    together: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        together.setdefault((record.system, record.table), []).append(record)
    names = file_names(together)
    return tuple(_table(place, held, names[place], policy, labels, language) for place, held in together.items())


def file_names(places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """A file name per system and table, of a-z, 0-9 and hyphens only, no two alike; what the names held never becomes a path."""
    names: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for place in places:
        plain = "-".join(filter(None, map(_plain, place)))[:LONGEST_NAME].strip("-") or "table"
        name, again = plain, 2
        while name in taken:
            name, again = f"{plain}-{again}", again + 1
        taken.add(name)
        names[place] = f"csv/{name}.csv"
    return names


def as_csv(table: Table) -> bytes:
    """RFC 4180 with CRLF in UTF-8 with a byte order mark; no cell starts a formula."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([harmless(f"{column.label} ({column.item})") for column in table.columns])
    writer.writerows([harmless(cell) for cell in row] for row in table.rows)
    return encoded(BYTE_ORDER_MARK + page.getvalue())


def harmless(cell: str) -> str:
    """The cell as text: an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def encoded(text: str) -> bytes:
    """UTF-8; half of a surrogate pair, which has none, is written as its escape."""
    return text.encode("utf-8", "backslashreplace")


def _table(
    place: tuple[str, str], held: Sequence[Record], name: str, policy: Policy, labels: Mapping[str, Text], language: Language
) -> Table:
    system, table = place
    present = {item for record in held for item in record.items}
    items = [item for item in policy.items if item in present] + sorted(present - set(policy.items))
    label = labels.get(f"{system}.{table}")
    return Table(
        system=system,
        table=table,
        label=label.said(language) if label else table,
        name=name,
        columns=tuple(Column(item=item, label=item_label(item, policy, language)) for item in items),
        rows=tuple(tuple(record.items.get(item, "") for item in items) for record in held),
    )


def item_label(item: str, policy: Policy, language: Language) -> str:
    """The item's name in words, or its code where the policy does not know it."""
    return policy.items[item].label.said(language) if item in policy.items else item


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
