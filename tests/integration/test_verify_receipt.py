"""The verifier, run as whoever receives a package runs it: with Python and `cryptography` only."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import verify_receipt
from desk.letters import package
from desk.settings import CHECKOUT

VALID, INVALID, UNUSABLE = 0, 1, 2
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PAGES = {"index.html": "<p>葉山 みなと".encode(), "data.json": b'{"records": []}', "csv/cards-users.csv": b'"name"\r\n"Minato"\r\n'}


def facts(manifest: bytes) -> dict[str, object]:
    """What an office says of a package with this manifest."""
    return {
        "format": "madoguchi-receipt-v1",
        "number": "2611-7KQ2F-9XCWM-T",
        "right": "DISC",
        "law": "appi-2022",
        "policy": "corezo-2026-04",
        "clock": {"arrived_at": "2026-11-08T15:30:00Z", "packaged_at": "2026-11-20T06:30:00Z"},
        "systems": [{"system": "cards", "state": "searched", "reason": "", "records": 1}],
        "items": [],
        "exceptions": [],
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
    }


def files(key: Ed25519PrivateKey = KEY, **more: object) -> dict[str, bytes]:
    """A whole package, file by file."""
    manifest = package.manifest(PAGES)
    return {**PAGES, "manifest.json": manifest, "receipt.json": package.receipt({**facts(manifest), **more}, key)}


WHOLE = package.zipped(files())


def rezipped(entries: dict[str, bytes], **attributes: Any) -> bytes:  # noqa: ANN401 - any attribute of an entry
    """A zip of these files as somebody else would write it."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as bundle:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.filename = name
            for attribute, value in attributes.items():
                setattr(entry, attribute, value)
            bundle.writestr(entry, content)
    return whole.getvalue()


def verified(content: bytes, folder: Path, *options: str) -> int:
    """The exit code for a package, asked in this process."""
    (folder / "package.zip").write_bytes(content)
    return verify_receipt.main([str(folder / "package.zip"), *options])


def ran(*arguments: str | Path, python: tuple[str, ...] = ("-I",), **environment: str) -> subprocess.CompletedProcess[str]:
    """The verifier in a process of its own."""
    command = [sys.executable, *python, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=60)


def changed_receipt(**parts: object) -> bytes:
    """A package whose receipt says something else, written as the office writes it."""
    receipt = {**json.loads(files()["receipt.json"]), **parts}
    return package.zipped({**files(), "receipt.json": (json.dumps(receipt, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()})


def test_a_package_is_valid_and_the_answer_is_short_in_two_languages(tmp_path: Path) -> None:
    """Exit 0, with number, right, dates and counts; without a key it says what this does not prove."""
    (tmp_path / "package.zip").write_bytes(WHOLE)
    done = ran(CHECKOUT / "verify_receipt.py", tmp_path / "package.zip")
    assert (done.returncode, done.stderr) == (VALID, "")
    assert "有効です" in done.stdout
    assert "VALID" in done.stdout
    assert "2611-7KQ2F-9XCWM-T" in done.stdout
    assert "not who signed it" in done.stdout
    assert len(done.stdout.splitlines()) < 10


def test_nothing_but_python_and_cryptography_is_needed(tmp_path: Path) -> None:
    """The one file runs far from the checkout, where nothing but cryptography (and its cffi) can be imported."""
    shutil.copy(CHECKOUT / "verify_receipt.py", tmp_path)
    (tmp_path / "package.zip").write_bytes(WHOLE)
    library = tmp_path / "library"
    library.mkdir()
    for name in ("cryptography", "cffi", "_cffi_backend"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        place = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
        (library / place.name).symlink_to(place)
    alone = ("-S", "-P")
    done = ran(tmp_path / "verify_receipt.py", tmp_path / "package.zip", python=alone, PYTHONPATH=str(library))
    assert (done.returncode, done.stderr) == (VALID, "")


def test_without_cryptography_nothing_can_be_said(tmp_path: Path) -> None:
    """A missing library is exit 2 with its name, never a traceback and never valid."""
    (tmp_path / "package.zip").write_bytes(WHOLE)
    done = ran(CHECKOUT / "verify_receipt.py", tmp_path / "package.zip", python=("-I", "-S"))
    assert (done.returncode, done.stderr) == (UNUSABLE, "")
    assert "cryptography" in done.stdout


def test_a_package_streamed_into_a_seal_is_valid(tmp_path: Path) -> None:
    """A zip written where nobody can go back, with sizes after the files, is as good."""

    class OneWay(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

        def seek(self, *_: object) -> int:
            raise io.UnsupportedOperation

    stream = OneWay()
    package.zip_into(stream, files())
    assert verified(stream.getvalue(), tmp_path) == VALID


@pytest.mark.parametrize("name", sorted(files()))
@pytest.mark.parametrize("change", ["altered", "longer", "shorter", "empty", "missing", "garbage"])
def test_a_change_of_any_file_is_invalid(name: str, change: str, tmp_path: Path) -> None:
    """One byte, a byte more or less, nothing, or something else in place of any file: exit 1."""
    content = files()[name]
    altered = bytes([content[0] ^ 1]) + content[1:]
    changes = {"altered": altered, "longer": content + b"\n", "shorter": content[:-1], "empty": b"", "garbage": b"\xff\x00garbage"}
    whole = {**files(), name: changes.get(change, b"")}
    if change == "missing":
        del whole[name]
    assert verified(package.zipped(whole), tmp_path) == INVALID


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_no_damaged_byte_passes_unseen(tmp_path: Path, place: int, difference: int) -> None:
    """After any change of any byte the package is not valid, unless every file still reads exactly the same."""
    damaged = WHOLE[:place] + bytes([WHOLE[place] ^ difference]) + WHOLE[place + 1 :]
    if verified(damaged, tmp_path) == VALID:
        with zipfile.ZipFile(io.BytesIO(damaged)) as bundle:
            assert {entry.filename: bundle.read(entry) for entry in bundle.infolist()} == files()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(files()["receipt.json"]) - 1), st.integers(1, 255))
def test_every_byte_of_the_receipt_counts(tmp_path: Path, place: int, difference: int) -> None:
    """Facts, key, signature, and also the spaces between: any other byte is exit 1."""
    receipt = files()["receipt.json"]
    altered = receipt[:place] + bytes([receipt[place] ^ difference]) + receipt[place + 1 :]
    assert verified(package.zipped({**files(), "receipt.json": altered}), tmp_path) == INVALID


@pytest.mark.parametrize(
    "parts",
    [
        {"signature": base64.b64encode(bytes(64)).decode()},
        {"signature": "not base64"},
        {"signature": None},
        {"key": base64.b64encode(bytes(31)).decode()},
        {"key": base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()},
        {"key_id": "0" * 16},
        {"receipt": facts(b"another manifest")},
        {"receipt": []},
        {"note": "unsigned words"},
    ],
)
def test_no_part_of_the_receipt_can_be_exchanged(parts: dict[str, object], tmp_path: Path) -> None:
    """Another signature, key, name of the key or fact, or an unsigned addition, is exit 1."""
    assert verified(changed_receipt(**parts), tmp_path) == INVALID


def test_a_signature_has_one_spelling(tmp_path: Path) -> None:
    """Bits that base64 passes over may not be used to write the same signature in another way."""
    signature = json.loads(files()["receipt.json"])["signature"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    respelt = signature[:-3] + letters[letters.index(signature[-3]) + 1] + "=="
    assert base64.b64decode(respelt) == base64.b64decode(signature)
    assert verified(changed_receipt(signature=respelt), tmp_path) == INVALID


def test_a_receipt_of_another_format_is_invalid(tmp_path: Path) -> None:
    """A signature made for something else does not make a package valid."""
    assert verified(package.zipped(files(format="madoguchi-receipt-v2")), tmp_path) == INVALID


def test_a_receipt_that_says_a_thing_twice_is_invalid(tmp_path: Path) -> None:
    """No reader may take the first value where another takes the last."""
    doubled = files()["receipt.json"].replace(b'"law": ', b'"law": "none", "law": ', 1)
    assert verified(package.zipped({**files(), "receipt.json": doubled}), tmp_path) == INVALID


@pytest.mark.parametrize(
    "name",
    [
        "extra.txt",
        "csv/extra.csv",
        "/etc/passwd",
        "../evil.html",
        "csv/../../evil",
        "C:\\evil",
        "csv\\evil",
        "Index.html",
        "csv/",
        "",
        "\x1b[2J",
    ],
)
def test_t23_a_surplus_or_strange_name_is_invalid(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not in the manifest, is absolute, leads upwards or cannot be printed is exit 1, and does nothing to the terminal."""
    assert verified(rezipped({**files(), name: b"x"}), tmp_path) == INVALID
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["index.html", "receipt.json", "manifest.json"])
def test_a_name_that_stands_twice_is_invalid(name: str, tmp_path: Path) -> None:
    """No unzipper may show one file where the verifier checked another of the same name, even if both are the same."""
    whole = io.BytesIO(WHOLE)
    with zipfile.ZipFile(whole, "a") as bundle:
        bundle.writestr(name, files()[name])
    assert verified(whole.getvalue(), tmp_path) == INVALID


@pytest.mark.parametrize("where", ["before", "after", "comment", "link", "lzma"])
def test_nothing_is_hidden_in_the_zip(where: str, tmp_path: Path) -> None:
    """Bytes before or after, a comment, a symbolic link, or a compression the office does not use is never valid."""
    commented = io.BytesIO(WHOLE)
    with zipfile.ZipFile(commented, "a") as bundle:
        bundle.comment = b"hidden"
    hiding = {
        "before": b"#!/bin/sh\n" + WHOLE,
        "after": WHOLE + b"hidden",
        "comment": commented.getvalue(),
        "link": rezipped(files(), external_attr=0o120777 << 16),
        "lzma": rezipped(files(), compress_type=zipfile.ZIP_LZMA),
    }
    assert verified(hiding[where], tmp_path) != VALID


@pytest.mark.parametrize("place", [6, 8, 14, 18, 22])
def test_two_headers_of_a_file_agree(place: int, tmp_path: Path) -> None:
    """Flags, method, check sum and sizes are the same before the file and in the directory, so that no unzipper sees another file."""
    contradicting = bytearray(WHOLE)
    contradicting[place] ^= 2
    assert verified(bytes(contradicting), tmp_path) == INVALID


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    """More files, or more declared bytes, than an office ever hands over: exit 2 before they are read."""
    many = {f"csv/{place}.csv": b"" for place in range(verify_receipt.MOST_FILES)}
    assert verified(package.zipped({**files(), **many}), tmp_path) == UNUSABLE
    swollen = bytearray(WHOLE)
    declared = WHOLE.index(b"PK\1\2") + 24  # the uncompressed size of the first file in the central directory
    swollen[declared : declared + 4] = (0xF0000000).to_bytes(4, "little")
    assert verified(bytes(swollen), tmp_path) == UNUSABLE


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage", b"%PDF-1.7", WHOLE[: len(WHOLE) // 2], WHOLE[-22:], rezipped({"photo.jpg": b"x"}), rezipped({"receipt.json": b"[1"})],
)
def test_what_is_no_package_cannot_be_checked(content: bytes, tmp_path: Path) -> None:
    """Nothing, garbage, another format, half a download, another zip, papers that are no JSON: exit 2."""
    assert verified(content, tmp_path) == UNUSABLE


def test_a_file_that_is_not_there_cannot_be_checked(tmp_path: Path) -> None:
    """A missing file, a folder, or no argument at all is exit 2 without a traceback."""
    for arguments in ((tmp_path / "nowhere.zip",), (tmp_path,), ()):
        done = ran(CHECKOUT / "verify_receipt.py", *arguments)
        assert done.returncode == UNUSABLE
        assert "Traceback" not in done.stderr


def pem(public: Ed25519PublicKey) -> bytes:
    """A public key as an office may publish it."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_the_offices_published_key_shows_who_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the office's key, as PEM or base64, the answer is valid and says so."""
    office = KEY.public_key()
    for published in (pem(office), base64.b64encode(office.public_bytes_raw()) + b"\n"):
        (tmp_path / "key").write_bytes(published)
        assert verified(WHOLE, tmp_path, "--key", str(tmp_path / "key")) == VALID
        assert "Signed with the key you gave" in capsys.readouterr().out


def test_a_package_signed_by_somebody_else_is_invalid_with_the_offices_key(tmp_path: Path) -> None:
    """Whoever makes a package of their own, with a key of their own inside, passes only where no key is given."""
    forged = package.zipped(files(Ed25519PrivateKey.generate()))
    (tmp_path / "key").write_bytes(pem(KEY.public_key()))
    assert verified(forged, tmp_path) == VALID
    assert verified(forged, tmp_path, "--key", str(tmp_path / "key")) == INVALID


@pytest.mark.parametrize(
    "published",
    [
        b"",
        b"garbage",
        b"-----BEGIN PUBLIC KEY-----\n",
        base64.b64encode(bytes(31)),
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        Ed448PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
)
def test_a_key_file_without_an_ed25519_public_key_is_unusable(published: bytes, tmp_path: Path) -> None:
    """A wrong key file never makes a package look valid or forged: exit 2."""
    (tmp_path / "key").write_bytes(published)
    assert verified(WHOLE, tmp_path, "--key", str(tmp_path / "key")) == UNUSABLE
    assert verified(WHOLE, tmp_path, "--key", str(tmp_path / "nowhere")) == UNUSABLE


def test_nothing_personal_and_nothing_foreign_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only codes, instants and counts leave the receipt, whatever a forger wrote into it."""
    assert verified(package.zipped(files(number="葉山 みなと", law="\x1b[2J", clock="Minato", systems="Minato")), tmp_path) == VALID
    said = capsys.readouterr().out
    assert not [word for word in ("葉山", "\x1b", "Minato") if word in said]
