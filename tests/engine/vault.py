"""A stand-in for Vault that knows one key, and gives it to everyone.

Pulumi makes the key of a stack's secrets from the passphrase by a million rounds of SHA-256, at
each command. A tenth of the engine tests' time went there; a key that a server has costs one call.
"""

from __future__ import annotations

import base64
import functools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pulumi import automation

_KEY = base64.b64encode(bytes(32)).decode()


def settings(config: dict[str, str]) -> automation.StackSettings:
    """Return the settings of a stack whose key the stand-in has."""
    return automation.StackSettings(
        secrets_provider="hashivault://tests",
        encrypted_key=base64.b64encode(b"vault:v1:tests").decode(),
        config=dict(config),
    )


@functools.cache
def environment() -> dict[str, str]:
    """Start the stand-in, once in this process, and give the variables that lead Pulumi to it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Vault)
    threading.Thread(target=server.serve_forever, name="vault", daemon=True).start()
    return {
        "VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}",
        "VAULT_SERVER_TOKEN": "test",
    }


class _Vault(BaseHTTPRequestHandler):
    """Decrypts everything to the key."""

    def do_PUT(self) -> None:
        """Answer ``/v1/transit/decrypt/<key>``."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"data": {"plaintext": _KEY}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Suppress the request log."""
