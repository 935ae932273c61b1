"""The tables of inputs, on the provider and straight on the service."""

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from omics_components.emulator import Emulator
from omics_components.schema.owner_tag import split_owner_tag
from tests.input_tables import BAD, EMPTY, GOOD, MISTYPED, STRICTER, ZERO_WIDTH_JOINER, Bad, Row
from tests.provider.plugin import Plugin

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

BAD_TOKENS = {
    "empty": "",
    "128 characters": "t" * 128,
    "line break": "a\nb",
    "zero-width joiner": f"a{ZERO_WIDTH_JOINER}b",
    "a number": 5,
}


def _id(row: Row) -> str:
    return row.id


@pytest.mark.parametrize("row", [*BAD, *MISTYPED, *STRICTER], ids=_id)
def test_check_refuses_a_bad_value_with_its_place_and_what_would_be_right(
    plugin: Plugin, emulator: Emulator, row: Bad
) -> None:
    checked = plugin.check(row.program, {"name": "reads", **row.old} if row.old else None)

    assert list(checked.failures) == [row.path]
    assert [words for words in row.says if words not in checked.failures[row.path]] == []
    assert emulator.calls.names() == []


@pytest.mark.parametrize("row", BAD, ids=_id)
def test_the_service_refuses_the_same_value(
    omics: "OmicsClient",
    emulator: Emulator,  # noqa: ARG001 it must be empty
    row: Bad,
) -> None:
    with pytest.raises(ClientError) as refusal:
        omics.create_sequence_store(**row.request)

    assert refusal.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "row", [row for row in STRICTER if not row.id.startswith("description: emptied")], ids=_id
)
def test_the_service_would_accept_what_is_refused_by_choice(
    omics: "OmicsClient",
    emulator: Emulator,  # noqa: ARG001 it must be empty
    row: Bad,
) -> None:
    assert omics.create_sequence_store(**row.request)["id"], row.why


@pytest.mark.parametrize("row", EMPTY, ids=_id)
def test_an_empty_value_counts_as_absent(
    plugin: Plugin, omics: "OmicsClient", emulator: Emulator, row: Row
) -> None:
    checked = plugin.check(row.program)
    plugin.create(checked.inputs)

    assert checked.failures == {}
    assert row.inputs.keys().isdisjoint(checked.inputs)
    [creation] = [call for call in emulator.calls if call.operation == "CreateSequenceStore"]
    visible, _ = split_owner_tag(creation.parameters["tags"])
    assert row.inputs.keys().isdisjoint(creation.parameters.keys() - {"tags"})
    assert visible == {}
    with pytest.raises(ClientError, match="ValidationException"):
        omics.create_sequence_store(**row.request)


@pytest.mark.parametrize("row", GOOD, ids=_id)
def test_a_value_at_the_limit_is_accepted_by_check_and_by_the_service(
    plugin: Plugin,
    omics: "OmicsClient",
    emulator: Emulator,  # noqa: ARG001 it must be empty
    row: Row,
) -> None:
    checked = plugin.check(row.program)

    assert checked.failures == {}
    assert plugin.create(checked.inputs).id
    assert omics.create_sequence_store(**row.request)["id"]


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_the_service_refuses_a_bad_client_token(
    omics: "OmicsClient",
    emulator: Emulator,  # noqa: ARG001 it must be empty
    token: str,
) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        omics.create_sequence_store(name="reads", clientToken=token)


def test_each_creation_sends_a_client_token_of_its_own(plugin: Plugin, emulator: Emulator) -> None:
    checked = plugin.check({"name": "reads"})
    first, second = plugin.create(checked.inputs), plugin.create(checked.inputs)

    tokens = [
        call.parameters["clientToken"]
        for call in emulator.calls
        if call.operation == "CreateSequenceStore"
    ]
    assert first.id != second.id
    assert len(set(tokens)) == 2
    assert all(1 <= len(token) <= 127 and token.isprintable() for token in tokens)


def test_every_input_of_the_service_has_a_bad_row() -> None:
    from_table = {name for row in BAD for name in row.request if row.path.startswith(name)}
    from_table |= {"s3AccessConfig" for row in BAD if row.path == "accessLogLocation"}
    from_table |= {"name" for row in BAD if row.path == "name"}

    assert from_table | {"clientToken"} == {
        "name",
        "description",
        "sseConfig",
        "tags",
        "clientToken",
        "fallbackLocation",
        "eTagAlgorithmFamily",
        "propagatedSetLevelTags",
        "s3AccessConfig",
    }
