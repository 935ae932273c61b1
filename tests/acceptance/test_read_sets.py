"""The direct upload of a read set sends what the service's model takes."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from tools.acceptance.account import Account, Undetermined
from tools.acceptance.read_sets import upload

STORE, UPLOAD, READ_SET = "1234567890", "0987654321", "1111111111"


@pytest.mark.parametrize("status", ["ACTIVE", "UPLOAD_FAILED"])
def test_an_upload_is_made_in_three_calls(status: str) -> None:
    omics = boto3.client("omics", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106 not a secret
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds * 100

    account = Account(lambda *_: omics, "acceptance-00000000000a", now=lambda: now[0], sleep=sleep)
    of_the_upload = {"sequenceStoreId": STORE, "uploadId": UPLOAD}
    part: dict[str, Any] = {"partSource": "SOURCE1", "partNumber": 1}
    with Stubber(omics) as stub:
        stub.add_response(
            "create_multipart_read_set_upload",
            {
                **of_the_upload,
                "sourceFileType": "FASTQ",
                "subjectId": "subject-1",
                "sampleId": "s",
                "referenceArn": "none",
                "creationTime": "2026-11-28T00:00:00Z",
            },
            {
                "sequenceStoreId": STORE,
                "sourceFileType": "FASTQ",
                "subjectId": "subject-1",
                "sampleId": "s",
                "name": account.owner,
            },
        )
        stub.add_response(
            "upload_read_set_part",
            {"checksum": "abc"},
            {**of_the_upload, **part, "payload": ANY},
        )
        stub.add_response(
            "complete_multipart_read_set_upload",
            {"readSetId": READ_SET},
            {**of_the_upload, "parts": [{**part, "checksum": "abc"}]},
        )
        for shown in ("PROCESSING_UPLOAD", *[status] * 40):
            stub.add_response("list_read_sets", {"readSets": [_read_set(shown)]})
        if status == "ACTIVE":
            assert upload(account, STORE, "s") == READ_SET
        else:
            with pytest.raises(Undetermined, match="did not become ACTIVE"):
                upload(account, STORE, "s")


def _read_set(status: str) -> dict[str, Any]:
    return {
        "id": READ_SET,
        "arn": f"arn:aws:omics:us-east-1:111122223333:sequenceStore/{STORE}/readSet/{READ_SET}",
        "sequenceStoreId": STORE,
        "status": status,
        "fileType": "FASTQ",
        "creationTime": "2026-11-28T00:00:00Z",
    }
