"""Check a package of personal information offline: python verify_receipt.py ZIP [--key FILE].

Needs Python 3.11 and the package `cryptography`, and nothing else. The exit code is 0 when the package is valid, 1 when it is
not, 2 when it cannot be checked. Nothing personal is printed: only codes, counts and dates from the signed receipt.

Valid means: the receipt is signed; the manifest is the one the receipt names; every file is in the manifest and is unchanged; and
there is nothing else in the zip. With --key FILE, the office's published key, it also means that the office signed it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
except ImportError:
    print("確認できません。Pythonのcryptographyが必要です。", "CANNOT BE CHECKED: the Python package cryptography is missing.", sep="\n")
    sys.exit(2)

FORMAT = "madoguchi-receipt-v1"
SIGNED_AS = f"{FORMAT}\n".encode()
MANIFEST, RECEIPT = "manifest.json", "receipt.json"
PAPERS = {MANIFEST, RECEIPT}
PARTS = {"receipt", "key", "key_id", "signature"}
COUNTED = ("systems", "items", "exceptions")
PLAIN_NAME = re.compile(r"(?=.{1,200}\Z)[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")

MOST_FILES = 10_000
MOST_BYTES = 2 * 1024**3  # of the zip, and of all its files together
MOST_PAPER = 8 * 1024**2  # of manifest or receipt, which are read whole

LOCAL = struct.Struct("<LHHHHHLLLHH")  # the header before each file: APPNOTE 4.3.7
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
STREAMED = 0x08  # size and check sum follow the file
FLAGS = STREAMED | 0x06  # how hard it was compressed
DESCRIPTORS = (12, 16, 20, 24)
NOT_IN_HEADER = 0xFFFFFFFF  # the size stands in an extra field
FILE_TYPES = (0, 0o100000)
END_RECORD = 22
UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, OverflowError, RuntimeError, ValueError, OSError)


class Invalid(Exception):
    """The package is not as the office signed it; said in Japanese and in English."""


class Unusable(Exception):
    """Nothing can be said about the package; said in Japanese and in English."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What the signature covers, and by which key it was made."""

    facts: Mapping[str, object]
    key_id: str


def main(arguments: list[str] | None = None) -> int:
    """Check one package and say so in Japanese and English; the exit code."""
    reader = argparse.ArgumentParser(prog="verify_receipt.py", description="Check a package of personal information offline.")
    reader.add_argument("package", metavar="ZIP", type=Path)
    reader.add_argument("--key", metavar="FILE", type=Path, help="the office's published key: PEM, or its 32 bytes in base64")
    given = reader.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        signed = check(given.package, given.key)
    except Invalid as finding:
        return _say(1, f"無効です。{finding.args[0]}", f"INVALID: {finding.args[1]}")
    except Unusable as finding:
        return _say(2, f"確認できません。{finding.args[0]}", f"CANNOT BE CHECKED: {finding.args[1]}")
    return _say(0, *_summary(signed.facts), *_signer(signed, given.key))


def check(package: Path, key_file: Path | None = None) -> Signed:
    """Check a package, against the office's key if there is one; raises Invalid or Unusable."""
    office_key = _office_key(key_file) if key_file else None
    with _opened(package) as bundle:
        try:
            return _checked(bundle, office_key)
        except UNREADABLE as error:
            raise Invalid("ZIPの中のファイルを読めません。", "a file in the zip cannot be read.") from error


def _checked(bundle: zipfile.ZipFile, office_key: bytes | None) -> Signed:
    """Every check of an open package; raises Invalid or Unusable, and whatever a damaged zip raises."""
    entries = bundle.infolist()
    manifest, receipt = (_paper(bundle, name) for name in (MANIFEST, RECEIPT))
    if not _json(manifest) and not _json(receipt):
        raise Unusable("個人情報の回答の一式ではありません。", "this is not a package of personal information.")
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise Unusable("ファイルが多すぎるか、大きすぎます。", "too many or too big files.")
    _check_entries(entries)
    _check_layout(bundle)
    signed = _signature(receipt, office_key)
    if signed.facts.get("manifest_sha256") != hashlib.sha256(manifest).hexdigest():
        raise Invalid("ファイルの一覧が受領証と一致しません。", "manifest.json is not the one the receipt names.")
    _check_files(bundle, _json(manifest))
    return signed


def _opened(package: Path) -> zipfile.ZipFile:
    try:
        if package.stat().st_size > MOST_BYTES:
            raise Unusable("ファイルが大きすぎます。", "the file is too big.")
        return zipfile.ZipFile(package)
    except UNREADABLE as error:
        raise Unusable(
            "ファイルがないか、ZIPではないか、壊れています。", "there is no such file, or it is not a zip, or it is broken."
        ) from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Every entry is a plain file under a plain name that no other has; nothing absolute, nothing upwards, no links, no password."""
    names = [entry.orig_filename for entry in entries]
    if len(set(names)) < len(names):
        raise Invalid("同じ名前のファイルが2つ以上あります。", "two files have the same name.")
    if not all(PLAIN_NAME.fullmatch(name) for name in names):
        raise Invalid("許されない名前のファイルがあります。", "a file has a name that is not allowed.")
    if any(entry.external_attr >> 16 & 0o170000 not in FILE_TYPES for entry in entries):
        raise Invalid("通常のファイルでないものがあります。", "an entry is not a regular file.")
    if any(entry.compress_type not in METHODS or entry.flag_bits & ~FLAGS for entry in entries):
        raise Invalid("圧縮の形式が違うか、暗号化されています。", "a file is encrypted, or compressed in another way.")


def _check_layout(bundle: zipfile.ZipFile) -> None:
    """One file follows the other with no bytes between, before or after, so that every unzipper finds the same files."""
    entries = sorted(bundle.infolist(), key=lambda entry: entry.header_offset)
    starts = [*(entry.header_offset for entry in entries), bundle.start_dir]
    gaps = [_gap(bundle, entry, after) for entry, (_, after) in zip(entries, pairwise(starts), strict=True)]
    allowed = [DESCRIPTORS if entry.flag_bits & STREAMED else (0,) for entry in entries]
    hidden = starts[0] or any(gap not in sizes for gap, sizes in zip(gaps, allowed, strict=True))
    if hidden or any(entry.comment for entry in entries) or _read(bundle, -END_RECORD, 4) != b"PK\5\6":
        raise Invalid("ZIPの中に余分なデータがあります。", "there is surplus data in the zip.")


def _gap(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, after: int) -> int:
    """How many bytes lie between the end of a file and the next; its two headers must say the same."""
    header: tuple[int, ...] = LOCAL.unpack(_read(bundle, entry.header_offset, LOCAL.size))
    flags, method, checksum, packed, size, name, extra = (*header[2:4], *header[6:])
    sizes = [(checksum, entry.CRC), (packed, entry.compress_size), (size, entry.file_size)]
    differs = not flags & STREAMED and any(said not in (known, NOT_IN_HEADER) for said, known in sizes)
    if (flags, method) != (entry.flag_bits, entry.compress_type) or differs:
        raise Invalid("ZIPの見出しが食い違っています。", "the headers in the zip contradict each other.")
    return after - entry.header_offset - LOCAL.size - name - extra - entry.compress_size


def _read(bundle: zipfile.ZipFile, place: int, length: int) -> bytes:
    """Bytes of the zip itself, from its beginning or (below zero) its end."""
    if bundle.fp is None:
        raise zipfile.BadZipFile
    bundle.fp.seek(place, io.SEEK_END if place < 0 else io.SEEK_SET)
    return bundle.fp.read(length)


def _paper(bundle: zipfile.ZipFile, name: str) -> bytes:
    """Manifest or receipt as a whole; empty if it is missing or too big to be one."""
    entry = bundle.NameToInfo.get(name)
    if entry is None or entry.file_size > MOST_PAPER or entry.compress_type not in METHODS:
        return b""
    return bundle.read(name)


def _json(paper: bytes) -> dict[str, object]:
    """The object a JSON text stands for; empty if it is none."""
    try:
        value = json.loads(paper)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _signature(paper: bytes, office_key: bytes | None) -> Signed:
    """The facts of the receipt, if it is written as the office writes it and its signature holds; else Invalid."""
    receipt = _json(paper)
    facts = receipt.get("receipt")
    as_written = json.dumps(receipt, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    if set(receipt) != PARTS or not isinstance(facts, dict) or facts.get("format") != FORMAT or as_written.encode() != paper:
        raise Invalid("受領証の形式が正しくありません。", "receipt.json is not written as the office writes it.")
    key = _decoded(receipt["key"])
    key_id = hashlib.sha256(key).hexdigest()[:16]
    if office_key not in (None, key):
        raise Invalid("受領証は、指定の鍵とは別の鍵で署名されています。", "the receipt is signed with another key than the one given.")
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if receipt["key_id"] != key_id or not _holds(key, _decoded(receipt["signature"]), SIGNED_AS + canonical.encode()):
        raise Invalid("受領証の署名が正しくありません。", "the signature of the receipt does not hold.")
    return Signed(facts=facts, key_id=key_id)


def _decoded(text: object) -> bytes:
    """The bytes of a base64 text, which has only one spelling; empty if it is none."""
    try:
        content = base64.b64decode(str(text), validate=True)
    except ValueError:
        return b""
    return content if base64.b64encode(content).decode() == text else b""


def _holds(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature is right."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _office_key(file: Path) -> bytes:
    """The 32 bytes of the office's published key; Unusable if the file holds no such key."""
    try:
        text = file.read_bytes().strip()
        key = load_pem_public_key(text) if text.startswith(b"-----") else Ed25519PublicKey.from_public_bytes(_decoded(text.decode()))
    except (OSError, ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw()
    raise Unusable("鍵のファイルにEd25519の公開鍵がありません。", "the key file holds no Ed25519 public key.")


def _check_files(bundle: zipfile.ZipFile, manifest: Mapping[str, object]) -> None:
    """The zip holds the files of the manifest, unchanged, and no other."""
    held = set(bundle.namelist()) - PAPERS
    if missing := set(manifest) - held:
        raise Invalid(f"ファイルが足りません({len(missing)}件)。", f"{len(missing)} file(s) of the manifest are missing.")
    if surplus := held - set(manifest):
        raise Invalid(f"一覧にないファイルがあります: {min(surplus)}", f"not in the manifest: {min(surplus)}")
    if changed := {name for name in held if _hash(bundle, name) != manifest[name]}:
        raise Invalid(f"内容が変わっています: {min(changed)}", f"changed: {min(changed)}")


def _hash(bundle: zipfile.ZipFile, name: str) -> str:
    """The SHA-256 of one file, read piece by piece and never beyond its declared size."""
    digest = hashlib.sha256()
    with bundle.open(name) as stream:
        while piece := stream.read(1024**2):
            digest.update(piece)
    return digest.hexdigest()


def _summary(facts: Mapping[str, object]) -> tuple[str, ...]:
    """What the receipt says, in codes, counts and dates."""
    times = clock if isinstance(clock := facts.get("clock"), dict) else {}
    return (
        "有効です。受領証の署名は正しく、どのファイルも変わっていません。",
        "VALID: the signature of the receipt holds and no file has changed.",
        f"  受付番号 number: {_code(facts.get('number'))}  請求 right: {_code(facts.get('right'))}",
        f"  到着 arrived: {_code(times.get('arrived_at'))}  作成 packaged: {_code(times.get('packaged_at'))}",
        f"  法律 law: {_code(facts.get('law'))}  ポリシー policy: {_code(facts.get('policy'))}",
        "  システム systems: {}  項目 items: {}  例外 exceptions: {}".format(*(_count(facts, name) for name in COUNTED)),
    )


def _signer(signed: Signed, key_file: Path | None) -> tuple[str, str]:
    if key_file:
        return (f"  指定の鍵で署名されています(鍵 {signed.key_id})。", f"  Signed with the key you gave (key {signed.key_id}).")
    return (
        f"  誰が署名したかは確認していません(鍵 {signed.key_id})。確認するには、公開されている鍵を --key で指定してください。",
        f"  This shows that nothing has changed, but not who signed it (key {signed.key_id}): give the published key by --key.",
    )


def _code(value: object) -> str:
    """A code or an instant as it may be printed; anything else is not."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9:.+_-]{1,40}", value) else "?"


def _count(facts: Mapping[str, object], name: str) -> int:
    listed = facts.get(name)
    return len(listed) if isinstance(listed, list) else 0


def _say(code: int, *lines: str) -> int:
    print(*lines, sep="\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
