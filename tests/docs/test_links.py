"""Every link within the repository leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PROJECT, pages, without_blocks

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def anchors_of(page: Path) -> set[str]:
    """List the anchors that GitHub gives to the headings of a page."""
    headings = HEADING.findall(without_blocks(page.read_text()))
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: str(page.relative_to(PROJECT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(without_blocks(page.read_text())):
        place, _, anchor = link.partition("#")
        if re.match("https?://", place):
            continue
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link
