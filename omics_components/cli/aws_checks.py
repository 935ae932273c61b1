"""The checks of ``doctor`` that are about AWS: region, credentials, endpoint, quotas."""

from __future__ import annotations

import ipaddress
import math
import os
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from omics_components.cli.finding import Finding, Status
from omics_components.errors import InvalidCredentials, OmicsComponentsError

if TYPE_CHECKING:
    from omics_components.aws.client import Aws

_OPERATIONS_OF_HOSTS = ("ListSequenceStores", "ListTagsForResource")
"""One for each of the hosts that are called: the service has a host prefix for each (model)."""


@dataclass(frozen=True)
class Place:
    """Where the checks look.

    Args:
        aws: The way into AWS; any account is admitted, so that the others are found, too.
        region: The region.
        allowed: What aws:allowedAccountIds admits; empty if it says nothing.
        forbidden: What aws:forbiddenAccountIds forbids.
        quotas: Calls a second (TPS) by operation, as this process would pace them.
    """

    aws: Aws
    region: str
    allowed: tuple[str, ...]
    forbidden: tuple[str, ...]
    quotas: Mapping[str, float]

    @property
    def endpoint(self) -> str:
        """The URL at which HealthOmics is called, before any host prefix."""
        return str(self.aws.omics(self.region).meta.endpoint_url)

    @property
    def is_overridden(self) -> bool:
        """Whether something else than the service's own endpoint is in force."""
        config: Any = self.aws.omics(self.region).meta.config
        return config.inject_host_prefix is False


def region_source(place: Place) -> str:
    """Check where the region comes from."""
    if place.aws.settings.region:
        return "--region or aws:region"
    variables = ("AWS_REGION", "AWS_DEFAULT_REGION")
    return next((name for name in variables if os.environ.get(name)), "the profile")


def check_region(place: Place) -> Iterator[Finding]:
    """Check where the region comes from, and whether the SDK knows HealthOmics there."""
    yield Finding("region", Status.OK, f"{place.region} (from {region_source(place)})")
    if place.aws.serves("omics", place.region):
        text = f"botocore lists HealthOmics in {place.region}; whether with storage it does not say"
        yield Finding("service", Status.OK, text)
    else:
        yield Finding(
            "service",
            Status.WARNING,
            f"botocore does not list HealthOmics in {place.region}",
            "Choose another region, or upgrade boto3 if the region is new.",
        )


def check_credentials(place: Place) -> Iterator[Finding]:
    """Find credentials, and use them: some turn out to be invalid only then.

    IAM: sts:GetCallerIdentity (needs no permission).
    """
    source = place.aws.credentials_source(place.region)
    if source is None:
        advice = "Set AWS_PROFILE or aws:profile, or run aws sso login, aws configure or the like."
        yield Finding("credentials", Status.FAILED, "there are none", advice)
        return
    try:
        place.aws.account_id(place.region)
    except InvalidCredentials:
        raise
    except OmicsComponentsError:  # the next check asks the same, and reports it
        text = f"found: {source}; AWS could not be asked whether it accepts them"
        yield Finding("credentials", Status.SKIPPED, text)
    else:
        yield Finding("credentials", Status.OK, f"found: {source}; AWS accepts them")


def check_account(place: Place) -> Iterator[Finding]:
    """Check whose the credentials are, and whether the stack may use that account.

    IAM: sts:GetCallerIdentity (needs no permission).
    """
    account = place.aws.account_id(place.region)
    text = f"{account}, {place.aws.principal(place.region)}"
    if place.allowed and account not in place.allowed:
        text = f"{text}: aws:allowedAccountIds allows only {', '.join(place.allowed)}"
        yield Finding("account", Status.FAILED, text, "Use credentials of that account.")
    elif account in place.forbidden:
        text = f"{text}: aws:forbiddenAccountIds forbids that account"
        yield Finding("account", Status.FAILED, text, "Use others.")
    else:
        among = " (one of aws:allowedAccountIds)" if place.allowed else ""
        yield Finding("account", Status.OK, f"{text}{among}")


def check_endpoint(place: Place) -> Iterator[Finding]:
    """Check the HealthOmics endpoint: its URL, what sets it, and whether it answers."""
    check, url = "endpoint", place.endpoint
    parts = urlsplit(url)
    host = parts.hostname or ""
    if place.is_overridden:
        text = f"{url}, instead of the service's own (from {_who_overrides(place.aws)})"
        if parts.scheme != "https" and not _is_loopback(host):
            advice = "Names and tags would cross the network unencrypted: use https."
            yield Finding(check, Status.WARNING, text, advice)
        else:
            yield Finding(check, Status.OK, text)
        return
    kinds = [kind for kind, mark in (("FIPS", "fips"), ("dual stack", "api.aws")) if mark in host]
    text = f"{url} ({', '.join(kinds)})" if kinds else url
    model: Any = place.aws.omics(place.region).meta.service_model
    prefixes = [model.operation_model(name).endpoint["hostPrefix"] for name in _OPERATIONS_OF_HOSTS]
    found = {f"{prefix}{host}": _addresses(f"{prefix}{host}") for prefix in prefixes}
    private = [name for name, addresses in found.items() if addresses and _are_private(addresses)]
    if unknown := [name for name, addresses in found.items() if not addresses]:
        text = f"{text}: no name server here knows {' and '.join(unknown)}"
        advice = "Behind a proxy that is fine; in a private network, make the VPC endpoints."
        yield Finding(check, Status.WARNING, text, advice)
    elif private and len(private) < len(found):
        text = f"{text}: {', '.join(private)} only is at private addresses"
        advice = "Make VPC endpoints for control-storage-omics and for tags-omics."
        yield Finding(check, Status.WARNING, text, advice)
    else:
        where = "private addresses, as VPC endpoints have" if private else "public addresses"
        yield Finding(check, Status.OK, f"{text}, at {where}")


def check_read(place: Place) -> Iterator[Finding]:
    """Make one harmless call.

    IAM: omics:ListSequenceStores.
    """
    from omics_components.aws.client import translated_errors  # noqa: PLC0415 only if it runs

    client = place.aws.omics(place.region)
    begun_s = time.monotonic()
    with translated_errors("ListSequenceStores"):
        client.list_sequence_stores(maxResults=1)
    took_ms = (time.monotonic() - begun_s) * 1000
    text = f"ListSequenceStores answered in {took_ms:.0f} ms, connecting included"
    yield Finding("read", Status.OK, text)


def check_quotas(place: Place) -> Iterator[Finding]:
    """Check the quotas in force here and the number of stores.

    IAM: omics:ListSequenceStores.
    """
    from omics_components.aws import sequence_stores  # noqa: PLC0415 only if it runs
    from omics_components.aws.pacing import QUOTAS_TPS  # noqa: PLC0415 as above

    check = "calls a second"
    own = {name: tps for name, tps in place.quotas.items() if tps != QUOTAS_TPS[name]}
    said = ", ".join(f"{name} {tps:g}" for name, tps in sorted(own.items()))
    if len(own) == len(QUOTAS_TPS) and len(set(own.values())) == 1:
        said = f"all {next(iter(own.values())):g}"
    if any(map(math.isinf, own.values())) and not place.is_overridden:
        advice = "AWS has quotas: unset OMICS_COMPONENTS_TPS, or give it those of the account."
        yield Finding(check, Status.WARNING, f"not limited here: {said}", advice)
    elif own:
        yield Finding(check, Status.OK, f"{said} (OMICS_COMPONENTS_TPS), others as documented")
    else:
        writes, reads = QUOTAS_TPS["CreateSequenceStore"], QUOTAS_TPS["GetSequenceStore"]
        text = f"as documented: {writes:g} for each kind of change, {reads:g} to get, list or tag"
        yield Finding(check, Status.OK, text)
    used = len(sequence_stores.list_all(place.aws.omics(place.region)))
    yield Finding(
        "stores",
        Status.OK,
        f"{used} in {place.region}; how many AWS admits today is not known (20 in the guide of "
        "2023): aws service-quotas list-service-quotas --service-code omics",
    )


def _who_overrides(aws: Aws) -> str:
    if aws.settings.endpoint("omics"):
        return "aws:endpoints"
    variables = ("AWS_ENDPOINT_URL_OMICS", "AWS_ENDPOINT_URL")
    return next((name for name in variables if os.environ.get(name)), "the profile")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _addresses(host: str) -> list[str]:
    """Look a host up; nothing if no name server knows it."""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({str(address[0]) for *_, address in found})


def _are_private(addresses: list[str]) -> bool:
    return all(ipaddress.ip_address(address).is_private for address in addresses)
