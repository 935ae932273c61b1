"""Encrypted stores with their keys and buckets, as a program declares them."""

from bench.programs.wanted import COUNT, DESCRIPTION, TAGS
from omics_components import EncryptedSequenceStore

for number in range(COUNT):
    EncryptedSequenceStore(f"reads-{number:03}", {"description": DESCRIPTION, "tags": TAGS})
