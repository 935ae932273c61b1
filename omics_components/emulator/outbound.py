"""Stand at the one door by which botocore's clients of this process leave for the network.

Handlers of ``before-send`` are copied into each session when it is made, so they miss clients that
are older; the door is every client's.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from botocore.httpsession import URLLib3Session

from omics_components.emulator.caller import find_caller
from omics_components.emulator.loopback import is_loopback
from omics_components.emulator.prepared_request import headers_of

Guard = Callable[[Any], Any]
"""Is given a prepared request; it answers, raises, or returns None to let the next one decide."""

_guards: list[Guard] = []
_lock = threading.Lock()
_send: Any = None
"""What the door was before the first guard stood there."""


@contextmanager
def guarded(guard: Guard, *, last: bool = False) -> Iterator[None]:
    """Show *guard* each request that would leave this machine while the context lasts.

    Of nested contexts the innermost comes first, but for those that are *last*. A request to this
    machine passes.
    """
    global _send  # noqa: PLW0603 - the door is one for the whole process, too
    with _lock:
        if not _guards:
            _send = URLLib3Session.send
            URLLib3Session.send = _pass  # type: ignore[method-assign, assignment] # that is the point
        _guards.insert(0 if last else len(_guards), guard)
    try:
        yield
    finally:
        with _lock:
            _guards.remove(guard)
            if not _guards:
                URLLib3Session.send = _send  # type: ignore[method-assign] # as above


@contextmanager
def no_network() -> Iterator[None]:
    """Let no request of botocore leave this machine while the context lasts; it raises instead.

    What an emulator of this process answers does not leave it, whichever context is the inner one.
    """
    with guarded(_refuse, last=True):
        yield


def _pass(session: URLLib3Session, request: Any) -> Any:
    """Take the place of ``URLLib3Session.send``."""
    if not is_loopback(request.url):
        for guard in reversed(_guards):
            answer = guard(request)
            if answer is not None:
                return answer
    return _send(session, request)


def _refuse(request: Any) -> None:
    url = urlsplit(request.url)
    caller = find_caller(headers_of(request), url.query)
    call = f"a call to {caller.service}" if caller else "an unsigned request"
    raise RuntimeError(
        f"{call} was about to leave this machine for {url.hostname}: its boto3 client is older than"
        " the emulator's fixture, or names an endpoint of its own; make the client inside the test"
        " or in a fixture that uses the emulator's, without endpoint_url"
    )
