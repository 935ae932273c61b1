"""Call lookups, with plain values or with inputs, and report their errors."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pulumi import Output
from pulumi.runtime import config as runtime_config

from omics_components.aws.client import Aws, aws_for
from omics_components.aws.settings import PREFIX, AwsSettings
from omics_components.engine.dynamic.run_errors import as_run_error
from omics_components.errors import (
    InvalidCredentials,
    InvalidRequest,
    OmicsComponentsError,
    error_context,
)
from omics_components.schema.lookup import RegionArgument, checked

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

P = ParamSpec("P")
T = TypeVar("T")

_GIVEN: ContextVar[Aws | None] = ContextVar("aws", default=None)

Time = str | date
"""ISO 8601 text or a ``datetime`` with a time zone; a ``date`` is its first moment in UTC."""


def lookup(function: Callable[P, T]) -> Callable[P, T]:
    """Make a lookup raise errors that name the call and end the program with one sentence."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        given = {name: value for name, value in kwargs.items() if value is not None}
        arguments = ", ".join(
            f"{name}={'…' if isinstance(value, Output) else repr(value)}"
            for name, value in given.items()
        )
        with _in_one_sentence(f"{function.__name__}({arguments})"):
            for name, value in given.items():
                if isinstance(value, Output):
                    raise InvalidRequest(
                        f"{name} is an Output, whose value is not known yet",
                        advice=f"Use {function.__name__}_output.",
                    )
            return function(*args, **kwargs)

    return wrapper


@contextmanager
def _in_one_sentence(call: str) -> Iterator[None]:
    try:
        with error_context(call):
            yield
    except OmicsComponentsError as error:
        if isinstance(error, InvalidCredentials) and error.__cause__:
            error.advice = (
                "A lookup, unlike a resource, calls AWS and needs credentials in previews too. "
                f"{error.advice}"
            )
        as_run_error(error)
        raise


def apply_async(function: Callable[..., T], arguments: Mapping[str, Any]) -> Output[T]:
    """Run a lookup in a thread once all of its inputs are known.

    A region that resolves to None is an error: the default region would return other results.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    known: Output[dict[str, Any]] = Output.from_input(given)

    def call(values: dict[str, Any]) -> Awaitable[T]:
        if "region" in values and values["region"] is None:
            raise as_run_error(
                InvalidRequest(
                    f"{function.__name__}: region is an output that resolves to None",
                    advice="Set it to a value, or leave it out.",
                )
            )
        return asyncio.to_thread(function, **values)

    return known.apply(call)


@contextmanager
def through(aws: Aws) -> Iterator[None]:
    """Let the lookups of this thread use a way into AWS instead of the stack's configuration."""
    token = _GIVEN.set(aws)
    try:
        yield
    finally:
        _GIVEN.reset(token)


def _aws() -> Aws:
    given = _GIVEN.get()
    if given is not None:
        return given
    names = {*runtime_config.CONFIG.get(), *runtime_config.get_config_env()}
    config = {name: runtime_config.get_config(name) for name in names if name.startswith(PREFIX)}
    return aws_for(AwsSettings.from_stack(config))


def connect(region: str | None) -> tuple[Aws, str]:
    """Return the ``Aws`` of the stack's configuration, and the region to use.

    Raises:
        InvalidRequest: No region is set, or it is invalid.
    """
    wanted, aws = checked(RegionArgument, region=region).region, _aws()
    known = wanted or aws.default_region()
    if known is None:
        raise InvalidRequest(
            "no region is set: set region, aws:region in the stack's configuration, or "
            "AWS_REGION in the environment"
        )
    return aws, known


def client(region: str | None) -> OmicsClient:
    """Return the client of HealthOmics; raises as ``connect`` does."""
    aws, known = connect(region)
    return aws.omics(known)
