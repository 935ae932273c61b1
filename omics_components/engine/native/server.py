"""The plugin's gRPC server: every call of the engine, answered in a thread.

``Construct`` and ``Call`` are the SDK's own; all else is answered from the raw requests, because
the SDK's classes cannot: they know no previews of creations, no init failures, no detailed diffs
(docs/adr/0019).
"""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, status_pb2

from omics_components.aws.client import Aws
from omics_components.aws.pacing import TPS_VARIABLE, Pacing, quotas_from
from omics_components.engine.core import Partial, adoptable_ids
from omics_components.engine.dynamic.workers import DEFAULT_WORKERS, WORKERS_VARIABLE, workers_from
from omics_components.engine.native.cancellation import CancellableClock
from omics_components.engine.native.log import EngineLog
from omics_components.engine.native.resource_provider import (
    NativeKind,
    NativeResourceProvider,
    Session,
)
from omics_components.engine.native.settings import (
    KEYS,
    TAKE_OVER,
    account_of,
    in_own_words,
    problems_of,
    settings_from,
)
from omics_components.engine.native.wire import Properties, decode, encode
from omics_components.engine.watchdog import in_flight, watch_engine
from omics_components.errors import InvalidRequest, OmicsComponentsError
from omics_components.lifecycle.creation import as_ours

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from pulumi.provider import Provider

# ruff: noqa: N802 the protocol's own names

ResponseT = TypeVar("ResponseT")

_DETAILS = "grpc-status-details-bin"
_UNKNOWN_CODE: int = grpc.StatusCode.UNKNOWN.value[0]

Lookup = Callable[[Aws, Mapping[str, Any]], Mapping[str, Any]]
"""Looks something up in AWS: arguments and results by wire names."""


@dataclass(frozen=True)
class Package:
    """What the plugin serves.

    Args:
        kinds: Kinds of resources by native type token.
        dynamic_tokens: Native type token -> the dynamic front's.
        lookups: Functions by token.
        provider: Serves the component, and gives version and schema.
    """

    kinds: Mapping[str, NativeKind]
    dynamic_tokens: Mapping[str, str]
    lookups: Mapping[str, Lookup]
    provider: Provider


@dataclass
class _Configured:
    """What a provider was configured with; read when it is first needed.

    Args:
        config: Values by key.
        clock: Time.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    clock: CancellableClock = field(default_factory=CancellableClock)
    _aws: Aws | None = None

    def aws(self) -> Aws:
        """Return the one way into AWS of this process.

        Raises:
            InvalidRequest: The configuration cannot be read.
        """
        if self._aws is None:
            quotas = quotas_from(os.environ.get(TPS_VARIABLE, ""))
            pacing = Pacing(self.clock, quotas)
            self._aws = Aws(settings_from(self.config), pacing=pacing, clock=self.clock)
        return self._aws


class NativeServicer(ProviderServicer):
    """Answers the engine.

    Args:
        package: What is served.
        engine_address: Host and port of the engine; "" if it attaches later.
    """

    def __init__(self, package: Package, engine_address: str) -> None:
        super().__init__(package.provider, [], engine_address)
        self._package = package
        self._log = EngineLog(engine_address)
        self._configured = _Configured()
        self._kinds: dict[str, NativeResourceProvider] = {}
        workers = workers_from(os.environ.get(WORKERS_VARIABLE, "")) or DEFAULT_WORKERS
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="call")
        self._start()

    async def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        """Report the engine what this provider can do, and learn where the engine is."""
        del context
        if not self.engine_address and request.engine_address:
            self._attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    async def Attach(self, request: Any, context: Any) -> Empty:
        """Learn where the engine is that this plugin was not started by."""
        del context
        self._attach(request.address)
        return Empty()

    async def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Check the configuration of a provider; what a preview does not know passes."""
        return await self._answer(self._check_config, request, context)

    async def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """Report what a change of the configuration means: another account replaces."""
        return await self._answer(self._diff_config, request, context)

    async def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        """Take the configuration. It is read when it is first needed."""
        return await self._answer(self._configure, request, context)

    async def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """See ``NativeResourceProvider.check``."""
        return await self._answer(lambda r: self._kind(r).check(r), request, context)

    async def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """See ``NativeResourceProvider.diff``."""
        return await self._answer(lambda r: self._kind(r).diff(r), request, context)

    async def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:
        """See ``NativeResourceProvider.create``."""
        return await self._answer(lambda r: self._kind(r).create(r), request, context)

    async def Read(self, request: Any, context: Any) -> provider_pb2.ReadResponse:
        """See ``NativeResourceProvider.read``."""
        return await self._answer(lambda r: self._kind(r).read(r), request, context)

    async def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:
        """See ``NativeResourceProvider.update``."""
        return await self._answer(lambda r: self._kind(r).update(r), request, context)

    async def Delete(self, request: Any, context: Any) -> Empty:
        """See ``NativeResourceProvider.delete``."""
        return await self._answer(lambda r: self._kind(r).delete(r), request, context)

    async def Invoke(self, request: Any, context: Any) -> provider_pb2.InvokeResponse:
        """Look something up."""
        return await self._answer(self._invoke, request, context)

    async def Construct(self, request: Any, context: Any) -> provider_pb2.ConstructResponse:
        """Declare a component's children; an error of ours ends as its one sentence."""
        try:
            with in_flight():
                return await super().Construct(request, context)
        except OmicsComponentsError as error:
            return await self._abort(context, error)

    async def Cancel(self, request: Any, context: Any) -> Empty:
        """End every wait; calls in flight then end as failed or incomplete."""
        del request, context
        self._configured.clock.cancel()
        return Empty()

    def _start(self) -> None:
        configured = self._configured
        session = Session(
            configured.aws,
            configured.clock,
            self._log,
            self._package.dynamic_tokens,
            adoptable_ids(configured.config.get(TAKE_OVER)),
        )
        self._kinds = {
            token: NativeResourceProvider(kind, session)
            for token, kind in self._package.kinds.items()
        }

    def _attach(self, address: str) -> None:
        self.engine_address = address
        self._log = EngineLog(address)
        watch_engine(address)
        self._start()

    def _kind(self, request: Any) -> NativeResourceProvider:
        token = request.urn.split("::")[2].rpartition("$")[2]
        if token not in self._kinds:
            raise InvalidRequest(f"{token} is not a resource of this provider")
        return self._kinds[token]

    def _check_config(self, request: Any) -> provider_pb2.CheckResponse:
        news = decode(request.news)
        failures = [
            provider_pb2.CheckFailure(property=key, reason=reason)
            for key, reason in problems_of(news.values)
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def _diff_config(self, request: Any) -> provider_pb2.DiffResponse:
        olds, news = decode(request.old_inputs or request.olds), decode(request.news)
        unknown = {str(path[0]) for path in news.unknown}
        changed = [
            key for key in KEYS if key in unknown or olds.values.get(key) != news.values.get(key)
        ]
        replaces: list[str] = []
        if changed and not unknown:
            before, after = account_of(olds.values), account_of(news.values)
            if None not in (before, after) and before != after:
                replaces = [key for key in changed if key in ("assumeRoles", "allowedAccountIds")]
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if changed else response.DIFF_NONE,
            diffs=changed,
            replaces=replaces,
        )

    def _configure(self, request: Any) -> provider_pb2.ConfigureResponse:
        sent = decode(request.args)
        self._configured = _Configured(sent.values)
        self._start()
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True
        )

    def _invoke(self, request: Any) -> provider_pb2.InvokeResponse:
        lookup = self._package.lookups.get(request.tok)
        if lookup is None:
            raise InvalidRequest(f"{request.tok} is not a function of this provider")
        sent = decode(request.args)
        found = lookup(self._configured.aws(), sent.values)
        secret = found.keys() if sent.secret else ()
        response: Any = provider_pb2.InvokeResponse
        made: provider_pb2.InvokeResponse = response(**{"return": encode(found, secret=secret)})
        return made

    async def _answer(
        self, method: Callable[[Any], ResponseT], request: Message, context: Any
    ) -> ResponseT:
        """Answer a call in a thread; an error leaves as one sentence.

        A call that the engine has given up goes on to its end in its thread.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._answered, method, request)
        except OmicsComponentsError as error:
            return await self._abort(context, error)
        except Partial as partial:
            return await self._abort(context, partial.cause, self._left(partial, request))

    def _answered(self, method: Callable[[Any], ResponseT], request: Any) -> ResponseT:
        with in_flight(), self._log.about(getattr(request, "urn", "")):
            try:
                return method(request)
            except (OmicsComponentsError, Partial):
                raise
            except Exception as error:
                self._log.debug(traceback.format_exc())
                raise as_ours(error) from error
            except BaseException as error:
                raise as_ours(RuntimeError(f"the provider was interrupted: {error!r}")) from error

    def _left(self, partial: Partial[Any], request: Any) -> provider_pb2.ErrorResourceInitFailed:
        """Compose what the engine records of a resource that was interrupted."""
        sent: Properties = decode(getattr(request, "news", None) or request.properties)
        return provider_pb2.ErrorResourceInitFailed(
            id=partial.id,
            properties=self._kind(request).partial_outputs(partial, sent),
            reasons=[in_own_words(str(partial.cause))],
        )

    async def _abort(
        self, context: Any, error: OmicsComponentsError, detail: Message | None = None
    ) -> NoReturn:
        text = in_own_words(str(error))
        metadata: tuple[tuple[str, bytes], ...] = ()
        if detail is not None:
            packed = AnyMessage()
            packed.Pack(detail)
            status = status_pb2.Status(code=_UNKNOWN_CODE, message=text, details=[packed])
            metadata = ((_DETAILS, status.SerializeToString()),)
        await context.abort(grpc.StatusCode.UNKNOWN, text, metadata)
        raise error
