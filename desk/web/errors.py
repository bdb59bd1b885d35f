"""One table from what went wrong to what is answered; whatever is not in it is a 500 that tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException

from desk.domain.case import CaseError, NoSuchCase, NotAllowed, Purged
from desk.domain.policy import Text
from desk.store.account import BadAssertion
from desk.store.cases import KeyReused
from desk.store.officers import BadLogin, TooManyLogins
from desk.store.packages import NoPackage
from desk.store.proofs import BudgetSpent, CodeExpired, LinkExpired, NoSuchProof, TooManyTries, UsedAlready, WrongCode
from desk.web.forms import BadForm, Refused

MINUTE, QUARTER, HOUR = 60, 900, 3600


class Forged(Exception):
    """The form was not sent from our own page."""


class KeyMissing(Exception):
    """A request needs an Idempotency-Key of 1 to 200 visible ASCII characters."""


class NotSignedIn(Exception):
    """There is no session, or it has ended."""


class NotYourRole(Exception):
    """This officer's roles do not allow it."""


class NotWhole(Exception):
    """The body did not arrive in time."""


class TooLarge(Exception):
    """The body is larger than anything this desk asks for."""


class TooMany(Exception):
    """Too much came from one place; the seconds to wait are told."""

    def __init__(self, seconds: int = MINUTE) -> None:
        """Say when it will be worth trying again."""
        super().__init__("too many")
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is answered: the status, a stable code, kind words, the field concerned, and when to try again."""

    status: int
    code: str
    said: Text
    field: str = ""
    retry_after: int = 0


def _answer(status: int, code: str, ja: str, en: str, *, field: str = "", retry_after: int = 0) -> Answer:
    return Answer(status=status, code=code, said=Text(ja, en), field=field, retry_after=retry_after)


NOT_FOUND = _answer(
    404,
    "not-found",
    "お探しのものは見つかりませんでした。番号やアドレスをご確認ください。",
    "We cannot find this. Please check the number or address.",
)
INVALID = _answer(422, "invalid", "ご入力いただいた内容をご確認ください。", "Please check what was entered.")
BUSY = _answer(
    503,
    "busy",
    "ただいま混み合っております。少し待ってから、もう一度お試しください。入力された内容は失われていません。",
    "We are busy right now. Please try again in a moment; nothing you sent is lost.",
    retry_after=5,
)
UNKNOWN = _answer(
    500,
    "unexpected",
    "申し訳ございません。弊社の側で問題が起きました。お急ぎのときはお電話ください。",
    "We are sorry: something went wrong on our side. If it is urgent, please telephone us.",
)
TABLE: Mapping[type[Exception], Answer] = {
    NoSuchCase: NOT_FOUND,
    NoSuchProof: NOT_FOUND,
    NoPackage: _answer(
        404,
        "no-package",
        "お渡しするデータは、まだ用意できていないか、保管の期間が過ぎています。窓口にご相談ください。",
        "There is no package to fetch: it is not ready yet, or its days are over. Please ask the desk.",
    ),
    Purged: _answer(
        410,
        "purged",
        "保管の期間が過ぎたため、この請求の記録は消去しました。",
        "The records of this request were destroyed when their time was over.",
    ),
    Refused: INVALID,
    WrongCode: _answer(
        422, "wrong-code", "確認コードが違います。もう一度ご確認ください。", "The code is not right. Please check it.", field="code"
    ),
    BadAssertion: _answer(
        422, "bad-assertion", "サービスからの確認を受け取れませんでした。", "The signed account cannot be accepted.", field="assertion"
    ),
    CodeExpired: _answer(
        410,
        "code-expired",
        "確認コードの期限が切れています。新しいコードをお求めください。",
        "The code has run out. Please ask for a new one.",
        field="code",
    ),
    LinkExpired: _answer(410, "link-expired", "このリンクの期限が切れています。", "This link has run out."),
    UsedAlready: _answer(
        409,
        "used-already",
        "この確認は済んでいます。もう一度なさる必要はありません。",
        "This was used before and has done its work; you need not do it again.",
    ),
    TooManyTries: _answer(
        429,
        "too-many-tries",
        "入力の回数が上限に達しました。新しいコードをお求めください。",
        "Too many tries. Please ask for a new code.",
        field="code",
    ),
    BudgetSpent: _answer(
        429,
        "too-many-failures",
        "誤ったコードの入力が続いているため、確認を一時止めています。1時間ほど後にお試しいただくか、お電話ください。",
        "Too many wrong codes are being tried at this desk. Please try again within the hour, or telephone us.",
        retry_after=HOUR,
    ),
    KeyReused: _answer(
        409,
        "key-reused",
        "同じ受付キーで、別の内容が送られています。",
        "This Idempotency-Key was used before with another body.",
        field="Idempotency-Key",
    ),
    KeyMissing: _answer(
        400,
        "missing",
        "Idempotency-Key ヘッダーが必要です(英数字など200字以内)。",
        "The header Idempotency-Key is needed: 1 to 200 visible ASCII characters.",
        field="Idempotency-Key",
    ),
    NotAllowed: _answer(
        409,
        "not-now",
        "いまの段階では、このお手続きはできません。窓口にご相談ください。",
        "This cannot be done at the point where the request stands. Please ask the desk.",
    ),
    NotSignedIn: _answer(
        401,
        "not-signed-in",
        "確認の有効時間(15分)が過ぎました。もう一度、確認コードをお求めください。",
        "Your 15 minutes are over, or no code was entered yet. Please ask for a new code.",
    ),
    BadLogin: _answer(
        401, "bad-login", "担当者ID、パスワード、コードのいずれかが違います。", "The officer, the password or the code is not right."
    ),
    TooManyLogins: _answer(
        429,
        "too-many-logins",
        "ログインの試行が多すぎます。15分お待ちください。",
        "Too many log-ins. Please wait a quarter of an hour.",
        retry_after=QUARTER,
    ),
    NotYourRole: _answer(403, "not-your-role", "この操作に必要な権限がありません。", "Your role does not allow this."),
    Forged: _answer(
        403,
        "not-from-our-page",
        "このページの有効時間が過ぎたか、ほかのサイトから送られたため、受け取れませんでした。前のページに戻り、読み込み直してからもう一度お送りください。",
        "This could not be taken: the page was open too long, or it came from elsewhere. Please go back, reload it and send it again.",
    ),
    BadForm: _answer(
        400, "bad-form", "内容が正しく届きませんでした。もう一度お試しください。", "This did not arrive whole. Please try again."
    ),
    NotWhole: _answer(
        408, "not-whole", "内容が届ききりませんでした。もう一度お試しください。", "This did not arrive in time. Please try again."
    ),
    TooLarge: _answer(413, "too-large", "送られた内容が大きすぎます。", "What was sent is too large."),
    TooMany: _answer(
        429,
        "too-many",
        "短い時間に多くの操作がありました。少し待ってから、もう一度お試しください。お急ぎのときはお電話ください。",
        "A great deal came in a short time. Please wait a moment and try again, or telephone us.",
        retry_after=MINUTE,
    ),
}
BY_STATUS: Mapping[int, Answer] = {
    400: _answer(400, "not-understood", "内容を読み取れませんでした。", "This could not be understood."),
    401: TABLE[NotSignedIn],
    404: NOT_FOUND,
    405: _answer(405, "wrong-method", "このアドレスでは、その操作はできません。", "This address does not take that method."),
    413: TABLE[TooLarge],
    415: _answer(415, "wrong-type", "この形式では受け取れません。", "This kind of body cannot be taken."),
}
BUSY_SIGNS = frozenset({"OperationalError", "InterfaceError", "TimeoutError"})  # only desk/store may know the database's own errors


def answer_to(error: Exception) -> Answer:
    """What is answered to an error."""
    if isinstance(error, TooMany):
        return replace(TABLE[TooMany], retry_after=error.seconds)
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    if isinstance(error, HTTPException):
        return BY_STATUS.get(error.status_code, replace(BY_STATUS[400], status=error.status_code))
    if not isinstance(error, CaseError) and any(kind.__name__ in BUSY_SIGNS for kind in type(error).__mro__):
        return BUSY
    return UNKNOWN
