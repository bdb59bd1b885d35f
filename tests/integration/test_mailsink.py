"""The sample office's mail sink, over real SMTP and real HTTP."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import AsyncIterator
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from sample.child import launched
from sample.premises import LOOPBACK, free_port
from sample.waiting import until

numbers = count(1)


class Sink:
    """A running mail sink and the two ways to reach it."""

    def __init__(self, smtp_port: int, http_port: int) -> None:
        """Know the ports."""
        self.smtp_port, self.url = smtp_port, f"http://{LOOPBACK}:{http_port}"

    async def take(self, mail: EmailMessage, *recipients: str) -> None:
        """Hand a letter over by SMTP."""
        await aiosmtplib.send(mail, recipients=recipients, sender="desk@corezo.example.jp", hostname=LOOPBACK, port=self.smtp_port)

    async def get(self, path: str) -> httpx.Response:
        """What HTTP says."""
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.url}{path}")

    async def is_up(self) -> bool | None:
        """True once it answers."""
        try:
            return (await self.get("/healthz")).is_success or None
        except httpx.TransportError:
            return None

    async def last(self) -> dict[str, str]:
        """The letter that came last."""
        found: list[dict[str, str]] = (await self.get("/api/messages")).json()
        return found[-1]


@pytest.fixture(scope="module")
async def sink(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sink]:
    """One sink for these tests, started as the sample office starts it."""
    taken: set[int] = set()
    made = Sink(free_port(0, taken), free_port(0, taken))
    command = (sys.executable, "-m", "sample.mailsink", "--smtp-port", str(made.smtp_port), "--http-port", made.url.rpartition(":")[2])
    log: Path = tmp_path_factory.mktemp("sink") / "mail.log"
    with log.open("wb") as file, launched(command, os.environ, file) as process:
        await until("the mail sink's start", made.is_up)
        yield made
        process.terminate()


def letter(subject: str = "受付のお知らせ", text: str = "ご請求を受け付けました。\n") -> EmailMessage:
    """A letter as the desk sends it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "窓口 <desk@corezo.example.jp>", "someone@hana-print.example.jp", subject
    mail["Message-ID"] = f"<{next(numbers)}@corezo.example.jp>"
    mail.set_content(text, cte="base64")
    return mail


async def test_a_letter_is_kept_as_it_was_written(sink: Sink) -> None:
    """Sender, recipient, subject, text and Message-ID come out as they went in, Japanese included, with the time of arrival."""
    mail = letter()
    await sink.take(mail, "someone@hana-print.example.jp")
    kept = await sink.last()
    assert set(kept) == {"id", "to", "from", "subject", "message_id", "text", "html", "at"}
    assert kept["to"] == "someone@hana-print.example.jp"
    assert kept["from"] == "窓口 <desk@corezo.example.jp>"
    assert (kept["subject"], kept["text"], kept["html"]) == ("受付のお知らせ", "ご請求を受け付けました。\n", "")
    assert kept["message_id"] == mail["Message-ID"]
    assert kept["at"].endswith("+00:00")


async def test_the_same_letter_twice_is_kept_twice(sink: Sink) -> None:
    """A sink hides nothing: what was sent twice can be counted, under two ids."""
    mail = letter()
    for _ in range(2):
        await sink.take(mail, "twice@hana-print.example.jp")
    found = (await sink.get("/api/messages?to=Twice@hana-print.example.jp")).json()
    assert len({one["id"] for one in found}) == 2
    assert {one["message_id"] for one in found} == {mail["Message-ID"]}


async def test_only_what_is_newer_can_be_asked_for(sink: Sink) -> None:
    """A mailbox reads on from the last letter it has seen."""
    await sink.take(letter(), "reader@hana-print.example.jp")
    seen = (await sink.last())["id"]
    await sink.take(letter(subject="次のお知らせ"), "reader@hana-print.example.jp")
    found = (await sink.get(f"/api/messages?to=reader@hana-print.example.jp&after={seen}")).json()
    assert [one["subject"] for one in found] == ["次のお知らせ"]


async def test_html_is_given_apart_from_text(sink: Sink) -> None:
    """A letter with two bodies shows both to whoever asks by JSON."""
    mail = letter(text="text")
    mail.add_alternative("<p>page</p>", subtype="html")
    await sink.take(mail, "both@hana-print.example.jp")
    kept = await sink.last()
    assert (kept["text"].strip(), kept["html"].strip()) == ("text", "<p>page</p>")


@pytest.mark.parametrize(("domain", "code"), [("refused.example.jp", 550), ("later.example.jp", 451)])
async def test_two_domains_stand_for_mailboxes_that_take_nothing(sink: Sink, domain: str, code: int) -> None:
    """One refuses for good and one for now, so that the desk's two ways of failing can be seen."""
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await sink.take(letter(), f"someone@{domain}")
    assert refused.value.recipients[0].code == code


async def test_pages_show_letters_as_text_and_links_as_links(sink: Sink) -> None:
    """Nothing in a letter becomes markup, but its web address can be followed."""
    text = '<script>alert("1")</script>\nhttp://127.0.0.1:8000/proof/a-b_c?x=1&y="2"\n'
    await sink.take(letter(subject="<b>太字</b>", text=text), "pages@hana-print.example.jp")
    kept = await sink.last()
    for path in ("/", f"/messages/{kept['id']}"):
        page = await sink.get(path)
        assert "<script" not in page.text
        assert "<b>" not in page.text
        assert "&lt;b&gt;太字&lt;/b&gt;" in page.text
    assert '<a href="http://127.0.0.1:8000/proof/a-b_c?x=1&amp;y=" rel="noreferrer">' in (await sink.get(f"/messages/{kept['id']}")).text


async def test_every_answer_forbids_scripts_and_frames(sink: Sink) -> None:
    """The pages run nothing, load nothing from elsewhere, and are not cached, whether found or not."""
    for path in ("/", "/style.css", "/api/messages", "/messages/0"):
        headers = (await sink.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


async def test_it_is_reached_from_this_machine_only(sink: Sink) -> None:
    """Both ports are closed at any other address of the machine."""
    for port in (sink.smtp_port, int(sink.url.rpartition(":")[2])):
        with socket.socket() as probe:
            probe.settimeout(2)
            assert probe.connect_ex(("127.0.0.2", port)) != 0
