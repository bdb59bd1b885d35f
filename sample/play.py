"""One disclosure from the web form to the delivered package: the person and the officers do what each of them does."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sample.counter import Counter, OpenForm
from sample.visitor import Visitor
from sample.waiting import Stuck, until

Tell = Callable[[str, str, str], None]  # who, in Japanese, in English
MOST_ANSWERS = 8
PRICE = r"<strong>([\d,]+)円</strong>"
STATE = r"<h1>(.*?)</h1>"
ANSWERS = {"書庫": "該当なし", "決定": "承認する", "入金": "入金した"}
PACKED = OpenForm(run=UUID(int=0), run_name="", key="packed", gate="", roles=(), answers=())
SAID = {
    "書庫": ("紙の書庫を調べました。該当はありません", "searched the paper archive: nothing there"),
    "決定": ("決定案と根拠の条文を確かめ、署名しました", "checked the proposed ruling and its articles, and signed"),
    "入金": ("入金を確かめました", "saw the fee come in"),
}


@dataclass(frozen=True, kw_only=True)
class Played:
    """What came of it."""

    number: str
    package: bytes
    letters: int  # to the person

    @property
    def files(self) -> Mapping[str, int]:
        """The files of the package and their bytes."""
        with zipfile.ZipFile(io.BytesIO(self.package)) as bundle:
            return {entry.filename: entry.file_size for entry in bundle.infolist()}

    @property
    def data(self) -> dict[str, Any]:
        """What is given, as the package's JSON says it."""
        with zipfile.ZipFile(io.BytesIO(self.package)) as bundle:
            found: dict[str, Any] = json.loads(bundle.read("data.json"))
        return found


async def disclose(demo: Mapping[str, Any], person: Mapping[str, Any], tell: Tell) -> Played:
    """Play it through; raises Stuck or PageRefused with the reason where it does not go on."""
    visitor, counter = Visitor(demo, person), Counter(demo)
    try:
        await _prove(visitor, tell)
        await _answer_until_packed(visitor, counter, tell)
        package = await visitor.fetch()
        tell("本人", f"確認コードでデータを受け取りました({len(package):,}バイト)", "fetched the package with its own code")
        return Played(number=visitor.number, package=package, letters=len(await visitor.mailbox.everything()))
    finally:
        await visitor.leave()
        await counter.close()


async def _prove(visitor: Visitor, tell: Tell) -> None:
    number = await visitor.ask()
    tell("本人", f"ウェブのフォームで開示を請求しました。受付番号 {number}", "asked for disclosure with the web form")
    subject = await visitor.confirm_address()
    tell("本人", f"メール「{subject}」のリンクで、アドレスを確認しました", "followed the link in the mail: the address is proven")
    await visitor.vouch()
    tell("サービス", "ログイン中のアカウントを、署名付きで証明しました", "vouched, signed, for the account the person is logged in to")
    page = await visitor.enter()
    tell("本人", f"確認コードで状況のページを開きました:{page.said(STATE)}", "opened the status page with a code from the mail")


async def _answer_until_packed(visitor: Visitor, counter: Counter, tell: Tell) -> None:
    """Officers answer what is asked, one question after the other, until there is something to fetch."""
    last = ""
    for _ in range(MOST_ANSWERS):
        form = await until("the next question to the officers, or the package", partial(_asked_or_packed, visitor, counter, last))
        if form == PACKED:
            return
        last = form.key
        await _answer(visitor, counter, form, tell)
    raise Stuck("the officers were asked more often than this play expects")


async def _asked_or_packed(visitor: Visitor, counter: Counter, last: str) -> OpenForm | None:
    """A question not answered yet, or PACKED, or nothing so far."""
    form = await counter.open_form(visitor.number)
    if form and form.key != last:
        return form
    return PACKED if await visitor.package_page() else None


async def _answer(visitor: Visitor, counter: Counter, form: OpenForm, tell: Tell) -> None:
    if form.gate not in ANSWERS:
        raise Stuck(f"the desk asks {form.gate}, which this play does not expect")
    extra = {"amount": await _price(visitor, tell)} if form.gate == "入金" else {}
    officer = await counter.answer(form, ANSWERS[form.gate], **extra)
    ja, en = SAID[form.gate]
    tell(officer, f"Prefectの「{form.gate}」に「{ANSWERS[form.gate]}」:{ja}", en)


async def _price(visitor: Visitor, tell: Tell) -> int:
    """What the status page says is to be paid, in yen."""
    price = int((await visitor.look()).said(PRICE).replace(",", ""))
    tell("本人", f"決定の知らせと手数料のご案内を受け、{price:,}円を振り込みました", "was told of the decision, and paid the fee")
    return price
