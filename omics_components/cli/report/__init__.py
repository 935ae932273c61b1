"""``report``: what a preview means for the genomes, as Markdown for a pull request.

``preview`` reads what the CLI printed, ``properties`` compares, ``judging`` finds the risks that
``rules`` lists, ``markdown`` writes; ``stakes`` alone asks AWS, if it is told to. None of them
knows click but ``command``.
"""
