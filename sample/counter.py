"""The officers at Prefect's forms: they find what is open, and answer it as Prefect's own pages do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pyotp

from desk.domain.gates import Role
from sample.waiting import Stuck, until

SPENT: dict[str, str] = {}  # by secret: the last one-time code given, for each is good once
NOT_FOUND, BUSY = 404, 503
ROLE_TAG = "役割:"


@dataclass(frozen=True, kw_only=True)
class OpenForm:
    """A form that waits for an officer."""

    run: UUID
    run_name: str
    key: str
    gate: str
    roles: tuple[Role, ...]
    answers: tuple[str, ...]


class Counter:
    """The desk's side of Prefect, over its API."""

    def __init__(self, demo: Mapping[str, Any]) -> None:
        """Know the office (build/demo.json)."""
        user, _, password = str(demo["prefect_auth"]).partition(":")
        self._prefect = httpx.AsyncClient(trust_env=False, base_url=f"{demo['prefect']}/api", auth=(user, password), timeout=30)
        self._officers: list[dict[str, Any]] = list(demo["officers"])

    async def close(self) -> None:
        """Let go of Prefect."""
        await self._prefect.aclose()

    async def open_form(self, number: str) -> OpenForm | None:
        """The form that is open for a request now, if there is one."""
        asked = {"flow_runs": {"name": {"like_": number}, "state": {"type": {"any_": ["PAUSED"]}}}, "limit": 5}
        for run in await self._told("POST", "/flow_runs/filter", asked):
            keyset = run["state"]["state_details"].get("run_input_keyset")
            if keyset and (schema := await self._kept(run["id"], keyset["schema"])):
                return _form(run, keyset["schema"], schema)
        return None

    async def wait_for_form(self, number: str, but: str = "", patience: float = 60) -> OpenForm:
        """The next form for a request, other than the one with this key; raises Stuck."""

        async def look() -> OpenForm | None:
            form = await self.open_form(number)
            return form if form and form.key != but else None

        return await until(f"a question to the officers about {number}", look, patience)

    async def answer(self, form: OpenForm, answer: str, **extra: Any) -> str:  # noqa: ANN401 - draft, amount or tracking
        """Fill a form in and press Resume, as an officer of the right role with a code not used yet; gives the officer's id."""
        officer, code = await self._somebody(form.roles)
        await self.resume(form, {"officer": officer, "code": code, "answer": answer, **extra})
        return officer

    async def resume(self, form: OpenForm, filled: Mapping[str, Any]) -> None:
        """Press Resume with a form filled in like this; raises Stuck if Prefect itself does not take it."""
        told = await self._told("POST", f"/flow_runs/{form.run}/resume", {"run_input": dict(filled)})
        if told["status"] != "ACCEPT":
            raise Stuck(f"the answer to {form.gate}: Prefect said {told['status']}, {told['details'].get('reason')}")

    async def _somebody(self, roles: tuple[Role, ...]) -> tuple[str, str]:
        """An officer in one of these roles, and a fresh one-time code; waits for the next if all are used."""

        async def look() -> tuple[str, str] | None:
            for officer in self._officers:
                secret = officer["totp_secret"]
                code = pyotp.TOTP(secret).now()
                if set(officer["roles"]) & set(roles) and SPENT.get(secret) != code:
                    SPENT[secret] = code
                    return officer["id"], code
            return None

        return await until("a one-time code that is not used", look)

    async def _kept(self, run: str, key: str) -> dict[str, Any] | None:
        answer = await self._sent("GET", f"/flow_runs/{run}/input/{key}")
        if answer.status_code == NOT_FOUND:  # between sleep and form
            return None
        kept: dict[str, Any] = answer.raise_for_status().json()
        return kept

    async def _told(self, verb: str, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - Prefect's JSON
        return (await self._sent(verb, path, body)).raise_for_status().json()

    async def _sent(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """Prefect's answer; asked again as long as it says that it is busy, as it does on SQLite."""

        async def look() -> httpx.Response | None:
            answer = await self._prefect.request(verb, path, json=body)
            return None if answer.status_code == BUSY else answer

        return await until("an answer of Prefect, which says that it is busy,", look)


def _form(run: Mapping[str, Any], key: str, schema: Mapping[str, Any]) -> OpenForm:
    words = {tag.removeprefix(ROLE_TAG) for tag in run["tags"] if tag.startswith(ROLE_TAG)}
    answers = schema["properties"]["answer"]
    return OpenForm(
        run=UUID(run["id"]),
        run_name=run["name"],
        key=key,
        gate=schema["title"],
        roles=tuple(role for role in Role if role.ja in words),
        answers=tuple(answers.get("enum") or [answers["const"]]),
    )
