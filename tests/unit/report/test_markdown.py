"""The report as Markdown: recorded ones, and what no word of a preview can do to it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from omics_components.cli.report.assessment import find_risks
from omics_components.cli.report.escaping import code, fenced, shortened_pair
from omics_components.cli.report.markdown import COMMENT_LIMIT_BYTES, write_report
from omics_components.cli.report.preview import Preview, read_preview
from tests.unit.report.making import (
    ACCESS,
    ACCESS_POINT_ARN,
    LAB,
    PARTNER,
    STORE,
    UNKNOWN,
    Step,
    allow,
    create,
    delete,
    deny,
    policy,
    preview,
    printed,
    update,
)
from tests.unit.report.recordings import recorded_previews, report_on

if TYPE_CHECKING:
    from markdown_it.token import Token

NASTY = "a|b `c` ``d`` \\| <img src=x> <!-- @octocat #1 https://example.org [x](y) **b**\r\n| - |"


def report(*steps: Step) -> str:
    found = preview(*steps)
    return write_report(found, find_risks(found))


def tokens(markdown: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        yield token
        yield from token.children or ()


def rows(markdown: str) -> list[list[str]]:
    """The tables' rows as a reader sees them; code without its ticks."""
    found: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "tr_open":
            found.append([])
        if token.type == "inline" and found and token.level > 3:
            found[-1].append("".join(child.content for child in token.children or ()))
    return found


def row_of(markdown: str, *begin: str) -> list[str]:
    [found] = [row for row in rows(markdown) if row[: len(begin)] == list(begin)]
    return found[len(begin) :]


@pytest.mark.parametrize("path", recorded_previews(), ids=lambda path: path.name)
def test_the_report_on_a_recording(path: Path) -> None:
    written = path.with_name(f"{path.name}.md").read_text()

    # Rewritten by: python -m tests.unit.report.record --reports
    assert report_on(path) == written


def test_nothing_hidden_is_in_a_report() -> None:
    for path in recorded_previews():
        written = report_on(path)
        assert not re.search(
            r"__(provider|identity|owner|import)|gASV|hush|file://backend", written
        )
        assert UNKNOWN not in written


def test_old_and_new_values_stand_side_by_side() -> None:
    before = {"description": "one", "tags": {"team": "lab", "old": "x"}}
    after = {"description": "two", "tags": {"team": "core", "new": ""}, "forceDestroy": True}

    written = report(update(STORE, before, after))

    assert row_of(written, "update it") == ["description", "one → two"]
    assert row_of(written, "", "forceDestroy") == ["false → true"]
    assert row_of(written, "", "tags.team") == ["lab → core"]
    assert row_of(written, "", "tags.old") == ["x → —"]
    assert row_of(written, "", "tags.new") == ['— → ""']


def test_lists_show_what_comes_and_what_goes() -> None:
    before, after = {"readers": [LAB, "a", "b"]}, {"readers": ["a", "b", PARTNER]}

    written = report(update(ACCESS, before, after))

    assert row_of(written, "update it", "readers") == [
        f"removed {LAB}; added {PARTNER}; 2 unchanged"
    ]


def test_unknown_values_and_secrets_are_called_so() -> None:
    before = {"description": "known", "tags": {"token": "old"}}
    after = {"description": UNKNOWN, "tags": {"token": "[secret]"}}

    written = report(update(STORE, before, after))

    assert row_of(written, "update it", "description") == ["known → unknown until the update"]
    assert row_of(written, "", "tags.token") == ["[secret] → secret"]


def test_what_forces_a_replacement_is_marked() -> None:
    step = update(STORE, {}, {"eTagAlgorithmFamily": "SHA256up", "description": "new"})
    replacement = {**step, "op": "replace", "replaceReasons": ["eTagAlgorithmFamily"]}

    written = report(replacement)

    assert row_of(written, "", "eTagAlgorithmFamily replaces") == ["MD5up → SHA256up"]
    assert row_of(written, "replace it", "description") == ["— → new"]


def test_policies_change_statement_by_statement() -> None:
    old = policy(allow({"AWS": [LAB]}), deny())
    new = policy(
        allow({"AWS": [LAB, PARTNER]}, Condition={"StringLike": {"s3:prefix": "a/*"}}),
        allow({"Service": "omics.amazonaws.com"}, Sid="Service"),
    )

    written = report(update(ACCESS, {"policy": json.dumps(old)}, {"policy": new}))

    cell = "policy of 2 statements → policy of 2 statements"
    assert row_of(written, "update it", "policy") == [cell]
    assert row_of(written, "it", "Allow Read, who") == ["—", PARTNER]
    assert row_of(written, "", "Allow Read, if") == ["—", "s3:prefix stringlike a/*"]
    whole = f"who omics.amazonaws.com does s3:GetObject on {ACCESS_POINT_ARN}/object/*"
    assert row_of(written, "", "Allow Service") == ["—", whole]
    refused = "who * does s3:* on * if aws:securetransport bool false"
    assert row_of(written, "", "Deny Tls") == [refused, "—"]
    assert "Allow Read, does" not in str(rows(written))


def test_resources_of_other_providers_are_shown_alike() -> None:
    written = report(
        update("aws:sqs/queue:Queue", {"delaySeconds": 1, "__defaults": []}, {"delaySeconds": 2}),
        create("random:index/randomId:RandomId", name="id", byteLength=8),
    )

    assert row_of(written, "update it") == ["delaySeconds", "1 → 2"]
    assert row_of(written, "create id") == ["RandomId", "— → new"]
    assert row_of(written, "id") == ["byteLength", "8"]


def test_a_failed_preview_says_so_first() -> None:
    diagnostics = [{"severity": "error", "message": "error: it is `late`, @you\n", "urn": ""}]

    found = read_preview(printed(delete(STORE), diagnostics=diagnostics))
    written = write_report(found, find_risks(found))

    assert "❌ **The preview failed**" in written
    assert "1 to delete" in written
    said = [token.content for token in tokens(written) if token.type == "code_inline"]
    assert "error: it is `late`, @you" in said


def test_an_empty_preview_can_be_reported() -> None:
    written = report()

    assert "an empty stack" in written
    assert "No risk found in this library's resources**: no changes." in written


def seen(text: str) -> str:
    """What a reader sees of a short text."""
    invisible = {"C", "Z"}
    return "".join(
        letter if unicodedata.category(letter)[0] not in invisible else "" for letter in text
    ).replace(" ", "")


TEXTS = st.text(max_size=60) | st.text("`|\\ \n<>*_@a", max_size=20)


@given(TEXTS)
@example(NASTY)
@example("`")
@example(" ` ")
@example("\\|")
@example("   ")
def test_a_word_in_a_table_is_one_code_span_that_reads_as_it(text: str) -> None:
    markdown = f"| a | b |\n|---|---|\n| {code(text)} | end |\n"

    [inline] = [token for token in tokens(markdown) if token.type == "code_inline"]

    assert rows(markdown)[1][1] == "end"
    shown = re.sub(r"\\u\{[0-9a-f]+\}", "", inline.content).replace("⏎", "")
    if text:
        assert seen(shown) == seen(re.sub(r"\\u\{[0-9a-f]+\}", "", text).replace("⏎", ""))
    else:
        assert shown == '""'


@given(st.text(max_size=200) | st.text("`~\n a", max_size=40))
@example("```\n# heading\n```")
def test_a_message_stays_in_its_fence(text: str) -> None:
    found = list(tokens(f"{fenced(text)}\n\nafter\n"))

    outer = [token.type for token in found if token.level == 0]
    assert outer[0] == "fence"
    assert "after" in [token.content for token in found if token.type == "inline"]
    assert [t for t in outer[1:] if not t.startswith("paragraph")] in ([], ["text"])


@given(name=TEXTS.filter(lambda text: "::" not in text), key=TEXTS, value=TEXTS, other=TEXTS)
@example(name=NASTY, key=NASTY, value=NASTY, other="")
def test_no_word_of_a_preview_breaks_the_report(
    name: str, key: str, value: str, other: str
) -> None:
    before = {"tags": {key: value, "k": "v"}, "description": value}
    after = {"tags": {"k": other}, "description": other, "forceDestroy": True}
    changed = {**update(STORE, before, after)}
    changed["urn"] = f"urn:pulumi:dev::lab::{STORE}::{name}"

    written = report(changed, create(STORE, name=name, description=value))

    kinds = {token.type for token in tokens(written)}
    assert not kinds & {"html_inline", "link_open", "image", "strikethrough"}
    html = [token.content for token in tokens(written) if token.type == "html_block"]
    assert [line[:9] for line in html] == ["<!-- omic", "<details>", "</details"]
    widths = {len(row) for row in rows(written)}
    assert widths == {3, 4}


@settings(max_examples=25)
@given(
    count=st.integers(0, 200),
    value=st.text(max_size=300),
    limit=st.integers(3_000, COMMENT_LIMIT_BYTES),
)
@example(count=1_000, value="ä" * 300, limit=COMMENT_LIMIT_BYTES)
def test_a_report_is_never_too_long(count: int, value: str, limit: int) -> None:
    steps = [
        update(STORE, {"description": f"{number}"}, {"description": value, "forceDestroy": True})
        for number in range(count)
    ]
    for number, step in enumerate(steps):
        step["urn"] += str(number)
    found: Preview = preview(*steps, create(STORE, name="new", description=value))
    risks = find_risks(found)

    written = write_report(found, risks, limit)

    assert len(written.encode()) <= limit
    shown = sum(row[0].endswith("\xa0high") for row in rows(written) if len(row) == 4)
    counted = re.search(r"\*(\d+) (?:more )?risks left out", written)
    assert shown + int(counted[1] if counted else 0) == len(risks)


def test_the_order_of_steps_does_not_matter() -> None:
    steps = [
        create(STORE, name="b", sseConfig=None),
        create(STORE, name="a", sseConfig=None),
        update(ACCESS, {}, {"readers": [PARTNER]}),
        delete(STORE),
    ]

    assert report(*steps) == report(*reversed(steps))


def test_risks_come_before_everything_else() -> None:
    steps = [update(STORE, {"description": "a"}, {"forceDestroy": True}) for _ in range(100)]
    for number, step in enumerate(steps):
        step["urn"] += str(number)

    found = preview(*steps)
    written = write_report(found, find_risks(found), 16_000)

    assert sum(row[0].endswith("\xa0high") for row in rows(written)) == 100
    assert re.search(r"\*\d+ (more )?rows left out", written)


def test_long_values_still_differ() -> None:
    begin = "x" * 300
    one, other = shortened_pair(f"{begin}a{begin}", f"{begin}b{begin}")

    assert one != other
    assert len(one) < 200
