"""The emulator over HTTP: omics by its core, all other services by moto, on 127.0.0.1 only."""

import io
import json
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, Unpack

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from omics_components.emulator.call_log import Call
from omics_components.emulator.caller import Caller, find_caller, find_uploader
from omics_components.emulator.control_api import PREFIX, ControlApi
from omics_components.emulator.core import Emulator, EmulatorArgs
from omics_components.emulator.error_shapes import error_of
from omics_components.emulator.errors import ConnectionDropped, ModelViolation
from omics_components.emulator.iam_actions import Request
from omics_components.emulator.loopback import past_proxies
from omics_components.emulator.moto_corrections import Moment, corrected
from omics_components.emulator.moto_services import MotoServices
from omics_components.emulator.operation_names import operation_name
from omics_components.emulator.peer_process import peer_process
from omics_components.emulator.s3_hosts import path_with_bucket
from omics_components.emulator.service_model import find_route
from omics_components.emulator.web_pages import is_for_this_host, is_from_a_web_page
from omics_components.emulator.wire import Response

_HOST = "127.0.0.1"
_UNSIGNED_TO_MOTO = ("/moto-api/",)
_LENGTH = re.compile(r"[0-9]{1,18}")
_logger = logging.getLogger(__name__)


class EmulatorServer:
    """An emulator behind a URL, in a thread of this process.

    A context manager. Clients need the URL as endpoint, any credentials, and for omics
    ``Config(inject_host_prefix=False)`` or ``AWS_DISABLE_HOST_PREFIX_INJECTION=true``.

    Args:
        emulator: What answers omics calls; None makes one from *settings*.
        port: TCP port; 0 picks a free one.
        **settings: Arguments of ``Emulator``; ``check_keys`` is on unless it says otherwise.

    Raises:
        ValueError: There are settings beside an emulator, which has its own.
    """

    def __init__(
        self, emulator: Emulator | None = None, *, port: int = 0, **settings: Unpack[EmulatorArgs]
    ) -> None:
        if emulator and settings:
            raise ValueError(f"the emulator has settings of its own: {', '.join(sorted(settings))}")
        settings.setdefault("check_keys", True)
        self.emulator = emulator or Emulator(**settings)
        self._port = port
        self._moto = MotoServices()
        self._control = ControlApi(self.emulator, self.reset)
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Base URL.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._server is None:
            raise RuntimeError("the server is not running")
        return f"http://{_HOST}:{self._server.port}"

    def start(self) -> None:
        """Start to serve.

        Raises:
            OSError: The port is taken.
            RuntimeError: The server is running already.
        """
        if self._server is not None:
            raise RuntimeError(f"the server is running already, at {self.url}")
        # The socket is made here because werkzeug ends the process when a port is taken.
        with socket.create_server((_HOST, self._port), backlog=128) as listener:
            port = listener.getsockname()[1]
            self._server = make_server(
                _HOST,
                port,
                self._serve,
                threaded=True,
                request_handler=_QuietHandler,
                fd=listener.fileno(),
            )
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close the port. Again is no error."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None

    def reset(self) -> None:
        """Forget all state of the emulator and of moto's services; settings stay."""
        self.emulator.reset()
        self._moto.reset()

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which an AWS SDK uses this server, past proxies.

        They are meant to stand in place of all other ``AWS_*`` variables, as in the fixtures: one
        such as ``AWS_ENDPOINT_URL_S3`` that stays leads elsewhere. The host prefix variable needs
        botocore 1.37.38 or newer.
        """
        return {
            "AWS_ENDPOINT_URL": self.url,
            # If it stayed true, real AWS would be called.
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_ACCESS_KEY_ID": "AKIAFAKEKEYFORTESTS0",
            "AWS_SECRET_ACCESS_KEY": "fake",
            "AWS_SESSION_TOKEN": "fake",  # a real one would be sent with the fake keys
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            **past_proxies(),
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one WSGI request."""
        try:
            response = self._dispatch(_Request(environ))
        except _MalformedBody as error:
            response = _refusal(400, str(error))
        except ConnectionDropped:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError from None  # werkzeug then leaves the connection alone
        except ModelViolation as violation:
            _logger.exception("the emulator violated the model")
            response = _refusal(500, f"The emulator has a bug: {violation}")
        except (ConnectionError, TimeoutError):
            raise  # the client has gone; werkzeug knows
        except Exception as error:
            _logger.exception("the emulator failed")
            response = _refusal(500, f"The emulator failed: {type(error).__name__}: {error}")
        date = formatdate(self.emulator.now_s(), usegmt=True)
        # Older releases of moto write a date of their own.
        others = {k: text for k, text in response.headers.items() if k.lower() != "date"}
        headers = {"Date": date, **others}
        start_response(f"{response.status} {_reason(response.status)}", list(headers.items()))
        # The answer to HEAD has the length that the one to GET would have, and no body.
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else response.body]

    def _dispatch(self, request: "_Request") -> Response:
        caller = find_caller(request.headers, request.query) or find_uploader(
            request.headers, request.body
        )
        is_control = request.path.startswith(PREFIX)
        if is_from_a_web_page(request.headers):
            return _refusal(403, "Requests from web pages are refused")
        if not is_for_this_host(request.headers):
            host = request.headers.get("Host", "")
            return _refusal(403, f"The Host {host!r} is neither this machine's nor one of AWS")
        if is_control:
            return self._control.handle(request.method, request.path, request.body)
        if caller is not None and caller.service == "omics":
            return Response(
                *self.emulator.handle(
                    request.method,
                    request.path,
                    request.query,
                    request.headers,
                    request.body,
                    find_pid=request.find_pid,
                )
            )
        if caller is None and not request.is_for_moto_unsigned():
            return _unsigned(request)
        return self._carry_to_moto(request, caller)

    def _carry_to_moto(self, request: "_Request", caller: Caller | None) -> Response:
        service = caller.service if caller else "moto"
        path = request.path
        if service == "s3":
            path = path_with_bucket(request.headers.get("Host", ""), path)
        call = Call(
            service=service,
            operation=operation_name(
                service,
                request.method,
                path,
                request.query,
                headers=request.headers,
                body=request.body,
            ),
            time_s=self.emulator.now_s(),
            account=caller.account if caller else None,
            region=caller.region if caller else None,
            user_agent=request.headers.get("User-Agent"),
        )

        def execute() -> Response:
            asked = Request(
                service, call.operation, path, request.query, request.headers, request.body
            )
            denial = self.emulator.denial(asked, caller) if caller else None
            if denial is not None:
                return denial
            moment = Moment(self.emulator.settings, self.emulator.now_s())
            try:
                return corrected(
                    asked,
                    caller,
                    lambda body: self._moto.answer(request.environ_with(body)),
                    moment,
                )
            except ModuleNotFoundError as error:
                return error_of(service, "NotImplemented", _not_installed(service, error), 501)

        latency_s = self.emulator.settings.latency_s
        return self.emulator.traffic.carry(call, execute, request.find_pid, latency_s)


class _MalformedBody(ValueError):
    """The end of a request's body cannot be determined."""


class _Request:
    """A WSGI request with its body read.

    Raises:
        _MalformedBody: Its length, or a chunk of it, is none.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        # PATH_INFO is decoded, and a slash inside an ARN would cut the path.
        raw_path, _, self.query = environ["RAW_URI"].partition("?")
        self.path: str = raw_path
        self.body = self._read_body()
        self.headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        }

    def environ_with(self, body: bytes) -> dict[str, Any]:
        """Return the request for the next application, with *body* to be read."""
        length = {} if body == self.body else {"CONTENT_LENGTH": str(len(body))}
        return {**self._environ, "wsgi.input": io.BytesIO(body), **length}

    def find_pid(self) -> int | None:
        """Return the process at the other end of the connection."""
        return peer_process(int(self._environ["REMOTE_PORT"]), int(self._environ["SERVER_PORT"]))

    def is_for_moto_unsigned(self) -> bool:
        """Return whether moto knows what to do with the request although it is not signed."""
        return self.path.startswith(_UNSIGNED_TO_MOTO) or b"Action=AssumeRoleWith" in self.body

    def _read_body(self) -> bytes:
        stream: Any = self._environ["wsgi.input"]
        if self._environ.get("wsgi.input_terminated"):
            try:
                return bytes(stream.read())
            except (ConnectionError, TimeoutError):
                raise  # the client has gone
            except OSError as error:  # werkzeug's for an invalid chunk
                raise _MalformedBody(f"the body cannot be read: {error}") from None
        length = self._environ.get("CONTENT_LENGTH") or "0"
        if not _LENGTH.fullmatch(length):
            raise _MalformedBody(f"the Content-Length of the body cannot be {length!r}")
        return bytes(stream.read(int(length)))


class _QuietHandler(WSGIRequestHandler):
    """Writes no access log, since the call log has more, and no Date, since the emulator's counts.

    Two of them would reach a client as one header that is no date.
    """

    # Head and body leave together. The Go SDK closes the body of its request as soon as it has the
    # head of the answer; if its request was still being written, that closes the connection, and
    # only what came with the head can be read.
    wbufsize = -1

    def make_environ(self) -> dict[str, Any]:
        """Return the request, after ``100 Continue`` has left for a client that waits for it."""
        self.wfile.flush()
        return super().make_environ()

    def finish(self) -> None:
        """Close both directions. What a client that has gone did not read is no error."""
        try:
            with suppress(ConnectionError):
                super().finish()
        finally:
            self.rfile.close()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do nothing."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer; the headers are the application's."""
        self.send_response_only(code, message)


def _not_installed(service: str, error: ModuleNotFoundError) -> str:
    return (
        f"The service {service} is not part of this emulator: the Python package {error.name} is "
        "not installed"
    )


def _unsigned(request: "_Request") -> Response:
    """Refuse a request that is not signed: as S3 does, unless it is plainly of another service."""
    text = (
        "The request is not signed, so its AWS service is unknown. Use an AWS SDK, or the control "
        f"API under {PREFIX}"
    )
    is_of_omics = find_route(request.method, request.path) is not None
    if is_of_omics or "X-Amz-Target" in request.headers:
        return _refusal(403, text)
    return error_of("s3", "AccessDenied", text, 403)


def _refusal(status: int, message: str) -> Response:
    body = json.dumps({"message": message}).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return Response(status, headers, body)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
