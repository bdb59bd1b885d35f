"""What a search of an SQL database finds, and what it must never find."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from desk.domain.case import Authority, Record
from desk.sources.source import Source
from desk.sources.sql import SystemChanged

Fill = Callable[..., Awaitable[None]]
SystemAt = Callable[[str, str], Source]

SHOP = """
  [system.tables.users]
  key = "id"
  find = { email = "email", login_id = "login" }
  items = { name = ["family", "given"], email = "email" }
  [system.tables.orders]
  key = "id"
  via = { user_id = "users.id" }
  items = { form_input = "note" }
  at = "ordered_at"
  [system.tables.lines]
  key = ["order_id", "place"]
  via = { order_id = "orders.id" }
  items = { usage = "what" }
  authority = "client"
"""
TABLES = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(200), login VARCHAR(80), family VARCHAR(80), given VARCHAR(80))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, note VARCHAR(200), ordered_at VARCHAR(40))",
    "CREATE TABLE lines (order_id INTEGER, place INTEGER, what VARCHAR(80), PRIMARY KEY (order_id, place))",
)
HARU = {"email": "haru@example.jp"}


def user(number: int, email: str | None, login: str | None = None) -> dict[str, object]:
    """One row of users; the given name says whose it is."""
    return {"id": number, "email": email, "login": login or f"login-{number}", "family": "窓野", "given": f"春{number}"}


def users(*rows: dict[str, object]) -> tuple[str, list[dict[str, object]]]:
    """A statement that writes users."""
    return "INSERT INTO users VALUES (:id, :email, :login, :family, :given)", list(rows)


def orders(*rows: tuple[int, int | None, str]) -> tuple[str, list[dict[str, object]]]:
    """A statement that writes orders: number, whose, when."""
    values: list[dict[str, object]] = [{"id": number, "user": whose, "note": f"note {number}", "at": at} for number, whose, at in rows]
    return "INSERT INTO orders VALUES (:id, :user, :note, :at)", values


def lines(*rows: tuple[int, int]) -> tuple[str, list[dict[str, object]]]:
    """A statement that writes order lines: order, place."""
    return "INSERT INTO lines VALUES (:order, :place, 'cards')", [{"order": order, "place": place} for order, place in rows]


def keys(records: tuple[Record, ...]) -> list[tuple[str, str]]:
    """The table and key of every record."""
    return [(record.table, record.key) for record in records]


async def everything(url: str) -> list[tuple[object, ...]]:
    """Every row of the shop, to be compared."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as db:
        asked = [text(f"SELECT * FROM {table} ORDER BY 1") for table in ("users", "orders", "lines")]  # noqa: S608 - three known names
        rows = [tuple(row) for question in asked for row in await db.execute(question)]
    await engine.dispose()
    return rows


async def test_rows_are_reached_from_table_to_table(database: str, fill: Fill, system_at: SystemAt) -> None:
    """From the person's own row to the orders and on to their lines, with items as text and each table's authority."""
    await fill(database, *TABLES, users(user(1, "haru@example.jp"), user(2, "natsu@example.jp")))
    await fill(database, orders((10, 1, "2026-01-05"), (11, 2, "2026-01-05"), (12, None, "2026-01-05")), lines((10, 1), (10, 2), (11, 1)))
    found = (await system_at(database, SHOP).find(HARU, None, None)).records
    assert keys(found) == [("users", "1"), ("orders", "10"), ("lines", '["10", "1"]'), ("lines", '["10", "2"]')]
    assert found[0].items == {"name": "窓野 春1", "email": "haru@example.jp"}
    assert [record.authority for record in found[1:3]] == [Authority.OPERATOR, Authority.CLIENT]
    assert {record.system for record in found} == {"shop"}


async def test_nothing_held_is_an_answer(database: str, fill: Fill, system_at: SystemAt) -> None:
    """A system that was searched and holds nothing says so, without an error."""
    await fill(database, *TABLES, users(user(1, "natsu@example.jp")))
    shop = system_at(database, SHOP)
    assert (await shop.find(HARU, None, None)).records == ()
    assert await shop.whose(HARU) == ()


@pytest.mark.parametrize("identifiers", [{}, {"email": ""}, {"email": "  ", "login_id": ""}, {"company": "x"}, {"name": "窓野"}])
async def test_no_identifier_finds_nobody(database: str, fill: Fill, system_at: SystemAt, identifiers: dict[str, str]) -> None:
    """An empty identifier, or one the table cannot be found by, matches no row: not even those that are empty themselves."""
    await fill(database, *TABLES, users(user(1, ""), user(2, None), user(3, "  ")))
    assert (await system_at(database, SHOP).find(identifiers, None, None)).records == ()


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Haru@Example.JP", "haru@example.jp"),
        ("haru@example.jp", "HARU@EXAMPLE.JP"),
        (" haru@example.jp\t", "haru@example.jp"),
        ("ｈａｒｕ@example.jp", "haru@example.jp"),
        ("haru@example.jp", "ｈａｒｕ＠ｅｘａｍｐｌｅ．ｊｐ"),
        ("ZOE\u0308@example.jp", "zo\u00eb@example.jp"),
        ("\u3000haru@example.jp", "haru@example.jp"),
    ],
)
async def test_t37_another_way_of_writing_is_found(database: str, fill: Fill, system_at: SystemAt, stored: str, asked: str) -> None:
    """Width, case, composition and space hide nobody, whichever side they are on."""
    await fill(database, *TABLES, users(user(1, stored)))
    holders = await system_at(database, SHOP).whose({"email": asked})
    assert [(holder.key, holder.email, holder.login_id) for holder in holders] == [("1", stored, "login-1")]


@pytest.mark.parametrize(
    "asked",
    [
        "haru+desk@example.jp",
        "%",
        "haru%",
        "har_@example.jp",
        "haru@example_jp",
        "haru@example.j?",
        "*",
        "İris@example.jp",
        "ıris@example.jp",
        "stra\u00dfe@example.jp",
        "h\u0430ru@example.jp",
        "haru@example.jp.",
        "haru",
        ".*",
    ],
)
async def test_t37_no_look_alike_is_found(database: str, fill: Fill, system_at: SystemAt, asked: str) -> None:
    """Wildcards are letters, and a look-alike is somebody else (T37)."""
    await fill(database, *TABLES, users(user(1, "haru@example.jp"), user(2, "iris@example.jp"), user(3, "strasse@example.jp")))
    assert await system_at(database, SHOP).whose({"email": asked}) == ()


@pytest.mark.parametrize(
    "hostile",
    [
        "' OR '1'='1",
        "haru@example.jp' --",
        "haru@example.jp'; DROP TABLE users; --",
        "') UNION SELECT id, email, login, family, given FROM users --",
        '" OR ""="',
        "\\' OR 1=1 --",
        "$$; DELETE FROM users; $$",
        ":email",
        "%(email)s",
        "{{ 7*7 }}",
        "$1",
        "?",
        "haru@example.jp\0' OR 1=1",
        "\ud800",
        "'||(SELECT email FROM users LIMIT 1)||'",
        "1; PRAGMA query_only=OFF; DELETE FROM users",
        "x" * 100_000,
    ],
)
async def test_t36_an_identifier_is_only_ever_a_value(database: str, fill: Fill, system_at: SystemAt, hostile: str) -> None:
    """SQL in an identifier finds nobody and changes nothing (T36)."""
    await fill(database, *TABLES, users(user(1, "haru@example.jp"), user(2, "natsu@example.jp")), orders((10, 1, "")), lines((10, 1)))
    before = await everything(database)
    shop = system_at(database, SHOP)
    for identifier in ("email", "login_id"):
        assert (await shop.find({identifier: hostile}, None, None)).records == ()
        assert await shop.whose({identifier: hostile}) == ()
    assert await everything(database) == before


@pytest.mark.parametrize("name", ["users; DROP TABLE users", 'users" --', "users' OR 1=1", "public.users --", "sqlite_master"])
async def test_t36_a_table_name_is_only_ever_looked_up(database: str, fill: Fill, system_at: SystemAt, name: str) -> None:
    """SQL in a configured name is the name of a table that does not exist (T36)."""
    await fill(database, *TABLES, users(user(1, "haru@example.jp")))
    shop = system_at(database, f"[system.tables.{json.dumps(name)}]\nkey = 'id\" --'\nfind = {{ email = 'email' }}\n")
    with pytest.raises(SystemChanged):
        await shop.find(HARU, None, None)
    assert len(await everything(database)) == 1


async def test_t35_the_rows_of_a_neighbour_stay_away(database: str, fill: Fill, system_at: SystemAt) -> None:
    """Among a thousand people whose keys, logins and addresses look like the person's, only the person's rows are found (T35)."""
    people = [user(number, f"haru{number}@example.jp", f"haru@example.jp{number}") for number in range(2, 1000)]
    await fill(database, *TABLES, users(user(1, "haru@example.jp"), *people))
    await fill(database, orders(*((number * 10, number, "2026-01-01") for number in range(1, 1000))))
    found = (await system_at(database, SHOP).find({**HARU, "login_id": "login-1"}, None, None)).records
    assert keys(found) == [("users", "1"), ("orders", "10")]


async def test_a_person_may_have_several_rows(database: str, fill: Fill, system_at: SystemAt) -> None:
    """Every row an identifier points to is told, each once, so that an officer can see that there are two people."""
    await fill(
        database, *TABLES, users(user(1, "haru@example.jp", "haru"), user(2, "HARU@example.jp", "natsu"), user(3, "x@example.jp", "haru"))
    )
    holders = await system_at(database, SHOP).whose({"email": "haru@example.jp", "login_id": "haru"})
    assert sorted((holder.key, holder.login_id) for holder in holders) == [("1", "haru"), ("2", "natsu"), ("3", "haru")]


async def test_more_keys_than_fit_in_one_question(database: str, fill: Fill, system_at: SystemAt) -> None:
    """A person with 1,203 orders gets every one of them and every line."""
    await fill(database, *TABLES, users(user(1, "haru@example.jp")))
    await fill(database, orders(*((number, 1, "2026-01-01") for number in range(1203))), lines(*((number, 1) for number in range(1203))))
    assert len((await system_at(database, SHOP).find(HARU, None, None)).records) == 1 + 1203 * 2


async def test_a_period_leaves_out_what_happened_outside(database: str, fill: Fill, system_at: SystemAt) -> None:
    """Orders are those of the period; what hangs on an order outside is still reached, for it has no date of its own."""
    await fill(database, *TABLES, users(user(1, "haru@example.jp")), lines((1, 1), (2, 1)))
    await fill(database, orders((1, 1, "2025-12-31T14:59:59+00:00"), (2, 1, "2025-12-31T15:00:00+00:00"), (3, 1, "some day")))
    found = (await system_at(database, SHOP).find(HARU, date(2026, 1, 1), date(2026, 12, 31))).records
    assert [key for key in keys(found) if key[0] == "orders"] == [("orders", "2"), ("orders", "3")]
    assert [key for key in keys(found) if key[0] == "lines"] == [("lines", '["1", "1"]'), ("lines", '["2", "1"]')]


async def test_keys_of_different_types_meet(database: str, fill: Fill, system_at: SystemAt) -> None:
    """A number kept as text on one side and as a number on the other is the same key."""
    await fill(
        database,
        "CREATE TABLE people (id BIGINT PRIMARY KEY, email VARCHAR(80))",
        "CREATE TABLE visits (id VARCHAR(20) PRIMARY KEY, person VARCHAR(20))",
        "CREATE TABLE pages (id INTEGER PRIMARY KEY, visit INTEGER)",
        "INSERT INTO people VALUES (5000000000, 'haru@example.jp'), (2, 'natsu@example.jp')",
        "INSERT INTO visits VALUES ('7', '5000000000'), ('8', '2')",
        "INSERT INTO pages VALUES (70, 7), (80, 8)",
    )
    shop = system_at(
        database,
        '[system.tables.people]\nkey = "id"\nfind = { email = "email" }\n'
        '[system.tables.visits]\nkey = "id"\nvia = { person = "people.id" }\n'
        '[system.tables.pages]\nkey = "id"\nvia = { visit = "visits.id" }\n',
    )
    assert keys((await shop.find(HARU, None, None)).records) == [("people", "5000000000"), ("visits", "7"), ("pages", "70")]


async def test_what_does_not_exist_is_named(database: str, fill: Fill, system_at: SystemAt) -> None:
    """The check names each table and column that is not there and what is, and a key that may repeat; a search refuses to guess."""
    await fill(database, *TABLES, "CREATE VIEW everyone AS SELECT id, email FROM users")
    shop = system_at(
        database,
        SHOP.replace('"given"', '"givne"').replace('key = ["order_id", "place"]', 'key = "order_id"')
        + "".join(f'[system.tables.{name}]\nkey = "id"\nfind = {{ email = "email" }}\n' for name in ("coupons", "everyone")),
    )
    assert await shop.check() == (
        "shop.users: there is no column givne; there are: id, email, login, family, given",
        "shop.lines: the key order_id is not unique; name the primary key",
        "shop: there is no table coupons; there are: everyone, lines, orders, users",
    )
    with pytest.raises(SystemChanged):
        await shop.find(HARU, None, None)


async def test_a_sound_description_has_no_complaints(database: str, fill: Fill, system_at: SystemAt) -> None:
    """Nothing is wrong where everything named exists."""
    await fill(database, *TABLES)
    assert await system_at(database, SHOP).check() == ()


async def test_a_key_that_repeats_loses_no_row(database: str, fill: Fill, system_at: SystemAt) -> None:
    """Rows that share a badly chosen key are all found."""
    await fill(database, *TABLES, users(user(1, "haru@example.jp")), orders((10, 1, "")), lines((10, 1), (10, 2)))
    shop = system_at(database, SHOP.replace('key = ["order_id", "place"]', 'key = "order_id"').replace('usage = "what"', 'usage = "place"'))
    found = (await shop.find(HARU, None, None)).records
    assert [record.items for record in found if record.table == "lines"] == [{"usage": "1"}, {"usage": "2"}]


async def test_text_that_is_no_text_does_not_stop_a_search(tmp_path_url: str, fill: Fill, system_at: SystemAt) -> None:
    """A value that is broken, or not of its declared type, is read as well as it can be."""
    await fill(
        tmp_path_url,
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, born DATETIME, spent NUMERIC(10, 2), face BLOB, note TEXT)",
        "INSERT INTO users VALUES (1, 'haru@example.jp', 'in spring', 'much', x'00ff', CAST(x'41ff42' AS TEXT))",
        "INSERT INTO users VALUES (2, 'haru@example.jp', '1999-02-31', 12.5, NULL, NULL)",
    )
    columns = '{ usage = ["born", "spent"], inquiries = "face", form_input = "note" }'
    shop = system_at(tmp_path_url, f'[system.tables.users]\nkey = "id"\nfind = {{ email = "email" }}\nitems = {columns}\nat = "born"\n')
    first, second = (await shop.find(HARU, date(2020, 1, 1), None)).records
    assert first.items == {"usage": "in spring much", "inquiries": "AP8=", "form_input": "A\ufffdB"}
    assert second.items == {"usage": "1999-02-31 12.5"}


@pytest.fixture
def tmp_path_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an empty SQLite database, which alone lets a column hold anything."""
    return f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('loose') / 'loose.db'}"
