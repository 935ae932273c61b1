"""The emulator itself: one call in, one answer out. No sockets, no botocore clients."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import replace
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from omics_components.emulator.call_log import Call, CallLog
from omics_components.emulator.caller import Caller, find_caller
from omics_components.emulator.clock import Clock
from omics_components.emulator.error_shapes import denial_of
from omics_components.emulator.errors import ServiceError, not_found
from omics_components.emulator.faults import Faults
from omics_components.emulator.iam_actions import Request, of_omics, of_others
from omics_components.emulator.lifecycle import (
    DeletionRefusal,
    Occasion,
    StatusPlan,
    StepLike,
    as_step,
    settle,
)
from omics_components.emulator.operations import OPERATIONS
from omics_components.emulator.operations.read_sets import put_read_sets
from omics_components.emulator.operations.references import put_references
from omics_components.emulator.permissions import Permissions
from omics_components.emulator.quotas import CallRate
from omics_components.emulator.service_model import Route, find_route
from omics_components.emulator.settings import Settings, SettingsArgs
from omics_components.emulator.state_file import StateFile
from omics_components.emulator.traffic import FindPid, Traffic
from omics_components.emulator.validation import check_request
from omics_components.emulator.wire import (
    Response,
    error_response,
    known_members,
    output_response,
    parse_request,
)
from omics_components.emulator.world import Context, ResourceCheck, World, read_clock


class EmulatorArgs(SettingsArgs, total=False):
    """The arguments of ``Emulator``, for type checkers."""

    clock: Clock
    sleep: Callable[[float], None]
    state_file: Path | str | None
    resource_check: ResourceCheck | None
    allowed_policy: Mapping[str, Any] | str | None
    seed: int | None


class Emulator:
    """A stand-in for AWS HealthOmics.

    Thread-safe. Backends are separate for each account and region, as in AWS.

    Args:
        clock: Answers the time now (s); ``ManualClock`` lets a test drive it.
        sleep: Waits for so many seconds (s), for latency and ``delay`` faults.
        state_file: SQLite file that keeps the omics state over restarts; each call is a transaction
            in it, and several emulators may share it. moto's services beside it keep their state in
            memory only.
        resource_check: Checks the resources of a store instead of ``check_keys``.
        allowed_policy: IAM policy that all callers have, to any service; None allows everything.
        seed: Makes ids repeatable.
        **settings: Fields of ``Settings``: ``creating_s``, ``quotas``, ``latency_s`` ...

    Raises:
        ValueError: The state file is not one of this version or cannot be written, or the policy
            cannot be evaluated.
    """

    def __init__(
        self,
        *,
        clock: Clock = time.time,
        sleep: Callable[[float], None] = time.sleep,
        state_file: Path | str | None = None,
        resource_check: ResourceCheck | None = None,
        allowed_policy: Mapping[str, Any] | str | None = None,
        seed: int | None = None,
        **settings: Unpack[SettingsArgs],
    ) -> None:
        self.settings = Settings(**settings)
        self.traffic = Traffic(sleep)
        self._clock = clock
        self._resource_check = resource_check
        self._allowed_at_first = allowed_policy
        self._permissions = Permissions(allowed_policy)
        self._lock = threading.RLock()
        self._plans: list[StatusPlan] = []
        self._refusals: list[DeletionRefusal] = []
        self._rate = CallRate()
        self._world = World()
        if seed is not None:
            self._world.ids.seed(seed)
        self._state_file = StateFile(Path(state_file), self._world) if state_file else None

    @property
    def calls(self) -> CallLog:
        """Every call so far, to omics and, through the adapters, to the services beside it."""
        return self.traffic.calls

    @property
    def faults(self) -> Faults:
        """The fault rules in force."""
        return self.traffic.faults

    def handle(
        self,
        method: str,
        raw_path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        find_pid: FindPid = os.getpid,
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer one request.

        Args:
            method: HTTP method.
            raw_path: Path as on the wire, percent-encoded.
            query: Query string as on the wire, without the question mark.
            headers: Request headers; the Authorization header names account and region.
            body: Request body.
            find_pid: Finds the calling process, for the fault ``crash``.

        Returns:
            HTTP status, headers and body.

        Raises:
            ConnectionDropped: A fault rule says to close the connection without an answer.
            ModelViolation: The answer would violate botocore's model: a bug of the emulator.
        """
        caller = find_caller(headers, query)
        route = find_route(method.upper(), raw_path)
        call = Call(
            service="omics",
            operation=route.operation.name if route else "Unknown",
            time_s=self.now_s(),
            parameters=_parameters_for_log(route, query, body),
            account=caller.account if caller else None,
            region=caller.region if caller else None,
            user_agent=next((v for k, v in headers.items() if k.lower() == "user-agent"), None),
        )

        def execute() -> Response:
            try:
                return self._execute(route, caller, query, body)
            except ServiceError as error:
                return error_response(error)

        response = self.traffic.carry(call, execute, find_pid, self.settings.latency_s)
        date = formatdate(self.now_s(), usegmt=True)
        return response.status, {"Date": date, **response.headers}, response.body

    def _execute(
        self, route: Route | None, caller: Caller | None, query: str, body: bytes
    ) -> Response:
        operation = OPERATIONS.get(route.operation.name) if route else None
        if route is None or operation is None:
            # The model's text of it ends "... or the API does not exist": unknown paths, too.
            name = route.operation.name if route else "this method and path"
            text = f"The emulator does not support {name}"
            raise ServiceError("NotSupportedOperationException", text)
        if caller is None:
            # Of the codes that the model declares no other fits (assumed: unsigned-calls).
            raise ServiceError("AccessDeniedException", "The request is not signed")
        with self._turn(changes=operation.mutates):
            context = self._context(caller, route.operation.name)
            # Refused calls count, too (assumed: throttled-before-checks).
            counts_first = not context.assumes("throttled-before-checks")
            if counts_first:
                self._count(context, operation.tps)
            parameters = parse_request(route, query, body, self.settings)
            self._check(context, parameters, route.operation.input_shape)
            if not counts_first:
                self._count(context, operation.tps)
            known = known_members(parameters, route.operation.input_shape)
            output = operation.handler(context, known)
            return output_response(route, output, self.settings)

    def _count(self, context: Context, tps: int) -> None:
        """Count a call against its calls per second, if those are enforced.

        As many as come in a second may come at once (assumed: burst).
        """
        if not self.settings.quotas:
            return
        if context.operation == "GetReferenceStore" and context.assumes("unlisted-rates"):
            tps = 1
        at_once = {"five-seconds": 5.0 * tps, "one-call": 1.0}
        burst = at_once.get(context.assumes("burst") or "", float(tps))
        key = (context.caller.account, context.caller.region, context.operation)
        self._rate.take(*key, tps=tps, now_s=context.now_s, burst=burst)

    def _check(self, context: Context, parameters: dict[str, Any], shape: Any) -> None:
        """Refuse what the policy does not allow, then what the model does not.

        In that order (assumed: permission-first).
        """
        terse = context.assumes("validation-wording") is not None
        if context.assumes("permission-first"):
            check_request(parameters, shape, terse=terse)
            self._require_permission(context, parameters)
        else:
            self._require_permission(context, parameters)
            check_request(parameters, shape, terse=terse)

    def now_s(self) -> float:
        """Return the emulator's time (s), cut to milliseconds."""
        return read_clock(self._clock)

    def configure(self, **changes: Unpack[SettingsArgs]) -> None:
        """Change settings of a running emulator: ``configure(creating_s=2)``."""
        self.settings = replace(self.settings, **changes)

    @property
    def allowed_policy(self) -> dict[str, Any] | None:
        """The IAM policy that all callers have; None allows everything."""
        return self._permissions.policy

    def allow_only(self, policy: Mapping[str, Any] | str | None) -> None:
        """Refuse every call, to any service, that an IAM policy does not allow.

        Args:
            policy: The policy, as an object or JSON text; None allows everything again.

        Raises:
            ValueError: The policy cannot be evaluated here.
        """
        self._permissions.allow_only(policy)

    def denial(self, request: Request, caller: Caller) -> Response | None:
        """Return the answer to a call beside omics that the policy does not allow, or None."""
        if self.allowed_policy is None:
            return None
        call = f"{request.service}:{request.operation}"
        text = self._permissions.refusal(of_others(request, caller), caller, call)
        if text is None:
            return None
        if request.operation.startswith("Head"):
            return Response(403, {}, b"")  # the answer to HEAD has no body
        return denial_of(request.service, text)

    def put_read_sets(
        self,
        store_id: str,
        count: int | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Put read sets into a sequence store, as an upload or import would.

        Args:
            store_id: Id of the store, in any account and region.
            count: How many read sets to make up.
            items: Read sets to make: members of GetReadSetMetadata's answer, and ``tags``.

        Returns:
            The new read sets, as GetReadSetMetadata describes them.

        Raises:
            ServiceError: ResourceNotFoundException, there is no such store.
            ValueError: A read set would violate the model or has the id of another; *count* is
                less than none, or not exactly one of *count* and *items* is given.
        """
        with self._turn(changes=True):
            context = self._context_of_store(store_id)
            made = put_read_sets(context, store_id, _wanted(count, items))
            return deepcopy(made)

    def put_references(
        self,
        store_id: str,
        count: int | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Put references into a reference store; arguments and errors as ``put_read_sets``."""
        with self._turn(changes=True):
            context = self._context_of_store(store_id)
            made = put_references(context, store_id, _wanted(count, items))
            return deepcopy(made)

    def put_fallback_object(self, store_id: str) -> dict[str, Any]:
        """Do what the service does when a direct upload fails: put a part where the store says.

        The bucket is one of moto's. Its policy must let omics.amazonaws.com put the object, and so
        must the policy of the key that its default encryption names.

        Args:
            store_id: Id of the store, in any account and region.

        Returns:
            ``{"stored": True, "bucket": …, "key": …}`` or ``{"stored": False, "reason": …}``.

        Raises:
            ServiceError: ResourceNotFoundException, there is no such store.
        """
        # moto is an optional dependency, and slow to import.
        from omics_components.emulator import resource_checks  # noqa: PLC0415

        caller, location, name = self._place_of(store_id, "fallback_location")
        return resource_checks.put_fallback_object(caller, store_id, location, name, self.settings)

    def put_access_log(self, store_id: str) -> dict[str, Any]:
        """Do what the service does with the access log of a store: put it where the store says.

        The bucket is one of moto's. Its policy must let the writer put the object (assumed:
        access-log-writer), and so must the policy of the key that its default encryption names.

        Args:
            store_id: Id of the store, in any account and region.

        Returns:
            ``{"stored": True, "bucket": …, "key": …}`` or ``{"stored": False, "reason": …}``.

        Raises:
            ServiceError: ResourceNotFoundException, there is no such store.
        """
        # moto is an optional dependency, and slow to import.
        from omics_components.emulator import resource_checks  # noqa: PLC0415

        caller, location, name = self._place_of(store_id, "access_log_location")
        return resource_checks.put_access_log(
            caller, store_id, location, f"{name}.log", self.settings
        )

    def plan_status(
        self,
        steps: Sequence[StepLike],
        *,
        name: str | None = None,
        store_id: str | None = None,
        on: Occasion = "create",
        times: int | None = 1,
    ) -> StatusPlan:
        """Set what the status of a store becomes after its next create, update or delete.

        Args:
            steps: ``[("CREATING", 1.0), ("FAILED", "KMS key not usable")]``: a number is how
                long a status lasts (s), a text its statusMessage.
            name: Name of the store; None is any.
            store_id: Id of the store; None is any.
            on: The call that starts the plan.
            times: How many calls it serves; None is all.

        Raises:
            ValueError: There is no step, or something is malformed.
        """
        made = [as_step(step) for step in steps]
        if not made:
            raise ValueError("a plan has steps")
        plan = StatusPlan(made, name, store_id, on, times)
        with self._lock:
            self._plans.append(plan)
        return plan

    def refuse_deletion(self, refusal: DeletionRefusal) -> None:
        """Let BatchDeleteReadSet refuse read sets: HTTP 200, and they are named in ``errors``.

        Those that it cannot delete anyway (missing, being activated or uploaded) need no refusal.
        """
        with self._lock:
            self._refusals.append(refusal)

    def reset(self) -> None:
        """Forget all stores, tokens, faults, plans, refusals, calls, ``allow_only``; settings stay.

        moto's services are not touched; ``EmulatorServer.reset`` does both.
        """
        with self._turn(changes=True):
            self._world.regions.clear()
            self._plans.clear()
            self._refusals.clear()
            self._rate = CallRate()
            self._permissions.allow_only(self._allowed_at_first)
            self.faults.clear()
            self.calls.clear()

    def in_process(self) -> AbstractContextManager["Emulator"]:
        """Answer every omics client of this process while the context lasts; see ``in_process``."""
        from omics_components.emulator.in_process import catch_clients  # noqa: PLC0415 - a cycle

        return catch_clients(self)

    def attach(self, session_or_client: Any) -> None:
        """Answer the omics calls of one boto3 session (clients it makes from now on) or client."""
        from omics_components.emulator.in_process import attach  # noqa: PLC0415 - a cycle

        attach(self, session_or_client)

    def _context(self, caller: Caller, operation: str) -> Context:
        now_s = self.now_s()
        region = self._world.region(caller.account, caller.region)
        settle(region, now_s, self.settings)
        return Context(
            caller,
            operation,
            self._world,
            region,
            now_s,
            self.settings,
            self._plans,
            self._check_of_resources(),
            self._refusals,
        )

    def _place_of(self, store_id: str, member: str) -> tuple[Caller, str | None, str]:
        """Return the owner of a store, one of its locations, and a new name for an object there."""
        with self._turn(changes=True):
            context = self._context_of_store(store_id)
            store = context.region.sequence_stores.get(store_id)
            location: str | None = getattr(store, member) if store else None
            return context.caller, location, str(self._world.next_serial())

    def _context_of_store(self, store_id: str) -> Context:
        for (account, region_name), region in self._world.regions.items():
            if store_id in region.sequence_stores or store_id in region.reference_stores:
                return self._context(Caller(account, region_name), "")
        raise not_found("store", store_id)

    def _require_permission(self, context: Context, parameters: Mapping[str, Any]) -> None:
        """Refuse what the policy does not allow."""
        if self.allowed_policy is None:
            return
        stores = context.region.sequence_stores.values()
        needed = of_omics(
            context.operation,
            parameters,
            context.caller,
            {store.s3_access_point_arn: store.arn for store in stores},
        )
        call = f"omics:{context.operation}"
        if text := self._permissions.refusal(needed, context.caller, call):
            raise ServiceError("AccessDeniedException", text)

    def _check_of_resources(self) -> ResourceCheck | None:
        if self._resource_check or not self.settings.check_keys:
            return self._resource_check
        # moto is an optional dependency, and slow to import.
        from omics_components.emulator.resource_checks import check_resources  # noqa: PLC0415

        return partial(check_resources, settings=self.settings, now_s=self.now_s())

    @contextmanager
    def _turn(self, *, changes: bool) -> Iterator[None]:
        """Hold the lock for one call, on the state that the state file has, if there is one."""
        with self._lock:
            if self._state_file is None:
                yield
            elif changes:
                with self._state_file.transaction():
                    yield
            else:
                with self._state_file.reading():
                    yield


def _parameters_for_log(route: Route | None, query: str, body: bytes) -> dict[str, Any]:
    if route is None:
        return {}
    try:
        return parse_request(route, query, body)
    except ServiceError:
        return {}


def _wanted(
    count: int | None, items: Sequence[Mapping[str, Any]] | None
) -> list[Mapping[str, Any]]:
    if (count is None) == (items is None):
        raise ValueError("give either count or items")
    if count is not None and count < 0:
        raise ValueError(f"count cannot be {count}")
    return list(items) if items is not None else [{} for _ in range(count or 0)]
