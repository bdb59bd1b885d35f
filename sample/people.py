"""Ten thousand invented people: names put together from parts, so that nobody is meant; the same ones every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import TypedDict

SEED = 20261122
ROSTER_EVERY = 5  # every fifth company hands over its roster of employees to be kept for it
OF_FIFTY = 50  # kinds of people repeat after fifty
ROSTER_ONLY, MARKETING_ONLY, IN_CAPITALS = 5, 6, 21  # these of every fifty
SAME_NAME = (7, 8)  # these two share name and company, so that a name alone proves nothing

FAMILY_FIRST = (
    "青 アオ ao|朝 アサ asa|岩 イワ iwa|霧 キリ kiri|雲 クモ kumo|桜 サクラ sakura|白 シラ shira|杉 スギ sugi|空 ソラ sora|滝 タキ taki|"
    "竹 タケ take|月 ツキ tsuki|鶴 ツル tsuru|虹 ニジ niji|花 ハナ hana|星 ホシ hoshi|窓 マド mado|雪 ユキ yuki|夢 ユメ yume|若 ワカ waka"
)
FAMILY_LAST = (
    "浦 ウラ ura|川 カワ kawa|崎 サキ saki|沢 サワ sawa|瀬 セ se|田 タ ta|塚 ツカ tsuka|野 ノ no|浜 ハマ hama|原 ハラ hara|森 モリ mori"
)
GIVEN_FIRST = (
    "明 アキ aki|一 カズ kazu|清 キヨ kiyo|千 チ chi|友 トモ tomo|直 ナオ nao|夏 ナツ natsu|春 ハル haru|"
    "真 マ ma|美 ミ mi|由 ユ yu|里 リ ri"
)
GIVEN_LAST = "江 エ e|織 オリ ori|香 カ ka|樹 キ ki|子 コ ko|佐 サ sa|輔 スケ suke|斗 ト to|菜 ナ na|帆 ホ ho|也 ヤ ya"
TRADES = "印刷 print|製作所 works|商事 trading|食品 foods|運輸 logistics|電機 electric|建設 build|薬品 pharma|出版 press|設計 design"
TITLES = ("部長", "課長", "係長", "主任", "営業担当", "総務担当", "デザイナー", "エンジニア", "顧問", "代表取締役")


class Name(TypedDict):
    """A name as `POST /api/v1/requests` takes it."""

    family: str
    given: str
    family_kana: str
    given_kana: str


@dataclass(frozen=True, kw_only=True)
class Company:
    """An invented client of the service."""

    id: int
    name: str
    domain: str

    @property
    def entrusts_roster(self) -> bool:
        """Whether the service keeps this company's roster of employees for it."""
        return self.id % ROSTER_EVERY == 0


@dataclass(frozen=True, kw_only=True)
class Invented:
    """One invented person before any system knows of him or her."""

    id: int
    name: Name
    company: Company
    email: str
    login_id: str
    title: str
    telephone: str

    @property
    def is_user(self) -> bool:
        """Whether this person has an account."""
        return self.id % OF_FIFTY not in (ROSTER_ONLY, MARKETING_ONLY)

    @property
    def is_contact(self) -> bool:
        """Whether marketing knows this person."""
        return self.id % OF_FIFTY == MARKETING_ONLY or (self.is_user and self.id % 4 == 0)

    @property
    def is_on_roster(self) -> bool:
        """Whether the company's roster, kept for it, names this person."""
        return self.company.entrusts_roster and self.id % OF_FIFTY != MARKETING_ONLY

    @property
    def is_in_capitals(self) -> bool:
        """Whether the address is stored in capitals though the person writes it in small letters."""
        return self.id % OF_FIFTY == IN_CAPITALS


def companies() -> tuple[Company, ...]:
    """The two hundred invented clients."""
    heads, trades = [part.split() for part in FAMILY_FIRST.split("|")], [part.split() for part in TRADES.split("|")]
    pairs = [(head, trade) for trade in trades for head in heads]
    return tuple(
        Company(id=number, name=f"{head[0]}見本{trade[0]}株式会社", domain=f"{head[2]}-{trade[1]}.example.jp")
        for number, (head, trade) in enumerate(pairs, 1)
    )


def invented(people: int) -> Iterator[Invented]:
    """This many people, the same every time; one in fifty is in a client's roster only, one in fifty known to marketing only."""
    dice, clients = Random(SEED), companies()
    entrusting = [client for client in clients if client.entrusts_roster]
    name, romaji, company = *_name(dice), clients[0]
    for number in range(1, people + 1):
        if number not in SAME_NAME[1:]:
            name, romaji = _name(dice)
            company = dice.choice(entrusting if number % OF_FIFTY == ROSTER_ONLY else clients)
        yield Invented(
            id=number,
            name=name,
            company=company,
            email=f"{romaji}{number}@{company.domain}",
            login_id=f"{romaji.replace('.', '-')}-{number}",
            title=dice.choice(TITLES),
            telephone=f"03-0000-{dice.randrange(10_000):04}",
        )


def _name(dice: Random) -> tuple[Name, str]:
    first, last, given_first, given_last = (
        dice.choice(parts.split("|")).split() for parts in (FAMILY_FIRST, FAMILY_LAST, GIVEN_FIRST, GIVEN_LAST)
    )
    family, family_kana, family_romaji = map("".join, zip(first, last, strict=True))
    given, given_kana, given_romaji = map("".join, zip(given_first, given_last, strict=True))
    name = Name(family=family, given=given, family_kana=family_kana, given_kana=given_kana)
    return name, f"{given_romaji}.{family_romaji}"
