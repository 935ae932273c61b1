"""One store for each entry of a YAML file that people edit in pull requests."""

from pathlib import Path

import pulumi
from catalogue import load

from omics_components import EncryptedSequenceStore, EncryptedSequenceStoreArgs, SequenceStore

file = Path(__file__).parent / (pulumi.Config().get("file") or "stores.yaml")
arns: dict[str, pulumi.Output[str]] = {}

for entry in load(file):
    if entry.own_key:
        args: EncryptedSequenceStoreArgs = {
            "description": entry.description,
            "tags": entry.tags,
            # Empty, too: a policy for the owner alone. To leave readers out later would delete the
            # policy, and with it everyone's access, the owner's included.
            "readers": entry.readers,
            "key_users": entry.readers,  # they decrypt, and may be of another account
        }
        arns[entry.name] = EncryptedSequenceStore(entry.name, args).arn
    else:
        store = SequenceStore(entry.name, description=entry.description, tags=entry.tags)
        arns[entry.name] = store.arn

pulumi.export("arns", arns)
