"""docs/architecture.md: the files that it names are there, and its table has every hidden key."""

import re

from omics_components.engine import hidden_keys
from tests.docs.pages import PROJECT

PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = PROJECT / "omics_components"


def test_each_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"[\w./<>]+\.py\b", PAGE))
    kinds = [path.name for path in (PACKAGE / "kinds").iterdir() if path.is_dir()]
    candidates = {
        name: [PACKAGE / name.replace("<kind>", kind) for kind in kinds] for name in named
    }
    whole = {name for name in named if "/" in name and not name.startswith("tests/")}

    assert whole
    assert not [name for name in whole if not any(path.exists() for path in candidates[name])]


def test_the_table_has_every_hidden_key() -> None:
    keys = {
        value
        for name, value in vars(hidden_keys).items()
        if name.endswith("_KEY") and str(value).startswith("__")
    }
    shown = set(re.findall(r"^\| `(__\w+)` \|", PAGE, re.MULTILINE))

    assert shown == keys
