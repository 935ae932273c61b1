"""What leaves a provider when its handler fails; outside of a plugin process."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from omics_components.engine.dynamic.handler_provider import HandlerProvider
from omics_components.errors import NotFound
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.kinds.sequence_store.model import SequenceStoreInputs
from omics_components.schema.validation import Path, Validation


class FailingHandler(SequenceStoreHandler):
    error: ClassVar[BaseException]

    def check(
        self,
        old: Mapping[str, object],  # noqa: ARG002 the protocol's
        new: Mapping[str, object],  # noqa: ARG002 as above
        unknown: Collection[Path],  # noqa: ARG002 as above
    ) -> Validation[SequenceStoreInputs]:
        raise self.error


class FailingProvider(HandlerProvider):
    @staticmethod
    def handler_type() -> type[Any]:
        return FailingHandler


@pytest.fixture
def provider() -> FailingProvider:
    made = FailingProvider()
    made.configure(ConfigureRequest(Config({}, "lab")))
    return made


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_nothing_leaves_that_would_hang_the_engine(
    provider: FailingProvider, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(FailingHandler, "error", error, raising=False)

    with pytest.raises(RuntimeError, match="interrupted"):
        provider.check({}, {})


def test_without_an_engine_an_error_is_raised_as_it_is(
    provider: FailingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = NotFound("no such store")
    monkeypatch.setattr(FailingHandler, "error", error, raising=False)

    with pytest.raises(NotFound) as raised:
        provider.check({}, {})

    assert raised.value is error
