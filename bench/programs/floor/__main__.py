"""As many resources as the other programs have, whose methods return at once."""

from bench.floor_provider import FloorResource
from bench.programs.wanted import COUNT, DESCRIPTION, TAGS

for number in range(COUNT):
    name = f"store-{number:03}"
    FloorResource(name, {"name": name, "description": DESCRIPTION, "tags": TAGS})
