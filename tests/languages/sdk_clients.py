"""Calls by the AWS SDKs of other languages, each in a process of its own.

A client takes the name of an operation and its input with the API's own member names, and returns
the output as that SDK parsed it. The programs in ``javascript`` and ``go`` read one request a line:

    {"service": "omics", "operation": "GetSequenceStore", "input": {"id": "…"}}

with ``"paginate": true`` for the SDK's paginator, or ``"waiter": "BucketExists"`` in place of
``operation``. They write one answer a line: ``{"output": …}``, ``{"pages": […]}``,
``{"error": {"code", "message", "status", "type"}}`` or ``{"failure": "…"}``: the SDK could not make
sense of an answer, or of the request.
"""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from botocore import xform_name

TIMEOUT_S = 120
_CLI_ERROR = re.compile(
    r"An error occurred \((\S+)\) when calling the (\w+) operation(?: \(.*?\))?: (.*)"
)


@dataclass
class SdkError(Exception):
    """An error answer, as an SDK reports it.

    Args:
        code: The error's code.
        message: The error's message.
        status: HTTP status; None where the SDK does not report it.
        type: Name of the SDK's own class or type; None for the one that it has for any error.
    """

    code: str
    message: str
    status: int | None = None
    type: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class SdkClient(Protocol):
    """An SDK in another process."""

    has_error_types: bool
    """Whether the SDK has a type for each error of the model."""

    def call(self, operation: str, **members: Any) -> Any:
        """Return the output of an operation, ``GetSequenceStore`` of omics or ``kms:CreateKey``.

        Raises:
            SdkError: The answer is an error.
        """

    def pages(self, operation: str, page_size: int, **members: Any) -> list[Any]:
        """Return the outputs that the SDK's own paginator yields; the CLI merges them to one."""

    def wait(self, waiter: str, **members: Any) -> None:
        """Run one of the SDK's own waiters for S3."""


class AwsCli:
    """The AWS CLI: a process for each call.

    Args:
        aws: The program.
        environment: Its environment.
    """

    has_error_types = False

    def __init__(self, aws: Path, environment: Mapping[str, str]) -> None:
        self._aws = aws
        # The CLI's own switch for the host prefixes of omics.
        self._environment = {**environment, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}

    def call(self, operation: str, **members: Any) -> Any:
        service, _, name = operation.rpartition(":")
        return self._run(name, service, xform_name(name, "-"), "--cli-input-json", members)

    def pages(self, operation: str, page_size: int, **members: Any) -> list[Any]:
        kebab = xform_name(operation, "-")
        size = str(page_size)
        return [self._run(operation, "", kebab, "--page-size", size, "--cli-input-json", members)]

    def wait(self, waiter: str, **members: Any) -> None:
        self._run(waiter, "s3", "wait", xform_name(waiter, "-"), "--cli-input-json", members)

    def _run(self, operation: str, service: str, *words: Any) -> Any:
        command = {"": "omics", "s3": "s3api"}.get(service, service)
        texts = [word if isinstance(word, str) else json.dumps(word) for word in words]
        done = subprocess.run(
            [self._aws, command, *texts, "--output", "json"],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode == 0:
            return json.loads(done.stdout or "{}")
        found = _CLI_ERROR.search(done.stderr)
        assert found, f"aws {command} {texts}: exit status {done.returncode}: {done.stderr}"
        assert found[2] == operation
        raise SdkError(code=found[1], message=found[3])


class SdkProgram:
    """A program that reads requests and writes answers. A context manager.

    Args:
        command: How to start it.
        environment: Its environment.
    """

    has_error_types = True

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, operation: str, **members: Any) -> Any:
        service, _, name = operation.rpartition(":")
        request = {"service": service or "omics", "operation": name, "input": members}
        return self._ask(request)["output"]

    def pages(self, operation: str, page_size: int, **members: Any) -> list[Any]:
        paged = {"maxResults": page_size, **members}
        request = {"service": "omics", "operation": operation, "input": paged, "paginate": True}
        pages: list[Any] = self._ask(request)["pages"]
        return pages

    def wait(self, waiter: str, **members: Any) -> None:
        answer = self._ask({"service": "s3", "waiter": waiter, "input": members})
        assert answer["output"] == {"state": "SUCCESS"}

    def _ask(self, request: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the program ended at {request}"
        answer = json.loads(line)
        assert "failure" not in answer, f"{request}: {answer['failure']}"
        if error := answer.get("error"):
            raise SdkError(**error)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._process:
            if self._process.stdin:
                self._process.stdin.close()  # then it ends by itself
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
