"""``report``: the risks of a preview, as Markdown for a pull request.

``preview`` parses the CLI's output, ``properties`` compares, ``assessment`` finds the risks that
``rules`` lists, ``not_judged`` lists the changes of other providers, ``redaction`` removes the
values of secret inputs, ``markdown`` writes. Only ``stakes`` calls AWS, on request. Only
``command`` imports click.
"""
