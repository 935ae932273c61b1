"""The registry of assumptions: complete, named by the code, and usable in every way to set it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from omics_components.emulator import Emulator, Settings
from omics_components.emulator.__main__ import parser
from omics_components.emulator.assumptions import assumptions, parse_assumed

PACKAGE = Path(__file__).resolve().parents[2] / "omics_components"
REGISTRY = {"assumptions.py", "assumed_rules.py", "assumed_services.py"}
WORD = re.compile(r"\b(assumed|inferred)\b", re.IGNORECASE)
MARKER = re.compile(r"assumed: ([a-z0-9-]+(?:, [a-z0-9-]+)*)")
NOT_ABOUT_AWS = re.compile(
    r"assumed-role|assumed roles|_assumed\b|assumed_(?:rules|services)|Literal\[[^]]*\"assumed\""
)


def texts() -> Iterator[tuple[str, str]]:
    """Yield each module without its line breaks and comment signs, and without other senses."""
    for path in sorted(PACKAGE.rglob("*.py")):
        is_about_previews = (PACKAGE / "cli" / "report") in path.parents  # of hidden values there
        if path.name not in REGISTRY and not is_about_previews:
            text = re.sub(r"\s+#?\s*", " ", path.read_text())
            yield str(path.relative_to(PACKAGE)), NOT_ABOUT_AWS.sub("", text)


def names_in(text: str) -> list[str]:
    return [name for match in MARKER.finditer(text) for name in match[1].split(", ")]


def test_whatever_is_assumed_names_its_entry() -> None:
    unnamed = [
        f"{path}: …{text[max(0, word.start() - 60) : word.end() + 40]}…"
        for path, text in texts()
        for word in WORD.finditer(text)
        if not MARKER.match(text, word.start())
    ]
    unknown = [
        f"{path}: {name}"
        for path, text in texts()
        for name in names_in(text)
        if name not in assumptions()
    ]

    assert unnamed == []
    assert unknown == []


def test_each_entry_is_named_by_the_code_that_relies_on_it() -> None:
    named = {name for _, text in texts() for name in names_in(text)}

    assert sorted(assumptions().keys() - named) == []


@pytest.mark.parametrize("name", assumptions())
def test_an_entry_is_whole(name: str) -> None:
    one = assumptions()[name]
    ids = [alternative.id for alternative in one.alternatives]

    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name)
    assert one.alternatives
    assert len(ids) == len(set(ids))
    assert one.depends
    for text in (one.statement, one.try_on_aws, *(other.statement for other in one.alternatives)):
        assert text.endswith((".", '."'))
    for alternative in one.alternatives:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", alternative.id)
        assert alternative.acted_out == (alternative.reason is None)
        assert alternative.seconds is None or alternative.seconds > 0


def test_ids_are_unique() -> None:
    from omics_components.emulator.assumed_rules import RULES  # noqa: PLC0415 only counted here
    from omics_components.emulator.assumed_services import SERVICES  # noqa: PLC0415 also

    assert len(assumptions()) == len(RULES) + len(SERVICES)


@pytest.mark.parametrize(
    ("assume", "text"),
    [
        ({"name-filer": "prefix"}, "there is no assumption 'name-filer'; did you mean name-filter"),
        ({"x": "y"}, "there is no assumption 'x'; docs/assumptions.md lists them"),
        (
            {"name-filter": "suffix"},
            "name-filter has no alternative 'suffix'; .*: prefix, contains",
        ),
        ({"policy-replaced": "merged"}, "cannot act out policy-replaced=merged: no source says"),
        ({"name-filter": 1}, "assume of the settings cannot be"),
    ],
)
def test_what_cannot_be_assumed_is_one_clear_error(assume: dict[str, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Settings(assume=assume)


def test_alternatives_are_set_and_replaced_as_a_whole() -> None:
    emulator = Emulator(assume={"name-filter": "prefix", "list-page-size": "ten"})
    assert emulator.settings.assumes("name-filter") == "prefix"

    emulator.configure(assume={"list-order": "newest-first"})

    assert emulator.settings.assumes("name-filter") is None
    assert emulator.settings.assumes("list-order") == "newest-first"


def test_a_duration_in_the_settings_counts_if_it_is_longer() -> None:
    settings = Settings(assume={"creating-time": "half-a-minute"})

    assert settings.seconds("creating-time", 5) == 30
    assert settings.seconds("creating-time", 60) == 60
    assert settings.seconds("deleting-time", 5) == 5


def test_an_option_names_one_alternative() -> None:
    arguments = ["--assume", "name-filter=prefix", "--assume", "list-page-size=ten"]

    chosen = parser().parse_args(arguments).assume

    assert dict(map(parse_assumed, chosen)) == {"name-filter": "prefix", "list-page-size": "ten"}


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("name-filter", "'name-filter' is not of the form ID=ALTERNATIVE"),
        ("x=y", "there is no assumption 'x'; docs/assumptions.md lists them"),
    ],
)
def test_a_wrong_option_is_one_line(option: str, text: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "omics_components.emulator", "--assume", option],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"cannot start the emulator: {text}\n"


@pytest.mark.parametrize("omics_assume", [{"name-filter": "prefix"}])
def test_the_fixture_takes_them(omics_emulator: Emulator, omics_assume: dict[str, str]) -> None:
    assert dict(omics_emulator.settings.assume) == omics_assume
