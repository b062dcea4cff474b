"""The whole product as a newcomer starts it: `zhike up` on an empty folder, in real Chromium.

One bank for all journeys, about half a minute to set up. Each journey signs in people of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

START_S_MAX = 240
WIDE = {"width": 1440, "height": 900}


@dataclass
class Bank:
    """A running bank: its address and who may be tried."""

    address: str
    logins: dict[str, dict[str, str]]
    home: Path
    environ: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A `zhike` command on this bank's installation."""
        return subprocess.run(
            [sys.executable, "-m", "zhike.cli", *words], env=self.environ, capture_output=True, text=True,
            timeout=180, check=False,
        )  # fmt: skip


@pytest.fixture(scope="session")
def running_bank() -> Iterator[Bank]:
    """`zhike up` from nothing: database, migrations, made-up bank, pages, worker, sealer."""
    with tempfile.TemporaryDirectory(prefix="zhike-journey-") as folder:
        Path(folder).chmod(0o711)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("ZHIKE_")}
        environ |= {"ZHIKE_HOME": f"{folder}/home", "ZHIKE_KEYS": f"{folder}/keys"}
        environ.pop("DJANGO_SETTINGS_MODULE", None)
        process = subprocess.Popen(
            [sys.executable, "-m", "zhike.cli", "up", "--json"],
            env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            said = _first_answer(process)
            logins = {login["role"]: login for login in said["logins"]}
            yield Bank(said["address"].rstrip("/"), logins, Path(folder) / "home", environ)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def _first_answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    timer = signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.alarm(START_S_MAX)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, timer)
    if not line:
        assert process.stderr is not None
        pytest.fail(f"zhike up did not answer:\n{process.stderr.read()[-3000:]}")
    said: dict[str, Any] = json.loads(line)
    assert said["ok"], said
    return said


@dataclass
class Seat:
    """One person at one browser, with what the browser complained about."""

    bank: Bank
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the bank."""
        self.page.goto(self.bank.address + path)
        return self.page

    def expect_heading(self, text: str) -> None:
        """The page's heading is this."""
        expect(self.page.locator("h1").first).to_contain_text(text)


@pytest.fixture
def sit(running_bank: Bank, browser: Browser) -> Iterator[Callable[..., Seat]]:
    """`sit("ACCOUNT_MANAGER")`: sign somebody in, second factor included, in a browser of their own."""
    seats: list[tuple[Seat, BrowserContext]] = []

    def sign_in(role: str, *, language: str = "zh-CN", size: dict[str, int] = WIDE, login: str = "") -> Seat:
        context = browser.new_context(locale=language, viewport=size)  # type: ignore[arg-type]
        seat = Seat(running_bank, context.new_page())
        seats.append((seat, context))
        seat.page.on(
            "console", lambda said: seat.complaints.append(said.text) if said.type == "error" else None
        )
        seat.page.on("pageerror", lambda error: seat.complaints.append(str(error)))
        known = running_bank.logins[role]
        seat.go("/login/")
        seat.page.locator("#id_staff_no").fill(login or known["login"])
        seat.page.locator("#id_password").fill(known["password"])
        seat.page.locator("form [type=submit]").last.click()
        seat.page.wait_for_url(lambda url: not url.endswith("/login/"))
        if "/login/code/" in seat.page.url:
            _confirm(seat, login or known["login"])
        return seat

    yield sign_in
    complaints = [line for seat, _context in seats for line in seat.complaints]
    for _seat, context in seats:
        context.close()
    policy = [line for line in complaints if "Content Security Policy" in line or "Refused to" in line]
    assert policy == []


def _confirm(seat: Seat, login: str) -> None:
    """Enter the code that the made-up bank shows; a code counts once, so a second sign-in waits for the next."""
    for _attempt in range(3):
        digits = seat.page.locator("[data-demo-code]").get_attribute("data-demo-code") or ""
        seat.page.locator("#id_code").fill(digits)
        seat.page.locator("form [type=submit]").last.click()
        seat.page.wait_for_load_state()
        if "/login/code/" not in seat.page.url:
            return
        seat.page.wait_for_timeout(31_000)
        seat.page.reload()
    pytest.fail(f"{login}: no code was accepted")
