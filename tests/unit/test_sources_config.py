"""sources.toml is read strictly, and what is read from a system becomes text without losing anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from desk.config_error import ConfigError
from desk.domain.case import Authority, NotAllowed
from desk.sources import systems
from desk.sources.reading import Known, described
from desk.sources.values import as_text, key_text, within

ITEMS = ("name", "email", "form_input")
GROUNDS = ("tax-books", "companies-act")
GOOD = """
[[system]]
name = "cards"
label = { ja = "名刺受発注", en = "Card ordering" }
kind = "sql"
url = "env:CARDS_URL"
authority = "operator"
  [system.tables.users]
  key = "id"
  find = { email = "email", login_id = "login" }
  items = { email = "email", name = ["family", "given"] }
  erase = "delete"
  [system.tables.orders]
  key = ["year", "number"]
  via = { user_id = "users.id" }
  items = { form_input = ["shipping_note"] }
  authority = "client"
  at = "ordered_at"
  erase = "keep:tax-books"
[[system]]
name = "archive"
label = { ja = "書庫", en = "Archive" }
kind = "manual"
authority = "shared"
"""
Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a sources.toml."""

    def write(text: str) -> Path:
        file = tmp_path / "sources.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_a_file_says_what_the_systems_are(written: Written) -> None:
    """Every key of the surface is read as what it means, and a table may have an authority of its own."""
    cards, archive = described(written(GOOD), Known(items=ITEMS, grounds=GROUNDS))
    users, orders = cards.tables
    assert (cards.label.ja, cards.label.en, archive.kind, archive.authority) == ("名刺受発注", "Card ordering", "manual", Authority.SHARED)
    assert (users.key, users.find, users.items["name"]) == (("id",), {"email": "email", "login_id": "login"}, ("family", "given"))
    assert (users.authority, orders.authority, orders.at) == (Authority.OPERATOR, Authority.CLIENT, "ordered_at")
    assert [(via.column, via.target, via.target_column) for via in orders.via] == [("user_id", "users", "id")]
    assert orders.erase is not None
    assert (orders.erase.way, orders.erase.ground, orders.key) == ("keep", "tax-books", ("year", "number"))


@pytest.mark.parametrize(
    ("good", "bad", "key", "accepted"),
    [
        ('key = "id"\n', 'keey = "id"\n', "cards.tables.users.keey", "key, find, via, items"),
        ('key = "id"\n', "", "cards.tables.users.key", "missing"),
        ('key = "id"\n', "key = []\n", "cards.tables.users.key", "list of texts"),
        ('name = "cards"', 'nmae = "cards"', "system[1].nmae", "name, label, kind"),
        ('name = "cards"', 'name = "Cards!"', "Cards!.name", "small letters"),
        ('name = "archive"', 'name = "cards"', "cards.name", "cards, cards"),
        ('name = "archive"', 'name = "desk"', "desk.name", "taken"),
        ('kind = "sql"', 'kind = "sqll"', "cards.kind", "sql, manual"),
        ('kind = "manual"', 'kind = "manual"\nurl = "x"', "archive.url", "name, label, kind, authority"),
        ('url = "env:CARDS_URL"\n', "", "cards.url", "missing"),
        ('authority = "operator"', 'authority = "nobody"', "cards.authority", "operator, client, shared"),
        ('authority = "client"', 'authority = "cleint"', "cards.tables.orders.authority", "did you mean 'client'"),
        ('en = "Card ordering"', 'de = "Karten"', "cards.label.de", "ja, en"),
        ('{ ja = "書庫", en = "Archive" }', '"書庫"', "archive.label", "must be a table"),
        ("login_id =", "company =", "cards.tables.users.find.company", "email, login_id, order"),
        ('{ email = "email", name', '{ emial = "email", name', "cards.tables.users.items.emial", "did you mean 'email'"),
        ('"users.id"', '"user.id"', "cards.tables.orders.via.user_id", "users, orders"),
        ('"users.id"', '"users"', "cards.tables.orders.via.user_id", "TABLE.COLUMN"),
        ('via = { user_id = "users.id" }', "", "cards.tables.orders", "find, or a via"),
        ('via = { user_id = "users.id" }', 'via = { before = "orders.number" }', "cards.tables.orders", "find, or a via"),
        ('"keep:tax-books"', '"keep:taxes"', "cards.tables.orders.erase", "keep:tax-books, keep:companies-act"),
        ('"keep:tax-books"', '"shred"', "cards.tables.orders.erase", "delete, mask"),
        ("[[system]]", "[sytem]\n[[system]]", "sytem", "system"),
        ('name = "cards"', 'name = "cards', "", "line 3"),
    ],
)
def test_what_is_unknown_stops_the_office(written: Written, good: str, bad: str, key: str, accepted: str) -> None:
    """An unknown or missing entry is an error that names the file, the key, and what would be accepted."""
    assert good in GOOD
    with pytest.raises(ConfigError) as refused:
        described(written(GOOD.replace(good, bad, 1)), Known(items=ITEMS, grounds=GROUNDS))
    assert refused.value.key == key
    assert accepted in refused.value.reason
    assert str(refused.value).startswith("sources.toml: ")


@pytest.mark.parametrize("empty", ["", "system = []", 'system = "cards"', "[system]\nname = 'x'"])
def test_an_office_without_systems_is_refused(written: Written, empty: str) -> None:
    """No system at all is a mistake, for nothing would ever be found."""
    with pytest.raises(ConfigError, match="at least one"):
        described(written(empty), Known(items=ITEMS, grounds=GROUNDS))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing or unreadable file is named, not taken for an empty one."""
    with pytest.raises(ConfigError, match=r"sources.toml: cannot be read"):
        systems(tmp_path / "sources.toml", items=ITEMS, grounds=GROUNDS)
    (tmp_path / "sources.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        systems(tmp_path / "sources.toml", items=ITEMS, grounds=GROUNDS)


def test_the_desk_itself_is_always_searched(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk's own ledger is a system of every office, whatever the file says."""
    monkeypatch.setenv("CARDS_URL", "sqlite+aiosqlite:///cards.db")
    found = systems(written(GOOD), items=ITEMS, grounds=GROUNDS)
    assert [(source.name, source.kind) for source in found] == [("cards", "sql"), ("archive", "manual"), ("desk", "ledger")]


def test_an_address_may_lie_in_a_file(written: Written, tmp_path: Path) -> None:
    """`file:PATH` is read from beside sources.toml, without its line end."""
    (tmp_path / "cards.url").write_text("postgresql+asyncpg://desk:secret@db/cards\n", encoding="utf-8")
    assert systems(written(GOOD.replace("env:CARDS_URL", "file:cards.url")), items=ITEMS, grounds=GROUNDS)[0].name == "cards"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("env:NOT_SET_ANYWHERE", "env:NOT_SET_ANYWHERE is not set"),
        ("file:nowhere", "file:nowhere cannot be read"),
        ("postgresql://desk:secret@db/cards", "asynchronous driver"),
        ("nosuch+driver://desk:secret@db/cards", "asynchronous driver"),
        ("secret", "asynchronous driver"),
    ],
)
def test_a_bad_address_is_refused_without_showing_it(written: Written, url: str, reason: str) -> None:
    """An address that leads nowhere is refused at the start, and a password in it is never shown."""
    with pytest.raises(ConfigError) as refused:
        systems(written(GOOD.replace("env:CARDS_URL", url)), items=ITEMS, grounds=GROUNDS)
    assert refused.value.key == "cards.url"
    assert reason in refused.value.reason
    assert "secret" not in str(refused.value)


async def test_a_manual_system_is_never_read_as_empty(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that asks a paper archive gets an error, not an empty answer."""
    monkeypatch.setenv("CARDS_URL", "sqlite+aiosqlite:///cards.db")
    archive = systems(written(GOOD), items=ITEMS, grounds=GROUNDS)[1]
    with pytest.raises(NotAllowed):
        await archive.find({"email": "haru@example.jp"}, None, None, "D-1")
    assert (await archive.whose({"email": "haru@example.jp"}), await archive.check()) == ((), ())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (0, "0"),
        (Decimal("1200.50"), "1200.50"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 1, 2, tzinfo=UTC), "2026-11-22T01:02:00+00:00"),
        (b"\x00\xff", "AP8="),
        (memoryview(b"a"), "YQ=="),
        (["春", 1, None], '["春", 1, null]'),
        ({"at": date(2026, 1, 1)}, '{"at": "2026-01-01"}'),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_every_value_has_a_text(value: object, text: str) -> None:
    """Days and times are ISO 8601, bytes base64, structures JSON, nothing is empty."""
    assert as_text(value) == text


def test_keys_of_several_columns_do_not_run_together() -> None:
    """One column gives its text, several a JSON list, so that ("a", "b c") is never ("a b", "c")."""
    assert key_text([7]) == "7"
    assert key_text(["a", "b c"]) != key_text(["a b", "c"])


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        (date(2026, 11, 1), True),
        ("2026-11-30", True),
        ("2026-10-31T15:00:00+00:00", True),  # already 1 November in Tokyo
        ("2026-10-31T14:59:59+00:00", False),
        (datetime(2026, 11, 30, 15, 0, tzinfo=UTC), False),  # already 1 December
        (datetime(2026, 11, 30, 23, 59), True),  # noqa: DTZ001 - a system that keeps no zone keeps the office's
        (1_793_458_800, True),  # 2026-11-01 00:00 in Tokyo, in seconds
        (1_793_458_799_000, False),  # one second before, in milliseconds
        (1e300, True),
        (None, True),
        ("last autumn", True),
        (True, True),
    ],
)
def test_a_period_is_of_days_in_tokyo(moment: object, held: bool) -> None:  # noqa: FBT001 - a table of cases
    """Both ends count, the day is Tokyo's, and what cannot be read as a moment is never left out."""
    assert within(moment, date(2026, 11, 1), date(2026, 11, 30)) is held


def test_an_open_period_has_no_end() -> None:
    """Without a first or a last day nothing is left out on that side."""
    assert within("1999-01-01", None, date(2026, 1, 1))
    assert within("2099-01-01", date(2026, 1, 1), None)
    assert not within("1999-01-01", date(2026, 1, 1), None)
