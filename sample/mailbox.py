"""One person's mailbox, read from the mail sink."""

from __future__ import annotations

import re

import httpx

from sample.waiting import until

CODE = re.compile(r"(?:確認コード[：:]|Code:)\s*([A-Z2-7]{8})\b")
PROOF = re.compile(r"https?://\S+/proof/[\w-]+")


class Mailbox:
    """What arrives at one address from now on, each letter read once by what it is about."""

    def __init__(self, mail: str, address: str) -> None:
        """Know the sink and the address."""
        self._mail, self._address = mail, address
        self._read = 0

    async def everything(self) -> list[dict[str, str]]:
        """Every letter to this address."""
        return await self._after(0)

    async def _after(self, number: int) -> list[dict[str, str]]:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            answer = await client.get(f"{self._mail}/api/messages", params={"to": self._address, "after": number})
        found: list[dict[str, str]] = answer.raise_for_status().json()
        return found

    async def empty(self) -> None:
        """Take what is there as read."""
        self._read = max((int(one["id"]) for one in await self._after(self._read)), default=self._read)

    async def letter(self, what: str, pattern: re.Pattern[str]) -> tuple[dict[str, str], re.Match[str]]:
        """The next letter in which this stands, and where it stands; raises Stuck."""

        async def look() -> tuple[dict[str, str], re.Match[str]] | None:
            for one in await self._after(self._read):
                if found := pattern.search(one["text"]):
                    self._read = int(one["id"])
                    return one, found
            return None

        return await until(what, look)
