"""The only reader of the environment: every variable begins with MADOGUCHI_."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """What one office sets outside its policy; secrets never print."""

    model_config = SettingsConfigDict(env_prefix="MADOGUCHI_", extra="ignore", frozen=True)

    database: str = f"sqlite+aiosqlite:///{CHECKOUT / 'var' / 'ledger.db'}"
    config: Path = CHECKOUT / "config"
    data: Path = CHECKOUT / "var"
    public_url: str = "http://127.0.0.1:8000"
    desk_url: str = "http://127.0.0.1:8001"
    prefect_ui_url: str = "http://127.0.0.1:4200"
    trusted_proxies: tuple[str, ...] = ()
    account_key: SecretStr | None = None  # HS256 secret, or the PEM of an Ed25519 public key
    account_url: str = ""  # where the service lets a person who is logged in vouch for the account
    requests_per_minute: int = Field(default=2000, gt=0)  # posts from one place; a place is an IPv4 address or an IPv6 /64
    requests_per_minute_in_all: int = Field(default=6000, gt=0)
    requests_per_address_a_day: int = Field(default=5000, gt=0)  # naming one contact; letters to one address have a limit of their own
    letters_per_address_a_day: int = Field(default=20, gt=0)  # receipts, and codes, to one address nobody has proven yet
    metrics_token: SecretStr | None = None  # without one, /metrics answers the machine itself only

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr | None = None
    smtp_ca: Path | None = None  # a certificate authority of your own
    mail_from: str = "privacy-desk@corezo.example.jp"

    lease_seconds: float = Field(default=30, gt=0)
    door_seconds: float = Field(default=0.5, gt=0)
    post_seconds: float = Field(default=0.5, gt=0)
    search_timeout_seconds: float = Field(default=30, gt=0)
    searches_at_once: int = Field(default=8, gt=0)
    retry_seconds: float = Field(default=2, ge=0)  # the first wait before a failed deed is tried again

    @property
    def keys(self) -> Path:
        """Where the master key and the receipt key lie, each readable by the office's own user only."""
        return self.data / "keys"

    @property
    def packages(self) -> Path:
        """Where sealed packages lie until they are purged."""
        return self.data / "packages"


@cache
def settings() -> Settings:
    """The settings of this process, read once and only when first needed."""
    return Settings()


def secret(reference: str, folder: Path) -> str:
    """What `env:NAME` or `file:PATH` (from this folder) points to, or the words themselves; KeyError or OSError where nothing is."""
    kind, colon, where = reference.partition(":")
    if kind == "env" and colon:
        return os.environ[where]
    if kind == "file" and colon and not where.startswith("//"):
        return (folder / where).read_text(encoding="utf-8").strip()
    return reference
