"""Screens under test: real static files, people already signed in, and the site for a real browser.

The browser's requests are answered by a thread of this process over the test's own database connection, one
at a time, so a journey sees the test's rows and leaves none behind.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import Client
    from playwright.sync_api import BrowserContext, Page

    from zhike.staff.models import Staff

# Playwright keeps an event loop in the tests' thread, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
BACKEND = "zhike.staff.backends.StaffNumberBackend"


@pytest.fixture(scope="session")
def static_files(django_db_setup: None) -> None:
    """Static files collected and named as in production, so a missing one fails."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def visitor(static_files: None, db: None) -> Client:
    """Nobody yet, with a browser that speaks English."""
    from django.test import Client

    return Client(headers={"accept-language": "en"})


@pytest.fixture
def client_of(static_files: None, db: None) -> Callable[[Staff], Client]:
    """Gives a visitor who has signed in, second factor included."""
    from django.test import Client

    def signed_in(person: Staff) -> Client:
        caller = Client(headers={"accept-language": "en"})
        caller.force_login(person, backend=BACKEND)
        _confirmed(caller.session)
        return caller

    return signed_in


@pytest.fixture
def site(static_files: None, db: None, settings: Any) -> Iterator[str]:
    """The address of the site, answered over this test's connection."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections, connections
    from django.test.testcases import QuietWSGIRequestHandler

    class OverOneConnection(ThreadedWSGIServer):
        def _close_connections(self) -> None:
            """The connection is the test's; it stays open."""

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    connection = connections["default"]
    connection.inc_thread_sharing()
    server = OverOneConnection(
        ("127.0.0.1", 0), QuietWSGIRequestHandler, connections_override={"default": connection}
    )
    gate = OneAtATime(WSGIHandler())
    server.set_app(gate)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    gate.close()
    server.shutdown()
    thread.join()
    server.server_close()
    connection.dec_thread_sharing()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def visit(site: str, context: BrowserContext, client_of: Callable[[Staff], Client]) -> Callable[..., Page]:
    """Opens a page of the site as somebody; `said` collects what its console says, violations included."""

    def open_page(
        path: str, person: Staff | None = None, *, width: int = 1440, said: list[str] | None = None
    ) -> Page:
        if person is not None:
            cookie = client_of(person).cookies["zhike_session"].value
            context.add_cookies([{"name": "zhike_session", "value": cookie, "url": site}])
        page = context.new_page()
        page.set_default_timeout(8000)
        if said is not None:
            page.on("console", lambda message: said.append(f"{path} {message.text}"))
            page.on("pageerror", lambda error: said.append(f"{path} {error}"))
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(site + path)
        return page

    return open_page


class OneAtATime:
    """The application behind a lock: all requests share one connection, whose transaction cannot interleave.

    Closed, it waits for the request at work and answers no other, so none runs into the end of the test.
    """

    def __init__(self, application: WSGIHandler) -> None:
        self.application = application
        self.lock = threading.Lock()
        self.is_open = True

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with self.lock:
            if self.is_open:
                # An answer left open ends whenever its file is collected, and the test's connection with it.
                with closing(self.application(environ, start_response)) as answer:
                    return list(answer)
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return []

    def close(self) -> None:
        with self.lock:
            self.is_open = False


def _confirmed(session: Any) -> None:
    from datetime import UTC, datetime

    session["second_factor_at"] = session["seen_at"] = datetime.now(UTC).timestamp()
    session.save()
