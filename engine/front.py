"""The front as a process: public pages and officers' pages on two ports, so that neither is reachable through the other."""

from __future__ import annotations

import asyncio

import uvicorn
from fastapi import FastAPI

from desk.settings import settings
from desk.web.app import desk_app, public_app
from tasks.systems import close_systems, system_kinds, system_labels


async def serve_front(host: str, port: int, desk_port: int) -> None:
    """Serve both until told to stop."""
    systems, labels = system_kinds(), system_labels()
    await close_systems()
    apps = {port: public_app(systems=systems, labels=labels), desk_port: desk_app(systems=systems, labels=labels)}
    servers = [_server(app, host, place) for place, app in apps.items()]
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
