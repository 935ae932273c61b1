"""Buckets in host names: S3's virtual-hosted style, as moto tells them."""

import re

_NO_BUCKET = re.compile(
    r"[^.]*|localhost.*|host\.docker\.internal.*|\[.*|(\d{1,3}\.){3}\d{1,3}(:\d+)?|"
    r"s3[.-](.*\.)?(amazonaws|api)\..*"
)
_AWS = re.compile(r"(?P<bucket>.+)\.s3[.-](.*\.)?amazonaws\.com.*")


def path_with_bucket(host: str, path: str) -> str:
    """Return the path of an S3 request with its bucket, which may be in the host name instead.

    Args:
        host: Host name, with or without a port.
        path: Path as on the wire.
    """
    host = host.lower()
    if _NO_BUCKET.fullmatch(host):
        return path
    of_aws = _AWS.fullmatch(host)
    bucket = of_aws["bucket"] if of_aws else host.removeprefix("www.").partition(".")[0]
    return f"/{bucket}{path}"
