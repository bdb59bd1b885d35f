"""Who sends, how often, and whether a form came from our own page."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from desk.settings import settings
from desk.store import limits, seal
from desk.store.ledger import Db, writing
from desk.web.errors import Forged, TooMany
from desk.web.forms import once, posted

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FORM_COOKIE, SESSION_COOKIE, RECEIPT_COOKIE = "form", "session", "receipt"
LIVES = {FORM_COOKIE: 86_400, SESSION_COOKIE: 12 * 3600, RECEIPT_COOKIE: 900}  # seconds; a session ends sooner, when it is idle
RANDOM = re.compile(r"[\w-]{43}")
CSRF_FIELD = "csrf"
FORM_TYPE = "application/x-www-form-urlencoded"
OWN = frozenset({"same-origin", "none"})
IPV6_PLACE = 64


def client_of(request: Request) -> str:
    """The address a request came from; what a forwarding header says counts only where a trusted proxy said it (T40)."""
    peer = request.client.host if request.client else ""
    trusted = tuple(ipaddress.ip_network(proxy, strict=False) for proxy in settings().trusted_proxies)
    hops = [hop.strip() for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and _within(peer, trusted):
        peer = hops.pop()
    return peer


def _within(host: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        return any(ipaddress.ip_address(host) in network for network in networks)
    except ValueError:
        return False


def place_of(request: Request) -> str:
    """Where a request came from, as it is counted: one IPv4 address, or the /64 one household or office is given of IPv6."""
    host = client_of(request)
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return host
    return str(found.ipv4_mapped or ipaddress.ip_network(f"{found}/{IPV6_PLACE}", strict=False))


def is_local(request: Request) -> bool:
    """Whether the machine itself asks, and no proxy for somebody else."""
    try:
        return ipaddress.ip_address(client_of(request)).is_loopback and "x-forwarded-for" not in request.headers
    except ValueError:
        return False


async def spend(db: Db, request: Request) -> None:
    """Count one post within the caller's transaction; TooMany beyond the limits of one place or of all together."""
    if await limits.count(db, "posts-place", place_of(request), MINUTE) > settings().requests_per_minute:
        raise TooMany
    if await limits.count(db, "posts-all", "all", MINUTE) > settings().requests_per_minute_in_all:
        raise TooMany


async def spend_address(db: Db, address: str) -> None:
    """Count one request that names this contact; TooMany beyond the limit of a day."""
    if address and await limits.count(db, "requests-address", address.casefold(), DAY) > settings().requests_per_address_a_day:
        raise TooMany(int(DAY.total_seconds()))


async def counted(request: Request) -> None:
    """Count one post that has no other transaction of its own."""
    async with writing() as db:
        await spend(db, request)


def set_cookie(response: Response, name: str, value: str) -> None:
    """Set a cookie no script and no other site can read."""
    response.set_cookie(cookie_name(name), value, max_age=LIVES[name], secure=_https(), httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(cookie_name(name), secure=_https(), httponly=True, samesite="lax")


def cookie_name(name: str) -> str:
    """`__Host-` binds a cookie to this host over TLS; over plain HTTP on the machine itself it would be refused."""
    return f"__Host-madoguchi-{name}" if _https() else f"madoguchi-{name}"


def cookie(request: Request, name: str) -> str:
    """A cookie of ours, or nothing."""
    return request.cookies.get(cookie_name(name), "")


def _https() -> bool:
    return settings().public_url.startswith("https://")


def form_secret(request: Request) -> tuple[str, bool]:
    """What this browser's forms are bound to, and whether it must be set first."""
    held = cookie(request, FORM_COOKIE)
    return (held, False) if RANDOM.fullmatch(held) else (secrets.token_urlsafe(32), True)


def csrf_token(secret: str) -> str:
    """The token a form of this browser carries."""
    return seal.digest("csrf", secret)


def tagged(value: str) -> str:
    """A value that only this office can have written into a cookie."""
    return f"{value}.{seal.digest('cookie', value)}"


def untagged(text: str) -> str:
    """What `tagged` was given, or nothing if somebody else wrote it."""
    value, _, tag = text.rpartition(".")
    return value if value and hmac.compare_digest(tag.encode(), seal.digest("cookie", value).encode()) else ""


async def own_form(request: Request) -> Mapping[str, Sequence[str]]:
    """The fields of a form sent from our own page in this browser; Forged otherwise (T38)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise HTTPException(415)
    if not _from_here(request):
        raise Forged
    fields = posted(await request.body())
    held = cookie(request, FORM_COOKIE)
    if not RANDOM.fullmatch(held) or not hmac.compare_digest(once(fields, CSRF_FIELD).encode(), csrf_token(held).encode()):
        raise Forged
    return fields


def _from_here(request: Request) -> bool:
    """A browser says where a form was sent from; under `no-referrer` it may say `null`, and then the other header decides."""
    if request.headers.get("sec-fetch-site", "same-origin") not in OWN:
        return False
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc in {request.headers.get("host", ""), urlsplit(settings().public_url).netloc}
