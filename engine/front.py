"""The front as a process: public pages and officers' pages on two ports, so that neither is reachable through the other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

import uvicorn
from fastapi import FastAPI

from desk.domain.policy import Text
from desk.settings import settings
from tasks.systems import close_systems, system_kinds, system_labels


class Front(Protocol):
    """How one of the two fronts is built: from what the systems are called and which of them an officer answers for."""

    def __call__(self, *, systems: Mapping[str, bool], labels: Mapping[str, Text]) -> FastAPI:
        """The application."""
        ...


async def serve_front(host: str, fronts: Mapping[int, Front]) -> None:
    """Serve each front on its port until told to stop."""
    systems, labels = system_kinds(), system_labels()
    await close_systems()
    servers = [_server(front(systems=systems, labels=labels), host, port) for port, front in fronts.items()]
    await asyncio.gather(*(server.serve() for server in servers))


def _server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    trusted = ",".join(settings().trusted_proxies) or "127.0.0.1"
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        forwarded_allow_ips=trusted,
        proxy_headers=bool(settings().trusted_proxies),
        timeout_keep_alive=5,
        h11_max_incomplete_event_size=32_768,
    )
    return uvicorn.Server(config)
