"""moto's kms, s3, sts and the rest, as one WSGI application that is loaded on first use."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from omics_components.emulator.wire import Response

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class MotoServices:
    """The services beside omics. Their state is memory of this process, shared by all servers."""

    _lock = threading.Lock()
    _app: WsgiApp | None = None

    def answer(self, environ: dict[str, Any]) -> Response:
        """Let moto answer a WSGI request."""
        body, status, headers = run_wsgi_app(self._load(), environ, buffered=True)
        content = b"".join(body)
        named = {name: value for name, value in headers.items() if name.lower() != "connection"}
        if environ["REQUEST_METHOD"] != "HEAD":
            named["Content-Length"] = str(len(content))
        return Response(int(status.split(" ", 1)[0]), named, content)

    def reset(self) -> None:
        """Forget everything in moto's services, whichever server it came by."""
        if self._app is None:
            return  # nothing was ever asked of them
        environ = EnvironBuilder(method="POST", path="/moto-api/reset").get_environ()
        self.answer(environ)

    @classmethod
    def _load(cls) -> WsgiApp:
        # moto takes longer to import than everything else here: a server must be up at once.
        with cls._lock:
            if cls._app is None:
                from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - see above
                    DomainDispatcherApplication,
                    create_backend_app,
                )

                cls._app = DomainDispatcherApplication(create_backend_app)
            return cls._app
