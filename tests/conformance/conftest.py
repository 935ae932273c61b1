"""An emulator, ways to call it, and a judge of its answers that does not use its own code."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import boto3
import pytest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend

from omics_components.emulator import Emulator, EmulatorServer, ManualClock

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIAFAKE/20260101/{region}/omics/aws4_request, Signature=x"
)


@pytest.fixture(scope="session")
def service() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("omics", "service-2"), "omics")


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    return boto3.Session("AKIAFAKE", "fake", region_name="us-east-1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def emulator(clock: ManualClock) -> Emulator:
    return Emulator(clock=clock, sleep=clock.advance, seed=1)


MakeClient = Callable[..., "OmicsClient"]


@pytest.fixture
def make_client(session: boto3.Session) -> MakeClient:
    """Make a client of an emulator, which does not wait between its retries."""

    def make(
        emulator: Emulator, attempts: int = 1, region: str = "us-east-1", **keys: str
    ) -> "OmicsClient":
        config = Config(retries={"mode": "standard", "total_max_attempts": attempts})
        client = session.client("omics", config=config, region_name=region, **keys)  # type: ignore[call-overload] # keys are credentials
        emulator.attach(client)
        made: OmicsClient = client
        return made

    return make


@pytest.fixture
def omics(emulator: Emulator, make_client: MakeClient) -> "OmicsClient":
    return make_client(emulator)


@dataclass
class Answer:
    operation: str
    status: int
    headers: dict[str, str]
    body: bytes
    parsed: dict[str, Any]

    @property
    def code(self) -> str | None:
        return self.headers.get("x-amzn-ErrorType")


Call = Callable[..., Answer]


@pytest.fixture
def call(emulator: Emulator, service: ServiceModel) -> Call:
    """Send parameters as they are: without the checks that a client makes before it sends."""

    def send(operation: str, region: str = "us-east-1", **parameters: Any) -> Answer:
        model = service.operation_model(operation)
        shape: Any = model.input_shape
        path: str = model.http["requestUri"]
        query: dict[str, Any] = {}
        body: dict[str, Any] = {}
        # botocore's own serializer cannot write values of a wrong type.
        for name, value in parameters.items():
            serialization = shape.members[name].serialization
            wire_name = serialization.get("name", name)
            if serialization.get("location") == "uri":
                path = path.replace(f"{{{wire_name}}}", quote(value, safe=""))
            elif serialization.get("location") == "querystring":
                query[wire_name] = value
            else:
                body[wire_name] = value
        status, headers, content = emulator.handle(
            model.http["method"],
            path,
            urlencode(query, doseq=True),
            {"Authorization": AUTHORIZATION.format(region=region)},
            json.dumps(body).encode(),
        )
        raw = {"status_code": status, "headers": headers, "body": content}
        output_shape: Any = model.output_shape
        parsed = create_parser("rest-json").parse(raw, output_shape)
        return Answer(operation, status, headers, content, parsed)

    return send


@pytest.fixture(scope="session")
def complaints(service: ServiceModel) -> Callable[[Answer], list[str]]:
    """Validate an answer against the model; return a list of errors."""

    def validate(answer: Answer) -> list[str]:
        model = service.operation_model(answer.operation)
        if answer.status >= 400:
            declared = {shape.name: shape for shape in model.error_shapes}
            if answer.code not in declared:
                return [f"{answer.operation} does not declare {answer.code}"]
            expected = declared[answer.code].metadata["error"]["httpStatusCode"]
            text = answer.parsed["Error"]["Message"]
            return [] if answer.status == expected and text else [f"bad error {answer}"]
        if answer.status != model.http["responseCode"]:
            return [f"status {answer.status}"]
        shape: Any = model.output_shape
        if shape is None:
            return []
        data = {k: v for k, v in answer.parsed.items() if k != "ResponseMetadata"}
        report = ParamValidator().validate(data, shape)
        problems = [report.generate_report()] if report.has_errors() else []
        return problems + list(_beyond_botocore(data, shape))

    return validate


def _beyond_botocore(value: Any, shape: Any) -> Iterator[str]:
    """Yield breaches of what botocore's validator does not look at: max, enum, pattern."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from _beyond_botocore(item, shape.members[name])
    elif shape.type_name == "list":
        for item in value:
            yield from _beyond_botocore(item, shape.member)
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _beyond_botocore(key, shape.key)
            yield from _beyond_botocore(item, shape.value)
    limits = shape.metadata
    size = value if isinstance(value, int) else len(value) if hasattr(value, "__len__") else 0
    if size > limits.get("max", size):
        yield f"{shape.name}: {value!r} is more than {limits['max']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{shape.name}: {value!r} is not one of {limits['enum']}"
    if "pattern" in limits and not _matches(value, limits["pattern"]):
        yield f"{shape.name}: {value!r} does not match {limits['pattern']}"


def _matches(text: str, pattern: str) -> bool:
    if r"\p" not in pattern:
        return re.fullmatch(pattern, text) is not None
    letters = set(re.findall(r"p\{(\w)\}", pattern))
    return text != "" and all(unicodedata.category(c)[0] in letters or c == "|" for c in text)


StoreFactory = Callable[..., Any]


@pytest.fixture
def a_store(omics: "OmicsClient") -> StoreFactory:
    """Make an ACTIVE store and describe it."""

    def make(**parameters: Any) -> Any:
        made = omics.create_sequence_store(**({"name": "store"} | parameters))
        return omics.get_sequence_store(id=made["id"])

    return make


class World:
    """An emulator with moto beside it, and clients that reach both.

    Args:
        emulator: The emulator.
        url: Where it serves; None in this process.
    """

    def __init__(self, emulator: Emulator, url: str | None) -> None:
        self.emulator = emulator
        self._url = url
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """Return a client that tries once."""
        if (service, region) not in self._clients:
            config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
            make: Any = boto3.client  # its stubs know services by literal names only
            self._clients[service, region] = make(
                service, region_name=region, endpoint_url=self._url, config=config
            )
        return self._clients[service, region]

    def reset(self) -> None:
        """Empty everything."""
        self.emulator.reset()
        self.emulator.configure(check_keys=True)
        moto_api_backend.reset()

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="module", params=["in process", "over HTTP"])
def shared_world(request: pytest.FixtureRequest) -> Iterator[World]:
    """One world of a kind for a whole module: to enter moto's takes a third of a second."""
    if request.param == "over HTTP":
        with EmulatorServer() as server:
            made = World(server.emulator, server.url)
            yield made
            made.close()
    else:
        with mock_aws(), Emulator().in_process() as emulator:
            made = World(emulator, None)
            yield made
            made.close()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """An empty world that checks keys."""
    shared_world.reset()
    yield shared_world
    shared_world.reset()
