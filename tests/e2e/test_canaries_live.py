"""Nothing about a person is where it does not belong: in Prefect, a log, the audit chain, an officer's mail (E10)."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select

from desk.domain.case import State
from desk.store import drafts
from desk.store.ledger import reading, writing
from desk.store.schema import audit
from sample.mailbox import PROOF
from tests.e2e.live import PATIENCE, Demo, Live

CODE = re.compile(r"[:：]\s*([A-Z2-7]{8})\b")
SHORTEST = 2  # characters of a name that is looked for
WRITTEN = "旧姓は目印崎、二〇一九年に窓越町へ転居しました"
FOUND = "箱七番に目印崎名義の申込書一枚"


def told(person: Demo) -> Iterator[str]:
    """What a person is known by."""
    yield from (person["email"], person["login_id"], person.get("telephone", ""), *person["name"].values())


async def secrets_of(live: Live) -> set[str]:
    """Everything that was said about anybody in this office, and every code and link that went out."""
    letters = [mail["text"] for mail in await live.mail() if not mail["to"].endswith("@corezo.example.jp")]
    codes = {code for text in letters for code in CODE.findall(text)}
    links = {link.rpartition("/")[2] for text in letters for link in PROOF.findall(text)}
    people = {said for person in [*live.asked, *live.demo["people"]] for said in told(person)}
    return {said for said in {*codes, *links, *people, WRITTEN, FOUND} if len(said) >= SHORTEST}


def spellings(said: str) -> set[bytes]:
    """A text as it may stand in a file: plain, escaped for JSON, escaped for an address."""
    escaped = json.dumps(said)[1:-1]
    return {said.encode(), escaped.encode(), escaped.upper().replace("\\U", "\\u").encode(), quote(said).encode()}


def leaks(places: Iterable[tuple[str, bytes]], secrets: set[str]) -> list[tuple[str, str]]:
    """Where something is that should not be."""
    looked_for = [(said, spelling) for said in secrets for spelling in spellings(said)]
    return sorted({(place, said) for place, content in places for said, spelling in looked_for if spelling in content})


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below some folders."""
    for folder in folders:
        yield from ((str(file), file.read_bytes()) for file in folder.rglob("*") if file.is_file())


async def with_canaries(live: Live) -> None:
    """A disclosure of somebody about whom words are written in every field there is, to its end."""
    person = live.person()
    contact = {"email": person["email"], "telephone": person["telephone"], "postal": "100-0000 見本県目印市窓越町七丁目"}
    visitor = await live.proven(person, contact=contact, details=WRITTEN)
    form = await live.counter.wait_for_form(visitor.number, patience=PATIENCE)
    async with writing() as db:
        draft = await drafts.add(db, visitor.number, "shirabe-1", FOUND)
    await live.answer(form, "該当あり", draft=draft)
    form = await live.counter.wait_for_form(visitor.number, but=form.key, patience=PATIENCE)
    await live.answer(form, "承認する")
    form = await live.counter.wait_for_form(visitor.number, but=form.key, patience=PATIENCE)
    await live.answer(form, "入金した", amount=1000)
    await live.until(visitor.number, State.NOTIFIED)
    await visitor.enter()
    package = await visitor.fetch()
    with zipfile.ZipFile(io.BytesIO(package)) as files_given:
        assert FOUND in files_given.read("data.json").decode()


async def test_nothing_about_anybody_is_outside_the_ledger_and_the_letters(live: Live) -> None:
    """After whole runs no byte of Prefect, logs, ledger, audit or officers' mails holds a name, address, log-in, word, code or link."""
    await with_canaries(live)
    secrets, place = await secrets_of(live), live.office.premises
    assert {WRITTEN, FOUND} < secrets
    async with reading() as db:
        entries = (await db.execute(select(audit.c.entry))).scalars().all()
    officers = [mail for mail in await live.mail() if mail["to"].endswith("@corezo.example.jp")]
    assert entries
    assert officers
    places = [
        *files(place.folder / "prefect", place.logs, place.data),
        ("audit", "\n".join(entries).encode()),
        ("officers' mails", json.dumps(officers, ensure_ascii=False).encode()),
    ]
    assert any(name.endswith("prefect.db") for name, _ in places)
    assert leaks(places, secrets) == []
