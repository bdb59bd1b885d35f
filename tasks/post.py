"""The post: letters that are due are written, handed to the mail server, and put on record; each letter by itself."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import aiosmtplib

from desk import clock
from desk.crashpoint import crashpoint, registered
from desk.domain import identity
from desk.domain.case import Case, Person
from desk.domain.dates import on_day
from desk.domain.gates import Gate
from desk.letters import CannotWrite, Letter, NoSuchLetter, system_names, write
from desk.log import log
from desk.settings import Settings, settings
from desk.store import agenda, cases, drafts, letters, officers, packages, proofs, questions
from desk.store.ledger import Db, reading, writing
from tasks.identity import claims
from tasks.once import policy_of
from tasks.systems import system_labels

registered("post.before_send", "post.after_send")
WHILE_STOPPED = timedelta(seconds=30)
SECONDS = 25  # for one mail, all told: less than a lease lives
FAREWELL_SECONDS = 2
PERMANENT = 500
ONE_ADDRESS = re.compile(r"(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")  # a system's own may be anything (T28, T29)


class Refused(Exception):
    """The mail server will never take this letter."""


async def post_letter(number: str, letter: str) -> None:
    """Send one letter that is due: a passing failure is tried again for two days, a lasting one becomes a question."""
    async with writing() as db:
        lease = await agenda.claim(db, agenda.LETTER, number, letter)
        if lease is None:
            return
        owed = await letters.read(db, number, letter)
        halted = (await cases.read(db, number)).halted
    if owed.state != "owed":
        await _done(lease)
        return
    if halted:
        await _rest(lease)
        return
    try:
        to, written = await _prepared(owed)
        crashpoint("post.before_send")
        async with asyncio.timeout(SECONDS):
            await _send(owed, to, written)
        crashpoint("post.after_send")
    except (CannotWrite, NoSuchLetter, Refused) as trouble:
        await _failed(lease, owed, type(trouble).__name__.lower())
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        await _later(lease, owed)
    else:
        await _done(lease, owed, written)


async def _prepared(owed: letters.Owed) -> tuple[str, Letter]:
    async with reading() as db:
        case = await cases.read(db, owed.number)
        person = await cases.person(db, owed.number)
        to = await _address(db, owed, person)
        extra = {**_links(case), **_systems(case), **owed.extra, **await _added(db, owed, case)}
    written = write(owed.name, case=case, policy=policy_of(case), person=person, today=on_day(owed.owed_at), extra=extra)
    return to, written


async def _address(db: Db, owed: letters.Owed, person: Person) -> str:
    match owed.recipient:
        case "contact":
            to = person.email
        case "proven":
            to = (await proofs.proven_identifiers(db, owed.number)).get("mail-code", {}).get("email", "")
        case "address":
            to = owed.extra["to"]
        case officer:
            found = await officers.read(db, officer.removeprefix(letters.OFFICER))
            to = found.email if found else ""
    if not ONE_ADDRESS.fullmatch(to):
        raise Refused
    return to


def _links(case: Case) -> dict[str, str]:
    base = f"{settings().public_url}/{case.language}/status/{case.number}"
    return {"status_url": base, "package_url": f"{base}/package"}


def _systems(case: Case) -> dict[str, str]:
    labels = system_labels()
    return system_names({name: labels[name] for name in case.coverage.systems if name in labels})


async def _added(db: Db, owed: letters.Owed, case: Case) -> Mapping[str, str]:
    """What a letter says beyond case and policy: by what was searched, the reviewer's words, the link to a waiting question."""
    if owed.name == "question":
        return {"link": f"{settings().desk_url}/desk/cases/{case.number}"}
    if owed.name == "N11":
        return {"identifiers": " ".join(await _searched_by(db, case))}
    if owed.name == "N13" and (tracking := await packages.tracking_of(db, case.number)):
        return {"tracking": tracking}
    if owed.name == "N18" and (draft := await questions.cited(db, case.number, Gate.OBJECTION)):
        return {"words": next(one.words for one in await drafts.of(db, case.number) if one.draft == draft)}
    return {}


async def _searched_by(db: Db, case: Case) -> tuple[str, ...]:
    """The kinds of identifiers the systems were searched by, never their values."""
    person, proven = await cases.person(db, case.number), await proofs.proven_identifiers(db, case.number)
    merged = {kind: value for evidence in proven.values() for kind, value in evidence.items()}
    return tuple(sorted(identity.searchable(claims(person), merged, case.identity.review)))


async def _send(owed: letters.Owed, to: str, written: Letter) -> None:
    office = settings()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = office.mail_from, to, written.subject
    mail["Message-ID"], mail["Date"] = owed.message_id, format_datetime(owed.owed_at)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(written.body, cte="base64")
    try:
        refused = await _handed_over(mail, to, office)
    except aiosmtplib.SMTPRecipientsRefused as error:
        _judge(error.recipients[0].code if error.recipients else PERMANENT)
        raise
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPHeloError, aiosmtplib.SMTPAuthenticationError):
        raise  # the server takes nothing from this office: no letter's fault
    except aiosmtplib.SMTPResponseException as error:
        _judge(error.code)
        raise
    if refused:
        _judge(next(iter(refused.values())).code)
        raise aiosmtplib.SMTPException("not taken")


async def _handed_over(mail: EmailMessage, to: str, office: Settings) -> Mapping[str, aiosmtplib.SMTPResponse]:
    """Hand a letter to the mail server and hang up, whatever happens; a server that says no farewell is not waited for."""
    client = aiosmtplib.SMTP(timeout=SECONDS, **_connection(office))
    try:
        await client.connect()
        refused, _ = await client.send_message(mail, sender=office.mail_from, recipients=[to])
        with suppress(aiosmtplib.SMTPException, TimeoutError):
            await client.quit(timeout=FAREWELL_SECONDS)
        return refused
    finally:
        client.close()


def _judge(code: int) -> None:
    if code >= PERMANENT:
        raise Refused from None


def _connection(office: Settings) -> dict[str, Any]:
    password = office.smtp_password.get_secret_value() if office.smtp_password else None
    signed_in = {"username": office.smtp_username, "password": password} if office.smtp_username else {}
    secure = {"use_tls": office.smtp_security == "tls", "start_tls": office.smtp_security == "starttls"}
    trust = {"tls_context": _trust(office)} if office.smtp_security != "none" else {}
    return {"hostname": office.smtp_host, "port": office.smtp_port, **secure, **signed_in, **trust}


def _trust(office: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(office.smtp_ca) if office.smtp_ca else None)


async def _done(lease: agenda.Lease, owed: letters.Owed | None = None, written: Letter | None = None) -> None:
    async with writing() as db:
        await agenda.confirm(db, lease)
        if owed and written:
            await letters.sent(db, owed, written.subject, written.body)
        await agenda.finish(db, lease)


async def _failed(lease: agenda.Lease, owed: letters.Owed, reason: str) -> None:
    log("post").error("letter cannot be delivered", extra={"number": owed.number, "letter": owed.name, "reason": reason})
    async with writing() as db:
        await agenda.confirm(db, lease)
        await letters.refused(db, owed, reason)
        await agenda.finish(db, lease)


async def _rest(lease: agenda.Lease) -> None:
    """The case is stopped: its letters wait with it."""
    async with writing() as db:
        await agenda.confirm(db, lease)
        await agenda.finish(db, lease, clock.now() + WHILE_STOPPED)


async def _later(lease: agenda.Lease, owed: letters.Owed) -> None:
    now = clock.now()
    if now - owed.owed_at > letters.RETRY_FOR:
        await _failed(lease, owed, "not taken within two days")
        return
    async with writing() as db:
        await agenda.confirm(db, lease)
        await agenda.finish(db, lease, await _again_at(db, lease, now))


async def _again_at(db: Db, lease: agenda.Lease, now: datetime) -> datetime:
    """Half a minute, then twice as long each time, up to two hours."""
    return now + timedelta(seconds=min(7200, settings().retry_seconds * 15 * 2 ** await agenda.attempts(db, lease)))
