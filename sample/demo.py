"""The demo: the whole sample office, and one disclosure played in front of the reader, from the web form to the verified package."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections import Counter as Tally
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from desk.settings import CHECKOUT
from sample.browser import PageRefused
from sample.office import NotReady, SampleOffice, arguments, office_of, until_ctrl_c, until_told, write_demo
from sample.play import Played, disclose
from sample.premises import Busy, NotOurs
from sample.waiting import Stuck

console = Console(highlight=False, soft_wrap=True)
LOGS = ("worker", "web", "prefect")


class NotVerified(Exception):
    """The package was fetched, but its receipt does not hold; says what the verifier said."""


async def demonstrate(given: argparse.Namespace) -> int:
    """Start the office, play one disclosure, and stay up unless told otherwise; the exit code."""
    console.print("[bold]窓口 Madoguchi[/] 見本の事務所を開きます / opening the sample office …")
    begun = time.monotonic()
    try:
        async with office_of(given) as office:
            console.print(f"  開きました / open after {time.monotonic() - begun:.0f} s\n")
            code = await _play(office, given.build)
            if not given.once:
                _show_places(office, given.build)
                await until_ctrl_c()
            return code
    except (NotReady, Busy, NotOurs) as problem:
        console.print(f"[red]✗[/] {escape(str(problem))}")
        return 1


async def _play(office: SampleOffice, build: Path) -> int:
    """Play it; 0 when the package is here and verified, else 1 with the reason."""
    begun = time.monotonic()
    try:
        played = await disclose(office.demo, office.demo["people"][0], _Teller())
        office.demo["case"] = played.number
        write_demo(office.demo, build / "demo.json")
        _show_package(played)
        console.print(escape(await asyncio.to_thread(_verified, played, office, build / "package.zip")))
    except (Stuck, PageRefused, NotVerified, httpx.HTTPError) as problem:
        console.print(f"\n[red]✗ 途中で止まりました / it stopped:[/] {escape(f'{type(problem).__name__}: {problem}')}")
        for part in LOGS:
            console.print(f"[dim]{part}.log:\n{escape(office.log(part))}[/]")
        return 1
    console.print(f"\n[green]✓[/] 請求から受け取りまで / from request to package: {time.monotonic() - begun:.0f} s\n")
    return 0


class _Teller:
    """Says each act with the seconds since the play began."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, who: str, ja: str, en: str) -> None:
        seconds = f"{time.monotonic() - self._begun:5.1f} s"
        console.print(f"[dim]{seconds}[/]  [bold]{escape(who)}[/]  {escape(ja)}\n         [dim]{escape(en)}[/]")


def _show_package(played: Played) -> None:
    table = Table("ファイル / file", "バイト / bytes", title=f"お渡ししたもの / what was given ({played.number})", title_justify="left")
    for name, size in played.files.items():
        table.add_row(name, f"{size:,}")
    console.print()
    console.print(table)
    tally = Tally(record["system"] for record in played.data["records"])
    found = "、".join(f"{system} {count}" for system, count in sorted(tally.items()))
    console.print(f"  記録 / records: {escape(found)}  お知らせ / letters to the person: {played.letters}\n")


def _verified(played: Played, office: SampleOffice, file: Path) -> str:
    """What the offline verifier says of the package; raises NotVerified if it does not hold."""
    file.write_bytes(played.package)
    key = office.premises.data / "keys" / "receipt.pub"
    said = subprocess.run(
        [sys.executable, CHECKOUT / "verify_receipt.py", file, "--key", key], capture_output=True, text=True, check=False, timeout=60
    )
    if said.returncode:
        raise NotVerified(said.stdout + said.stderr)
    return said.stdout.strip()


def _show_places(office: SampleOffice, build: Path) -> None:
    """Where everything is, and the sample officers' secrets."""
    places = Table("", "", show_header=False, box=None)
    for name, where in {
        "窓口(請求する方)/ the public front": office.demo["web"],
        "担当者のページ / the officers' pages": office.demo["desk"],
        "Prefect": f"{office.demo['prefect']}  password: {office.demo['prefect_auth']}",
        "届いたメール / the mail": office.demo["mail"],
        "受け取ったもの / the package": str(build / "package.zip"),
        "すべて / all of it": str(build / "demo.json"),
    }.items():
        places.add_row(name, escape(where))
    people = Table("担当者 / officer", "権限 / role", "パスワード / password", "ワンタイムコードの鍵 / TOTP secret")
    for officer in office.demo["officers"]:
        people.add_row(officer["id"], ", ".join(officer["roles"]), escape(officer["password"]), officer["totp_secret"])
    console.print(places, people, "\nCtrl-C で終わります / Ctrl-C ends everything that was started.", sep="\n")


if __name__ == "__main__":
    reader = arguments("sample.demo", "The sample office, and one disclosure played from the web form to the package.")
    reader.add_argument("--once", action="store_true", help="leave when it is played: 0 if the package is fetched and its receipt verifies")
    sys.exit(until_told(demonstrate(reader.parse_args())))
