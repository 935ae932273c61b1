"""Write docs/licences.md: the dependencies and their licences.

Read from the metadata of the installed distributions, that is of the newest supported ones. A
licence that is not known here as permissive is an error, unless NOTED says why it may be there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement

OURS = "omics-components"
EXTRAS = ("emulator", "cli")

PERMISSIVE = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "PSF-2.0",
    }
)
NOTED = {
    "certifi": "copyleft for its own file, a list of certificates, which no one here changes",
}
"""Distribution -> why a licence that is not permissive is no harm."""

SPELLINGS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",  # python-dateutil, as its classifiers say
    "MIT License": "MIT",
}
"""What older metadata says -> SPDX."""

HEADER = """\
# Licences of what an installation brings

Written by `make licences` from the metadata of the newest supported versions, those in
[constraints.txt](../constraints.txt). The library itself is under Apache-2.0. Development tools are
not listed.

| distribution | licence | comes with |
|---|---|---|
"""


class UnknownLicenceError(Exception):
    """A distribution has a licence that has not been reviewed."""


def page() -> str:
    """Write the page.

    Raises:
        UnknownLicenceError: A licence is neither permissive nor noted.
    """
    bases = closure("")
    brought: dict[str, tuple[Distribution, list[str]]] = {
        name: (found, ["always"]) for name, found in bases.items()
    }
    for extra in EXTRAS:
        for name, found in closure(extra).items():
            if name not in bases:
                brought.setdefault(name, (found, []))[1].append(f"`[{extra}]`")
    rows = [row(found, needed_by) for _, (found, needed_by) in sorted(brought.items())]
    return HEADER + "".join(rows)


def row(found: Distribution, needed_by: Iterable[str]) -> str:
    """Write one distribution's row."""
    licence = licence_of(found)
    note = NOTED.get(found.name)
    alternatives = {part.strip() for part in licence.split(" OR ")}
    if not (alternatives & PERMISSIVE or note):
        raise UnknownLicenceError(f"{found.name}: {licence!r}: see tools/licences.py")
    text = f"{licence}: {note}" if note else licence
    return f"| {canonical(found.name)} | {text} | {', '.join(needed_by)} |\n"


def licence_of(found: Distribution) -> str:
    """Return a distribution's licence as an SPDX identifier, or its own text if there is none."""
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in found.metadata.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    known = found.metadata.json
    said = known.get("license_expression") or known.get("license") or " OR ".join(classifiers)
    return SPELLINGS.get(str(said), str(said))


def closure(extra: str) -> dict[str, Distribution]:
    """Return the dependencies of this library with one extra or none, by canonical name."""
    found: dict[str, Distribution] = {}
    seen: set[str] = set()
    waiting = [Requirement(f"{OURS}[{extra}]" if extra else OURS)]
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        installed = distribution(wanted.name)
        found[canonical(wanted.name)] = installed
        waiting += needs(installed, wanted.extras)
    del found[OURS]
    return found


def needs(installed: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    """List what a distribution requires here, with these extras."""
    environments = [{"extra": extra} for extra in (*extras, "")]
    for text in installed.requires or ():
        wanted = Requirement(text)
        if wanted.marker is None or any(map(wanted.marker.evaluate, environments)):
            yield wanted


def canonical(name: str) -> str:
    """Return a distribution's canonical name."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.stdout.write(page())
