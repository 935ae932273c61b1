"""Sequence stores of this library, as a program declares them."""

from bench.programs.wanted import COUNT, DESCRIPTION, TAGS
from omics_components import SequenceStore

for number in range(COUNT):
    SequenceStore(f"store-{number:03}", description=DESCRIPTION, tags=TAGS)
