"""The officers' pages: who comes in, what the queue shows, and who may see what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from desk import clock
from desk.domain.case import State
from desk.domain.gates import Gate
from desk.store import audit, cases, letters, officers
from desk.store.ledger import reading, writing
from tests.integration.officers_office import BASE, Desk, asked, at_gate, at_state, desk_with_people, request_received, ruled


@pytest.fixture
async def desk(office: Path) -> AsyncIterator[Desk]:
    """The desk's own host, with everybody enrolled."""
    found = await desk_with_people()
    yield found
    await found.browser.aclose()


async def test_the_right_three_open_the_desk(desk: Desk) -> None:
    """Officer, password and code together open a session in a cookie no script and no other site can use."""
    answer = await desk.log_in("uketsuke")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if "officer" in line)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (await desk.get("/desk")).status_code == 200
PLACEHOLDER
