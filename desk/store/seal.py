"""Encryption at rest: a key per case wrapped by the office's master key, keyed digests for look-ups, and the office's signature.

AES-256-GCM throughout; what a text is about is bound to it as associated data, so that it cannot be moved to another place.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from desk.settings import settings

_CHUNK = 1 << 20
_NONCE = 12
_KEY = 32
_HEAD = 4


class KeysMissing(Exception):
    """The office has no keys yet, or not whole ones; `madoguchi init` makes them."""


class Damaged(Exception):
    """What was sealed was cut, changed or moved since."""


def make_keys(folder: Path) -> None:
    """Make the master key and the receipt key, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_once(folder / "master.key", base64.b64encode(secrets.token_bytes(_KEY)))
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_once(folder / "receipt.key", pem)
    public = receipt_key(folder).public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "receipt.pub").write_bytes(public)


def _write_once(path: Path, content: bytes) -> None:
    """Write a file whole, or leave the one that is there; half a key would be worse than none."""
    aside = path.with_suffix(f".{secrets.token_hex(4)}.part")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Let a name outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@cache
def _derived(folder: Path, purpose: str) -> bytes:
    try:
        master = base64.b64decode((folder / "master.key").read_bytes())
    except FileNotFoundError:
        raise KeysMissing(str(folder)) from None
    if len(master) != _KEY:
        raise KeysMissing(str(folder))
    return HKDF(algorithm=hashes.SHA256(), length=_KEY, salt=None, info=f"madoguchi {purpose}".encode()).derive(master)


def receipt_key(folder: Path | None = None) -> Ed25519PrivateKey:
    """The key that signs receipts and audit checkpoints."""
    return _signing_key((folder or settings().keys) / "receipt.key")


@cache
def _signing_key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        raise KeysMissing(str(path))
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeysMissing(str(path))
    return key


def digest(purpose: str, value: str) -> str:
    """A keyed digest by which a value can be looked up and never read; SHA-256 in hex."""
    return hmac.new(_derived(settings().keys, "digest"), _bytes(f"{purpose}\0{value}"), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two digests or codes in constant time, whatever was typed."""
    return hmac.compare_digest(_bytes(left), _bytes(right))


def _bytes(text: str) -> bytes:
    """A text as bytes; what a browser cannot send but JSON can (a lone surrogate) is no error."""
    return text.encode("utf-8", "surrogatepass")


def new_case_key(number: str) -> bytes:
    """A fresh key for one case, wrapped by the master key."""
    return _encrypt(_derived(settings().keys, "wrap"), secrets.token_bytes(_KEY), f"key of {number}")


def unwrapped(wrapped: bytes, number: str) -> bytes:
    """The key of one case."""
    return _decrypt(_derived(settings().keys, "wrap"), wrapped, f"key of {number}")


def sealed(key: bytes, value: object, about: str) -> bytes:
    """Seal a JSON value under a key; only the same `about` opens it."""
    return _encrypt(key, _bytes(json.dumps(value, ensure_ascii=False)), about)


def opened(key: bytes, text: bytes, about: str) -> Any:  # noqa: ANN401 - whatever JSON value was sealed
    """Open what `sealed` made; Damaged if it is not that."""
    return json.loads(_decrypt(key, text, about))


def sealed_for_office(value: str, about: str) -> bytes:
    """Seal something that belongs to no case, such as an officer's secret."""
    return _encrypt(_derived(settings().keys, "office"), value.encode(), about)


def opened_for_office(text: bytes, about: str) -> str:
    """Open what `sealed_for_office` made."""
    return _decrypt(_derived(settings().keys, "office"), text, about).decode()


def _encrypt(key: bytes, plain: bytes, about: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, about.encode())


def _decrypt(key: bytes, text: bytes, about: str) -> bytes:
    try:
        return AESGCM(key).decrypt(text[:_NONCE], text[_NONCE:], about.encode())
    except (InvalidTag, ValueError):
        raise Damaged(about) from None


def seal_file(key: bytes, plain: BinaryIO, target: Path, about: str) -> None:
    """Seal a file in chunks of 1 MiB: written aside, synced, then renamed, so that half a file is never seen."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = target.with_suffix(f".{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for index, (chunk, last) in enumerate(_chunks(plain)):
                text = _encrypt(key, chunk, f"{about} {index} {'last' if last else 'more'}")
                file.write(len(text).to_bytes(_HEAD, "big") + text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _chunks(plain: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    chunk = plain.read(_CHUNK)
    while True:
        following = plain.read(_CHUNK)
        yield chunk, not following
        if not following:
            return
        chunk = following


def open_file(key: bytes, path: Path, about: str) -> Iterator[bytes]:
    """The chunks of a sealed file; Damaged, before its last chunk is given, if it was cut or changed."""
    with path.open("rb") as file:
        index, head = 0, file.read(_HEAD)
        while head or not index:
            text = file.read(int.from_bytes(head, "big"))
            head = file.read(_HEAD)
            yield _decrypt(key, text, f"{about} {index} {'more' if head else 'last'}")
            index += 1
