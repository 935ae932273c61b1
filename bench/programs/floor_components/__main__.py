"""As many components as the other program has: a key, its bucket, and a store that needs both."""

import pulumi

from bench.floor_provider import FloorResource
from bench.programs.wanted import COUNT, DESCRIPTION, TAGS


class FloorComponent(pulumi.ComponentResource):
    """Three resources, each waiting for the one before."""

    def __init__(self, name: str) -> None:
        super().__init__("bench:index:FloorComponent", name)
        own = pulumi.ResourceOptions(parent=self)
        common = {"description": DESCRIPTION, "tags": TAGS}
        key = FloorResource(f"{name}-key", common, own)
        bucket = FloorResource(f"{name}-fallback", {**common, "key": key.id}, own)
        FloorResource(f"{name}-store", {**common, "key": key.id, "bucket": bucket.id}, own)
        self.register_outputs({})


for number in range(COUNT):
    FloorComponent(f"reads-{number:03}")
