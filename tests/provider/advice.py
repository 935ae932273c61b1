"""What a user does when an error names ``omics-components owner release`` or ``take``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from omics_components.emulator import EmulatorServer
from omics_components.kinds.s3_access_policy.model import split_owner, with_owner
from omics_components.schema.owner_tag import OWNER_TAG, OwnerTag
from omics_components.schema.policy import policy_text

REGION = "us-east-1"


def follow(error: str, server: EmulatorServer) -> bool:
    """Release what an error names for that; return whether it names something."""
    found = re.search(r"omics-components owner release (\S+)", error)
    if found is None:
        return False
    release(found[1], server)
    return True


def release(id_: str, server: EmulatorServer) -> None:
    """Mark a resource as unfinished, as the command does."""
    _rewrite(id_, server, lambda text: str(_parsed(text).unfinished))


def take(id_: str, recorded: str, server: EmulatorServer) -> None:
    """Write the owner tag that a state records, as the command does."""
    edit(id_, recorded, server)


def edit(id_: str, text: str, server: EmulatorServer) -> None:
    """Write any owner tag; "" removes it."""
    _rewrite(id_, server, lambda _: text)


def _rewrite(id_: str, server: EmulatorServer, change: Callable[[str], str]) -> None:
    def client(service: str) -> Any:
        config = Config(inject_host_prefix=False, s3={"addressing_style": "path"})
        make: Any = boto3.client
        return make(service, endpoint_url=server.url, region_name=REGION, config=config)

    if ":accesspoint/" in id_:
        omics = client("omics")
        text = omics.get_s3_access_policy(s3AccessPointArn=id_)["s3AccessPolicy"]
        policy, owner = split_owner(json.loads(text))
        changed = OwnerTag.parse(change(str(owner or "")))  # None without one
        omics.put_s3_access_policy(
            s3AccessPointArn=id_, s3AccessPolicy=policy_text(with_owner(policy, changed))
        )
    elif ":omics:" in id_:
        omics = client("omics")
        tags = omics.list_tags_for_resource(resourceArn=id_)["tags"]
        if text := change(tags.get(OWNER_TAG, "")):
            omics.tag_resource(resourceArn=id_, tags={OWNER_TAG: text})
        else:
            omics.untag_resource(resourceArn=id_, tagKeys=[OWNER_TAG])
    elif ":kms:" in id_:
        kms = client("kms")
        pairs = kms.list_resource_tags(KeyId=id_)["Tags"]
        tags = {pair["TagKey"]: pair["TagValue"] for pair in pairs}
        if text := change(tags.get(OWNER_TAG, "")):
            kms.tag_resource(KeyId=id_, Tags=[{"TagKey": OWNER_TAG, "TagValue": text}])
        else:
            kms.untag_resource(KeyId=id_, TagKeys=[OWNER_TAG])
    else:
        s3 = client("s3")
        tags = {p["Key"]: p["Value"] for p in s3.get_bucket_tagging(Bucket=id_)["TagSet"]}
        text = change(tags.pop(OWNER_TAG, ""))
        tag_set = [
            {"Key": key, "Value": value}
            for key, value in {**tags, **({OWNER_TAG: text} if text else {})}.items()
        ]
        s3.put_bucket_tagging(Bucket=id_, Tagging={"TagSet": tag_set})


def _parsed(text: str) -> OwnerTag:
    owner = OwnerTag.parse(text)
    assert owner is not None
    return owner
