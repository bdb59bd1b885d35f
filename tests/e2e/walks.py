"""The ways of a request that a plain disclosure does not go, each from its form to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from desk import clock
from desk.domain.case import State
from desk.domain.gates import Role
from desk.store import drafts, packages, wishes, withholding
from desk.store.ledger import writing
from tests.e2e.walk import Office, known, later

INVESTIGATOR = "shirabe-9"


async def words(number: str, said: str = "理由") -> int:
    """Words of an officer, by number."""
    async with writing() as db:
        return await drafts.add(db, number, INVESTIGATOR, said)


async def to_the_archive(office: Office) -> str:
    """Asked, proven, searched: the request waits for the paper archive."""
    person = office.someone()
    number = await office.received(known(person))
    await office.moved(number)
    await office.prove(number, person)
    return number


async def signed(office: Office, number: str, signatures: int) -> None:
    """Nothing in the archive, and so many signatures."""
    await office.answer(await office.moved(number), "該当なし")
    for _ in range(signatures):
        await office.answer(await office.moved(number), "承認する")


async def unpaid(office: Office) -> str:
    """Partly refused, billed, and reminded of the bill."""
    number = await to_the_archive(office)
    await office.moved(number)
    async with writing() as db:
        await withholding.withhold(db, number, "usage", "hindrance", "業務に著しい支障があるため", INVESTIGATOR)
    await signed(office, number, 2)
    await office.moved(number)
    await office.post()
    with clock.travelled(later(14)):
        await office.moved(number)
        await office.post()
    return number


async def lapsed(office: Office, number: str) -> None:
    """The last day is over, and a clerk treats the request as withdrawn."""
    await office.answer(await office.moved(number), "取下げとみなす", Role.CLERK)
    await office.moved(number)
    await office.post()


async def taken_up_again(office: Office, number: str) -> None:
    """The person objects, a new reviewer lets it go on, and the fee is paid."""
    async with writing() as db:
        await wishes.object_to(db, number, "支払いの案内を見落としていました")
    await office.answer(await office.moved(number), "審査し直す", draft=await words(number))
    await office.answer(await office.moved(number), "入金した", amount=1000)
    await office.moved(number)
    await office.post()


async def unpaid_and_reopened(office: Office) -> str:
    """Partly refused and told so at once, unpaid after the reminder, treated as withdrawn, reopened by an objection, paid, given."""
    number = await unpaid(office)
    with clock.travelled(later(31)):
        await lapsed(office, number)
        await taken_up_again(office, number)
    return number


async def papers_asked_for_twice_and_refused(office: Office) -> str:
    """Papers asked for, reminded of, proof comes in, it points to nobody for certain, and identity is not confirmed."""
    person = office.someone()
    number = await office.received(known(person))
    await office.moved(number)
    await office.post()
    with clock.travelled(later(7)):
        await office.answer(await office.moved(number), "書類を求める", Role.CLERK)
        await office.moved(number)
    with clock.travelled(later(20)):
        await office.answer(await office.moved(number), "認められない", Role.APPROVER)
        await office.moved(number)
        await office.post()
    return number


async def nothing_held_and_closed(office: Office) -> str:
    """Nobody the systems know: recognised by a clerk, told late why it takes longer, nothing held, told so, and closed in time."""
    one = office.someone()
    address = f"mishiranu-{one.id}@example.jp"
    number = await office.received(known(one, email=address, identifiers={"email": address}))
    await office.answer(await office.moved(number), "本人と認める", Role.CLERK)
    await office.moved(number)
    with clock.travelled(later(16)):
        await signed(office, number, 2)
        await office.moved(number)
        await office.post()
    with clock.travelled(later(40)):
        await office.moved(number)
    return number


async def withdrawn(office: Office) -> str:
    """Taken back by the person while the archive was being searched."""
    number = await to_the_archive(office)
    await office.moved(number)
    async with writing() as db:
        await wishes.withdraw(db, number)
    await office.moved(number)
    await office.post()
    return number


async def given_and_closed(office: Office) -> str:
    """Given, fetched, and closed in time."""
    number = await to_the_archive(office)
    await signed(office, number, 1)
    await office.answer(await office.moved(number), "入金した", amount=1000)
    await office.moved(number)
    async with writing() as db:
        await packages.fetched(db, number)
    with clock.travelled(later(16)):
        await office.moved(number)
        await office.post()
    return number


Walk = Callable[[Office], Awaitable[str]]
WALKS: Mapping[Walk, State] = {
    unpaid_and_reopened: State.NOTIFIED,
    papers_asked_for_twice_and_refused: State.REJECTED,
    nothing_held_and_closed: State.CLOSED,
    withdrawn: State.WITHDRAWN,
    given_and_closed: State.CLOSED,
}
