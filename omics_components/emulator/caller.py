"""Who calls: account and region from the request's signature.

Signatures are not verified, and permissions only where a policy is set (``permissions``): without
one, a green test proves neither.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

DEFAULT_ACCOUNT = "123456789012"
"""Account of every access key that moto does not know; the same as moto's own default."""

_REGION_OF_VERSION_2 = "us-east-1"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([a-z0-9-]{1,32})/([a-z0-9-]+)/aws4_request")
_FIELD = re.compile(rb'\bname="([A-Za-z-]{1,64})"\r\n\r\n([^\r\n]{0,256})\r\n')
_ACCOUNT = re.compile(r"\d{12}")
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


@dataclass(frozen=True)
class Caller:
    """Who makes a request, by its signature.

    Args:
        account: The account it acts in.
        region: The region it acts in.
        service: The service it is signed for, ``omics``.
    """

    account: str
    region: str
    service: str = "omics"

    @property
    def partition(self) -> str:
        """ARN partition of the region."""
        for prefix, partition in _PARTITIONS.items():
            if self.region.startswith(prefix):
                return partition
        return "aws"


def find_caller(headers: Mapping[str, str], query: str = "") -> Caller | None:
    """Return the caller of a signed request, or None when it is not signed.

    Args:
        headers: Request headers, in any case.
        query: Raw query string: presigned requests carry their credential there.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    match = _CREDENTIAL.search(lowered.get("authorization", ""))
    if match is None and "X-Amz-Credential" in query:
        credential = parse_qs(query).get("X-Amz-Credential", [""])[0]
        match = _CREDENTIAL.search(f"Credential={credential}")
    if match is None and "AWSAccessKeyId" in query:
        return _find_presigner(query, lowered.get("x-moto-account-id"))
    if match is None:
        return None
    access_key, region, service = match.groups()
    return Caller(_account_of(access_key, lowered.get("x-moto-account-id")), region, service)


def find_uploader(headers: Mapping[str, str], body: bytes) -> Caller | None:
    """Return the caller of a form that uploads to S3 (presigned POST), or None if it is none.

    Its fields carry the credential, in either version of signatures.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    if not lowered.get("content-type", "").startswith("multipart/form-data"):
        return None
    fields = {name.lower(): value for name, value in _FIELD.findall(body)}
    account = lowered.get("x-moto-account-id")
    if (value := fields.get(b"x-amz-credential")) is not None:
        match = _CREDENTIAL.search(f"Credential={value.decode(errors='replace')}")
        if match and match[3] == "s3":
            return Caller(_account_of(match[1], account), match[2], "s3")
    if (value := fields.get(b"awsaccesskeyid")) is not None:
        return Caller(
            _account_of(value.decode(errors="replace"), account), _REGION_OF_VERSION_2, "s3"
        )
    return None


def _find_presigner(query: str, account: str | None) -> Caller | None:
    """Return the caller of a URL presigned by Signature Version 2, which only S3 takes.

    boto3 and the AWS CLI version 1 make such URLs by default in the regions that S3 takes it in.
    They name no region: moto's S3 answers the same in each.
    """
    parameters = parse_qs(query)
    if not parameters.get("AWSAccessKeyId") or not parameters.get("Signature"):
        return None
    access_key = parameters["AWSAccessKeyId"][0]
    return Caller(_account_of(access_key, account), _REGION_OF_VERSION_2, "s3")


def _account_of(access_key: str, header: str | None) -> str:
    """Return the account that moto's STS would report for *access_key*.

    The order is moto's: environment, header, the keys that AssumeRole handed out, its default.
    So the ARNs here agree with ``sts get-caller-identity``, in assumed roles too.
    """
    account = os.environ.get("MOTO_ACCOUNT_ID") or header or _account_in_moto(access_key)
    return account if _ACCOUNT.fullmatch(account) else DEFAULT_ACCOUNT


def _account_in_moto(access_key: str) -> str:
    # Only a moto that is already loaded can have handed out keys: do not import it for this.
    if "moto.iam.models" not in sys.modules:
        return DEFAULT_ACCOUNT
    # The statement waits for a thread that is still loading it; sys.modules has half of it then.
    from moto.iam.models import get_account_id_from  # noqa: PLC0415 - see above

    return str(get_account_id_from(access_key))
