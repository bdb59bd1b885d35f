"""A shop nobody wrote this for is searched with nothing but a sources.toml."""

from __future__ import annotations

import os
import re
import sqlite3
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from desk.sources.source import Source

Fill = Callable[..., Awaitable[None]]
SystemAt = Callable[[str, str], Source]
FOLDER = Path(os.environ.get("MADOGUCHI_BENCH") or Path(__file__).parents[3] / "shared" / "bench")
REAL = FOLDER / "Chinook_Sqlite.sqlite"

SHOP = """
  [system.tables.Customer]
  key = "CustomerId"
  find = { email = "Email" }
  items = { name = ["LastName", "FirstName"], email = "Email", telephone = ["Phone", "Fax"], company = "Company" }
  [system.tables.Employee]
  key = "EmployeeId"
  find = { email = "Email" }
  items = { name = ["LastName", "FirstName"], email = "Email", title = "Title" }
  [system.tables.Invoice]
  key = "InvoiceId"
  via = { CustomerId = "Customer.CustomerId" }
  items = { form_input = ["InvoiceDate", "BillingAddress", "BillingCity", "Total"] }
  at = "InvoiceDate"
  erase = "keep:tax-books"
  [system.tables.InvoiceLine]
  key = "InvoiceLineId"
  via = { InvoiceId = "Invoice.InvoiceId" }
  items = { usage = ["UnitPrice", "Quantity"] }
  erase = "keep:tax-books"
"""
SHAPE = """
CREATE TABLE [Employee] ([EmployeeId] INTEGER NOT NULL, [LastName] NVARCHAR(20) NOT NULL, [FirstName] NVARCHAR(20) NOT NULL,
    [Title] NVARCHAR(30), [ReportsTo] INTEGER, [Email] NVARCHAR(60), CONSTRAINT [PK_Employee] PRIMARY KEY ([EmployeeId]),
    FOREIGN KEY ([ReportsTo]) REFERENCES [Employee] ([EmployeeId]));
CREATE TABLE [Customer] ([CustomerId] INTEGER NOT NULL, [FirstName] NVARCHAR(40) NOT NULL, [LastName] NVARCHAR(20) NOT NULL,
    [Company] NVARCHAR(80), [Phone] NVARCHAR(24), [Fax] NVARCHAR(24), [Email] NVARCHAR(60) NOT NULL, [SupportRepId] INTEGER,
    CONSTRAINT [PK_Customer] PRIMARY KEY ([CustomerId]), FOREIGN KEY ([SupportRepId]) REFERENCES [Employee] ([EmployeeId]));
CREATE TABLE [Invoice] ([InvoiceId] INTEGER NOT NULL, [CustomerId] INTEGER NOT NULL, [InvoiceDate] DATETIME NOT NULL,
    [BillingAddress] NVARCHAR(70), [BillingCity] NVARCHAR(40), [Total] NUMERIC(10,2) NOT NULL,
    CONSTRAINT [PK_Invoice] PRIMARY KEY ([InvoiceId]), FOREIGN KEY ([CustomerId]) REFERENCES [Customer] ([CustomerId]));
CREATE TABLE [InvoiceLine] ([InvoiceLineId] INTEGER NOT NULL, [InvoiceId] INTEGER NOT NULL, [UnitPrice] NUMERIC(10,2) NOT NULL,
    [Quantity] INTEGER NOT NULL, CONSTRAINT [PK_InvoiceLine] PRIMARY KEY ([InvoiceLineId]),
    FOREIGN KEY ([InvoiceId]) REFERENCES [Invoice] ([InvoiceId]));
INSERT INTO Employee VALUES (1, '窓野', '春', '部長', NULL, 'haru@shop.example.com'), (2, '窓野', '夏', '係', 1, 'Natsu@Shop.example.com');
INSERT INTO Customer VALUES
    (1, 'Zo\u00eb', 'Nijino', NULL, '+00 (00) 0000-0001', NULL, 'zoe@example.com', 1),
    (2, 'Zoe', 'Nijino', '見本商事', NULL, '+00 (00) 0000-0002', 'zoe+cards@example.com', 1),
    (3, 'O''Hoshi', '雪', '', NULL, NULL, 'Haru@shop.example.com', 2);
INSERT INTO Invoice VALUES
    (10, 1, '2025-01-02 00\\:00\\:00', '見本町1', '窓口市', 1.98), (11, 1, '2026-01-02 00\\:00\\:00', NULL, NULL, 0.99),
    (12, 2, '2026-01-02 00\\:00\\:00', '見本町2', '窓口市', 13.86), (13, 3, '2026-01-02 00\\:00\\:00', '見本町3', '窓口市', 0);
INSERT INTO InvoiceLine VALUES (100, 10, 0.99, 1), (101, 10, 0.99, 1), (102, 11, 0.99, 1), (103, 12, 0.99, 14), (104, 13, 0, 1);
"""


@pytest.fixture
async def lookalike(database: str, fill: Fill) -> str:
    """The URL of a small database of the same tables, with people of our own."""
    script = SHAPE
    if database.startswith("postgresql"):
        script = re.sub(r"INTO (\w+)", r'INTO "\1"', re.sub(r"\[(\w+)\]", r'"\1"', script))
        script = script.replace("NVARCHAR", "VARCHAR").replace("DATETIME", "TIMESTAMP")
    await fill(database, *(statement for statement in script.split(";") if statement.strip()))
    return database


async def test_a_customer_gets_invoices_and_lines(lookalike: str, system_at: SystemAt) -> None:
    """A customer found by e-mail gets everything down to the invoice lines, in the values that are stored."""
    found = (await system_at(lookalike, SHOP).find({"email": "Zoe@Example.com"}, None, None)).records
    assert [(record.table, record.key) for record in found] == [
        ("Customer", "1"),
        ("Invoice", "10"),
        ("Invoice", "11"),
        ("InvoiceLine", "100"),
        ("InvoiceLine", "101"),
        ("InvoiceLine", "102"),
    ]
    assert found[0].items == {"name": "Nijino Zo\u00eb", "email": "zoe@example.com", "telephone": "+00 (00) 0000-0001"}
    assert [record.items["form_input"].replace("T", " ") for record in found[1:3]] == [
        "2025-01-02 00:00:00 見本町1 窓口市 1.98",
        "2026-01-02 00:00:00 0.99",
    ]


async def test_one_address_in_two_tables(lookalike: str, system_at: SystemAt) -> None:
    """Who is an employee and a customer is found as both; those who report to her are not."""
    shop = system_at(lookalike, SHOP)
    found = (await shop.find({"email": "haru@shop.example.com"}, None, None)).records
    assert Counter(record.table for record in found) == {"Employee": 1, "Customer": 1, "Invoice": 1, "InvoiceLine": 1}
    assert [(holder.table, holder.email) for holder in await shop.whose({"email": "haru@shop.example.com"})] == [
        ("Customer", "Haru@shop.example.com"),
        ("Employee", "haru@shop.example.com"),
    ]


async def test_a_year_of_invoices(lookalike: str, system_at: SystemAt) -> None:
    """A period is of invoices by their date."""
    found = (await system_at(lookalike, SHOP).find({"email": "zoe@example.com"}, date(2026, 1, 1), date(2026, 12, 31))).records
    assert [record.key for record in found if record.table == "Invoice"] == ["11"]


@pytest.mark.filterwarnings("default:Chinook was not searched:UserWarning")
async def test_the_real_shop(system_at: SystemAt) -> None:
    """Every one of its customers and employees is found, and nobody twice; where the file is not at hand a warning says so."""
    if not REAL.exists():
        warnings.warn(f"Chinook was not searched: there is no {REAL.name}; name its folder in MADOGUCHI_BENCH", stacklevel=1)
        return
    with closing(sqlite3.connect(f"{REAL.as_uri()}?mode=ro", uri=True)) as database:
        counts = database.execute(
            "SELECT Email, count(DISTINCT InvoiceId), count(InvoiceLineId) FROM Customer JOIN Invoice USING (CustomerId)"
            " JOIN InvoiceLine USING (InvoiceId) GROUP BY CustomerId"
        ).fetchall()
        employees = [email for (email,) in database.execute("SELECT Email FROM Employee")]
    shop = system_at(f"sqlite+aiosqlite:///{REAL}", SHOP)
    assert await shop.check() == ()
    for email, invoices, lines in counts:
        tables = Counter(record.table for record in (await shop.find({"email": email.upper()}, None, None)).records)
        assert tables == {"Customer": 1, "Invoice": invoices, "InvoiceLine": lines}
    for email in employees:
        assert [record.table for record in (await shop.find({"email": email}, None, None)).records] == ["Employee"]
