"""How tests put read sets and references into stores: there is no upload and no import."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from omics_components.emulator.records import ReadSet, Reference
from omics_components.emulator.service_model import output_shape
from omics_components.emulator.validation import violations
from omics_components.emulator.world import Context

Content = TypeVar("Content", bound=ReadSet | Reference)


@dataclass(frozen=True)
class Contents(Generic[Content]):
    """What a store holds.

    Args:
        noun: What one of them is called, for error texts.
        operation: The operation that describes one of them.
        store_member: Member of its answer that names the store.
        held: The store's, by id.
        make: Makes one with an id of what a test gives.
        describe: Describes one, as the operation answers it.
    """

    noun: str
    operation: str
    store_member: str
    held: dict[str, Content]
    make: Callable[[str, Mapping[str, Any]], Content]
    describe: Callable[[Content], dict[str, Any]]


def put(
    context: Context, contents: Contents[Content], items: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Put all *items* into a store, or none, and return them as they are described.

    Args:
        context: Account and region of the store.
        contents: What the store holds.
        items: Members of the describing operation's answer, and ``tags``; the rest is filled in.

    Raises:
        ValueError: One would violate the model, or has the id of another.
    """
    shape = output_shape(contents.operation)
    tags_shape = output_shape("ListTagsForResource")
    settable = {*shape.members, "tags"} - {"arn", contents.store_member}
    taken = dict(contents.held)
    made: list[Content] = []
    for item in items:
        if unknown := sorted(item.keys() - settable):
            raise ValueError(f"a {contents.noun} has no {', '.join(unknown)} that could be set")
        content_id = str(item.get("id") or context.world.new_id(taken))
        if content_id in taken:
            raise ValueError(f"there is a {contents.noun} {content_id} already")
        content = contents.make(content_id, item)
        problems = list(violations(contents.describe(content), shape))
        problems += violations({"tags": content.tags}, tags_shape)
        if problems:
            raise ValueError(
                f"not a {contents.noun} that HealthOmics could hold: {'; '.join(problems)}"
            )
        taken[content_id] = content
        made.append(content)
    contents.held.update(taken)
    return [contents.describe(content) for content in made]
