"""A real browser: with scripts switched off to use the pages, with scripts on only to let axe-core look at them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
]
SECONDS = 30_000.0  # milliseconds, as Playwright counts


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def window(browser: Browser, language: str, state: Any = None, *, scripts: bool = False) -> AsyncIterator[Page]:  # noqa: ANN401 - Playwright's
    """A window of its own, with the cookies of another if they are given."""
    context = await browser.new_context(java_script_enabled=scripts, bypass_csp=scripts, locale=language, storage_state=state)
    context.set_default_timeout(SECONDS)
    yield await context.new_page()
    await context.close()


async def barriers(browser: Browser, of: BrowserContext, url: str) -> str:
    """What axe-core finds wrong with a page as the owner of these cookies sees it; empty if nothing."""
    async with window(browser, "ja-JP", await of.storage_state(), scripts=True) as page:
        await page.goto(url)
        return await found_by_axe(page)


async def found_by_axe(page: Page) -> str:
    """What axe-core finds wrong with the page shown; empty if nothing."""
    results = await Axe().run(page)
    return "" if not results.violations_count else f"{page.url}\n{results.generate_report()}"
