"""``python -m omics_components.cli`` is ``omics-components``."""

from omics_components.cli import main

main()
