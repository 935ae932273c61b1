"""Put a read set into a store: by a direct upload on AWS, by its control API on an emulator."""

from __future__ import annotations

import gzip
import json
import urllib.request
from collections.abc import Callable

from tools.acceptance.account import Account, Undetermined

_READ = "@read\nACGTACGTACGTACGT\n+\nIIIIIIIIIIIIIIII\n"
_ACTIVE_S = 1800


def upload(account: Account, store_id: str, sample: str) -> str:
    """Upload one short read, wait until the read set is ACTIVE, and return its id.

    Raises:
        Undetermined: It does not become ACTIVE.
    """
    omics = account.omics
    begun = omics.create_multipart_read_set_upload(
        sequenceStoreId=store_id,
        sourceFileType="FASTQ",
        subjectId="subject-1",
        sampleId=sample,
        name=account.label,
    )
    of_the_upload = {"sequenceStoreId": store_id, "uploadId": begun["uploadId"]}
    part = {"partSource": "SOURCE1", "partNumber": 1}
    payload = gzip.compress(_READ.encode())
    sent = omics.upload_read_set_part(**of_the_upload, **part, payload=payload)
    parts = [{**part, "checksum": sent["checksum"]}]
    read_set_id = str(
        omics.complete_multipart_read_set_upload(**of_the_upload, parts=parts)["readSetId"]
    )

    def is_active() -> bool:
        listed = omics.list_read_sets(sequenceStoreId=store_id)["readSets"]
        return any(one["id"] == read_set_id and one["status"] == "ACTIVE" for one in listed)

    if account.seconds_until(is_active, _ACTIVE_S) >= _ACTIVE_S:
        raise Undetermined("the read set did not become ACTIVE")
    return read_set_id


def put_by(endpoint: str) -> Callable[[Account, str, str], str]:
    """Return what puts read sets into stores of the emulator at *endpoint*."""

    def put(_: Account, store_id: str, sample: str) -> str:
        body = json.dumps({"sequenceStoreId": store_id, "items": [{"sampleId": sample}]})
        request = urllib.request.Request(  # noqa: S310 the emulator's own URL
            f"{endpoint}/_emulator/read-sets", body.encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 the same
            [made] = json.loads(answer.read())["readSets"]
        return str(made["id"])

    return put


def is_emulator(endpoint: str) -> bool:
    """Report whether this library's emulator answers at *endpoint*."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_emulator/health", timeout=5) as answer:  # noqa: S310 what the user named
            return bool(answer.status == 200)  # noqa: PLR2004 HTTP
    except OSError:
        return False
