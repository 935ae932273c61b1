"""What the user reads when something goes wrong: one clean sentence, and nothing done by halves."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from omics_components.emulator import Emulator
from tests.provider.conftest import Account, StartPlugin, created
from tests.provider.plugin import InitFailed, Plugin, PluginError, Resource

if TYPE_CHECKING:
    from mypy_boto3_omics import OmicsClient

NO_RETRIES = {"aws:maxRetries": "0"}
REFUSALS = {
    "AccessDeniedException": "missing permission",
    "ThrottlingException": "Run the update again",
    "ServiceQuotaExceededException": "Service Quotas",
    "InternalServerException": "Run the update again.",
    "RequestTimeoutException": "Run the update again.",
    "ValidationException": "Injected by a fault rule",
    "ExpiredTokenException": "Check the credentials",
    "UnrecognizedClientException": "Check the credentials",
    "SomethingNewException": "Injected by a fault rule",
}


@pytest.fixture
def plugin(emulator: Emulator, start_plugin: StartPlugin) -> Plugin:  # noqa: ARG001 it must be empty
    """A plugin that does not retry, so that no test waits."""
    return start_plugin(NO_RETRIES)


@pytest.fixture
def store(plugin: Plugin, emulator: Emulator) -> Resource:
    store = created(plugin, {"tags": {"team": "genomics"}})
    emulator.calls.clear()
    return store


def _changed(plugin: Plugin, store: Resource, **inputs: Any) -> Resource:
    return plugin.update(store, plugin.check({"name": "reads", **inputs}, store.inputs).inputs)


def _is_one_clean_sentence(text: str) -> bool:
    return "\n" not in text and "Traceback" not in text and text.endswith(".") and ".." not in text


@pytest.mark.parametrize(("code", "advice"), REFUSALS.items(), ids=REFUSALS.keys())
def test_a_refused_creation_says_what_where_and_what_next(
    plugin: Plugin, emulator: Emulator, code: str, advice: str
) -> None:
    emulator.faults.add({"operation": "CreateSequenceStore", "code": code})

    with pytest.raises(PluginError) as failure:
        created(plugin, {})

    text = str(failure.value)
    assert text.startswith(f"creating sequence store (reads): {code}: Injected by a fault rule")
    assert advice in text
    assert _is_one_clean_sentence(text)


@pytest.mark.parametrize(
    ("operation", "verb"),
    [
        ("GetSequenceStore", "reading"),
        ("ListTagsForResource", "reading"),
        ("UpdateSequenceStore", "updating"),
        ("TagResource", "updating"),
        ("UntagResource", "updating"),
        ("DeleteSequenceStore", "deleting"),
    ],
)
def test_a_refusal_names_the_store_and_keeps_it(
    plugin: Plugin, emulator: Emulator, store: Resource, operation: str, verb: str
) -> None:
    emulator.faults.add({"operation": operation, "code": "AccessDeniedException", "times": 1})
    steps: dict[str, Callable[[], object]] = {
        "reading": lambda: plugin.read(store),
        "updating": lambda: _changed(plugin, store, description="New", tags={"new": "1"}),
        "deleting": lambda: plugin.delete(store),
    }

    with pytest.raises(PluginError) as failure:
        steps[verb]()

    text = str(failure.value)
    assert text.startswith(f"{verb} sequence store (")
    assert store.id in text
    assert _is_one_clean_sentence(text)
    assert plugin.read(store).id == store.id


def test_an_error_shows_the_request_id_and_aws_own_words(
    plugin: Plugin, emulator: Emulator
) -> None:
    emulator.faults.add({"operation": "CreateSequenceStore", "code": "ValidationException"})

    with pytest.raises(PluginError, match=r"rule \[request [0-9a-f-]{36}\]\."):
        created(plugin, {})


@pytest.mark.parametrize("body", ["", "{}", "<html>Log in</html>"], ids=["empty", "{}", "html"])
def test_an_answer_that_is_none_is_no_store(plugin: Plugin, emulator: Emulator, body: str) -> None:
    emulator.faults.add({"operation": "CreateSequenceStore", "action": "body", "body": body})

    with pytest.raises(PluginError) as failure:
        created(plugin, {})

    assert _is_one_clean_sentence(str(failure.value))


@pytest.mark.parametrize("body", ["", "{}"], ids=["empty", "{}"])
def test_an_answer_that_is_none_says_nothing_of_a_store(
    plugin: Plugin, emulator: Emulator, store: Resource, body: str
) -> None:
    emulator.faults.add({"operation": "GetSequenceStore", "action": "body", "body": body})

    with pytest.raises(PluginError, match=r"returned (no 'arn'|an empty body)"):
        plugin.read(store)


def test_a_404_of_a_proxy_does_not_mean_that_the_store_is_gone(
    plugin: Plugin, emulator: Emulator, store: Resource
) -> None:
    emulator.faults.add(
        {"operation": "GetSequenceStore", "action": "body", "status": 404, "body": "not here"}
    )

    with pytest.raises(PluginError) as failure:
        plugin.read(store)

    assert _is_one_clean_sentence(str(failure.value))


def test_a_dropped_connection_is_reported_in_one_sentence(
    plugin: Plugin, emulator: Emulator, store: Resource
) -> None:
    emulator.faults.add({"operation": "GetSequenceStore", "action": "drop"})

    with pytest.raises(PluginError, match="Check the network") as failure:
        plugin.read(store)

    assert _is_one_clean_sentence(str(failure.value))


def test_a_store_with_read_sets_is_not_deleted_and_they_are_counted(
    plugin: Plugin, emulator: Emulator, store: Resource
) -> None:
    statuses = ["ACTIVE", "ACTIVE", "ARCHIVED"]
    emulator.put_read_sets(store.store_id, items=[{"status": status} for status in statuses])

    with pytest.raises(PluginError) as failure:
        plugin.delete(store)

    text = str(failure.value)
    assert "it holds 3 read sets (2 ACTIVE, 1 ARCHIVED)" in text
    assert "retain_on_delete" in text
    assert _is_one_clean_sentence(text)
    assert plugin.read(store).id == store.id


def test_read_sets_are_counted_over_all_pages(
    plugin: Plugin, emulator: Emulator, store: Resource
) -> None:
    emulator.put_read_sets(store.store_id, count=101)

    with pytest.raises(PluginError, match=r"it holds 101 read sets \(101 ACTIVE\)"):
        plugin.delete(store)


def test_a_creation_that_failed_is_deleted_again_and_explained(
    plugin: Plugin, emulator: Emulator, omics: "OmicsClient"
) -> None:
    emulator.plan_status([("CREATING", 0.0), ("FAILED", "The KMS key is disabled")])

    with pytest.raises(PluginError) as failure:
        created(plugin, {})

    text = str(failure.value)
    assert "FAILED: The KMS key is disabled" in text
    assert "It was deleted again" in text
    assert _is_one_clean_sentence(text)
    assert omics.list_sequence_stores()["sequenceStores"] == []


def test_a_creation_that_failed_is_explained_also_if_it_cannot_be_deleted(
    plugin: Plugin, emulator: Emulator
) -> None:
    emulator.plan_status([("CREATING", 0.0), ("FAILED", "The KMS key is disabled")])
    emulator.faults.add({"operation": "DeleteSequenceStore", "code": "AccessDeniedException"})

    with pytest.raises(PluginError) as failure:
        created(plugin, {})

    assert "The KMS key is disabled" in str(failure.value)


def test_a_creation_that_takes_too_long_names_the_store(plugin: Plugin, emulator: Emulator) -> None:
    emulator.plan_status([("CREATING", 3600.0), ("ACTIVE",)])

    with pytest.raises(PluginError) as failure:
        created(plugin, {"__timeouts": {"create": "0s"}})

    text = str(failure.value)
    assert "arn:aws:omics:us-east-1:123456789012:sequenceStore/" in text
    assert "it is still CREATING" in text
    assert _is_one_clean_sentence(text)


def test_unreadable_custom_timeouts_are_refused_before_any_call(
    plugin: Plugin, emulator: Emulator
) -> None:
    with pytest.raises(
        PluginError, match="custom_timeouts cannot be read: 'soon' is not a duration"
    ):
        created(plugin, {"__timeouts": {"create": "soon"}})

    assert emulator.calls.names() == []


def test_a_throttled_call_is_tried_again(start_plugin: StartPlugin, emulator: Emulator) -> None:
    plugin = start_plugin({"aws:maxRetries": "1"})
    rule = {"operation": "CreateSequenceStore", "code": "ThrottlingException", "times": 1}
    emulator.faults.add(rule)

    assert created(plugin, {}).id
    creations = [call for call in emulator.calls if call.operation == "CreateSequenceStore"]
    assert [call.status for call in creations] == [429, 200]


def test_nothing_is_tried_again_where_the_stack_says_so(plugin: Plugin, emulator: Emulator) -> None:
    emulator.faults.add({"operation": "CreateSequenceStore", "code": "ThrottlingException"})

    with pytest.raises(PluginError, match="ThrottlingException"):
        created(plugin, {})

    assert emulator.calls.names().count("omics:CreateSequenceStore") == 1


def test_what_is_made_but_not_ready_is_told_with_its_reason(
    plugin: Plugin, emulator: Emulator
) -> None:
    """The engine records the reason, and shows it again with the next update."""
    emulator.plan_status([("CREATING",)])
    checked = plugin.check({"name": "reads", "__timeouts": {"create": "1s"}})

    with pytest.raises(InitFailed) as failed:
        plugin.create(checked.inputs)

    message = str(failed.value)
    assert message.startswith("creating sequence store (reads")
    assert failed.value.reasons == [message]
    assert failed.value.outputs["status"] == "CREATING"


@pytest.fixture
def unfinished(plugin: Plugin, emulator: Emulator, account: Account) -> Resource:
    """A store that was not ACTIVE in time, as the engine records it; it is ACTIVE since."""
    checked = plugin.check({"name": "reads", "__timeouts": {"create": "1s"}})
    emulator.plan_status([("CREATING", 3600.0), ("ACTIVE",)])
    with pytest.raises(InitFailed) as failed:
        plugin.create(checked.inputs)
    account.wait(3600.0)
    return Resource(failed.value.id, failed.value.outputs, checked.inputs)


def test_what_was_not_ready_is_finished_by_an_update(plugin: Plugin, unfinished: Resource) -> None:
    inputs = unfinished.inputs or {}
    assert plugin.diff(unfinished, inputs).changes

    finished = plugin.update(unfinished, inputs)

    assert finished.outputs["status"] == "ACTIVE"
    assert not plugin.diff(finished, inputs).changes


def test_what_was_not_ready_is_no_change_after_a_refresh(
    plugin: Plugin, unfinished: Resource
) -> None:
    refreshed = plugin.read(unfinished)

    assert not plugin.diff(refreshed, unfinished.inputs or {}).changes


def test_what_was_never_ready_and_is_gone_asks_for_a_refresh(
    plugin: Plugin, unfinished: Resource, omics: "OmicsClient"
) -> None:
    plugin.update(unfinished, unfinished.inputs or {})  # it is ACTIVE now
    omics.delete_sequence_store(id=unfinished.store_id)

    with pytest.raises(PluginError) as error:
        plugin.update(unfinished, unfinished.inputs or {})

    text = str(error.value)
    assert text.startswith(f"updating sequence store (reads, {unfinished.id}): ResourceNotFound")
    assert text.endswith(". Run pulumi refresh; the next update then creates it again.")


def test_a_value_that_turns_out_bad_when_it_is_known_is_refused(
    plugin: Plugin, store: Resource, emulator: Emulator
) -> None:
    with pytest.raises(PluginError, match=r"^name: "):
        plugin.update(store, {**(store.inputs or {}), "name": ""})
    assert not emulator.calls
