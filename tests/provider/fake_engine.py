"""A small model of Pulumi's engine: the calls that a plugin process gets, and what state remains.

The order of calls and what is saved when are those of a real engine (CLI 3.276; ``deletes_twice``:
3.255), as it was seen to run and as its source tells. Left out: parallel steps, parents, aliases,
protection, targets, reads.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.provider.plugin import (
    UNKNOWN,
    Checked,
    InitFailed,
    Plugin,
    PluginDied,
    PluginError,
    Properties,
    Resource,
)

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider


ENGINE_KILLED = "engine killed"
"""How a command ends that a listener ends."""

_PROVIDER = "__provider"


@dataclass(frozen=True)
class Ref:
    """What an input takes from another resource of the program.

    Args:
        name: The resource.
        text: Where the value stands inside of a longer text.
        output: An output; None is the id.
    """

    name: str
    text: str = "{}"
    output: str | None = None


@dataclass(frozen=True)
class Declared:
    """A resource as a program declares it.

    Args:
        provider: Its kind.
        inputs: Its inputs, in wire names; ``Ref`` at any depth.
        delete_before_replace: The resource option.
    """

    provider: type[ResourceProvider]
    inputs: Mapping[str, Any]
    delete_before_replace: bool = False


Program = Mapping[str, Declared]
"""Resources by name, each after those that it refers to."""


@dataclass(eq=False)
class Record:
    """A resource as the state holds it.

    Args:
        name: Its name.
        provider: Its kind.
        id: Its id; "" while a preview does not know it.
        inputs: Checked inputs.
        outputs: Outputs.
        sources: For each property the resources that it comes from.
        delete: Its replacement is there; only its deletion is left to do.
        pending_replacement: It is deleted; only its replacement is left to do.
        taint: It shall be replaced.
        init_errors: Why it was not ready.
    """

    name: str
    provider: type[ResourceProvider]
    id: str
    inputs: Properties
    outputs: Properties
    sources: Mapping[str, set[str]]
    delete: bool = False
    pending_replacement: bool = False
    taint: bool = False
    init_errors: list[str] = field(default_factory=list)

    @property
    def resource(self) -> Resource:
        """The resource as the plugin gets it."""
        return Resource(self.id, self.outputs, self.inputs)


@dataclass
class Outcome:
    """How a command ended.

    Args:
        steps: What it did, as ``("update", name)``; ``drift`` is what a refresh shows.
        error: What the user reads; None if all went well.
    """

    steps: list[tuple[str, str]] = field(default_factory=list)
    error: str | None = None

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The steps that are not ``same``."""
        return [step for step in self.steps if step[0] != "same"]


class EngineKilled(Exception):
    """A listener raises it to kill the engine; the plugin finishes what it is at, unheard."""


class _CheckFailed(Exception):
    """The inputs of a resource are wrong."""


class FakeEngine:
    """Runs programs against plugin processes, a new one for each command.

    Args:
        start: Starts a plugin process.
        listen: Hears of each call before it is sent, as ``Create`` and the resource's name, and of
            ``Save`` before the state is.
        plugin: Speaks to a process.
        deletes_twice: Whether, like CLIs before 3.274, it deletes once more what an interrupted
            replacement has deleted already.
    """

    def __init__(
        self,
        start: Callable[[], Any],
        listen: Callable[[str, str], None] = lambda _call, _name: None,
        plugin: Callable[[Any, dict[str, str], type[ResourceProvider]], Any] = Plugin,
        *,
        deletes_twice: bool = False,
    ) -> None:
        self.plugin = plugin
        self.state: list[Record] = []
        self.interrupted: str | None = None
        """The operation that was under way when the engine was killed, too. The stack stays locked
        until ``cancel``; the operation itself is only warned of, no later command resumes it.
        """
        self.start = start
        self.deletes_twice = deletes_twice
        self.listen = listen
        self.engine_dies = False
        """Whether a kill of the plugin hits the engine as well."""
        self.sdk = ""
        """Names the string that the SDK records providers as. Another version of Python or of the
        SDK may spell it differently; what is recorded keeps the old one until it is updated.
        """

    def up(
        self, program: Program, *, forced: Collection[str] = (), refresh: bool = False
    ) -> Outcome:
        """Run ``pulumi up``; *forced* are the resources of ``--replace``."""
        return self._run(program, forced=forced, refresh=refresh)

    def preview(
        self, program: Program, *, forced: Collection[str] = (), refresh: bool = False
    ) -> Outcome:
        """Run ``pulumi preview``: the same up to the first call that would change anything."""
        return self._run(program, forced=forced, refresh=refresh, is_preview=True)

    def refresh(self) -> Outcome:
        """Run ``pulumi refresh``."""
        return self._run(None, refresh=True)

    def destroy(self, targets: Collection[str] | None = None) -> Outcome:
        """Run ``pulumi destroy``; *targets* are the resources of ``--target``, None is all."""
        return self._run({}, targets=targets)

    def cancel(self) -> None:
        """Run ``pulumi cancel``."""
        self.interrupted = None

    def taint(self, name: str) -> None:
        """Run ``pulumi state taint``."""
        self.record(name).taint = True

    def record(self, name: str) -> Record:
        """Return the recorded resource that is not about to be deleted."""
        return next(item for item in self.state if item.name == name and not item.delete)

    def _run(
        self,
        program: Program | None,
        *,
        forced: Collection[str] = (),
        refresh: bool = False,
        is_preview: bool = False,
        targets: Collection[str] | None = None,
    ) -> Outcome:
        assert self.interrupted is None, "the stack is locked: run cancel"
        process = self.start()
        command = _Command(self, process, forced, is_preview=is_preview)
        try:
            if refresh:
                command.refresh()
            if program is not None:
                for name, declared in program.items():
                    command.register(name, declared)
                command.delete_the_rest(targets)
        except PluginDied as error:
            # A plugin that is killed ends the command in good order: nothing is recorded of the
            # resource under way. An engine that is killed leaves what was saved last: the same.
            command.outcome.error = f"plugin killed: {error}"
            if self.engine_dies:
                self.interrupted = command.under_way
        except EngineKilled:
            command.outcome.error = ENGINE_KILLED
            self.interrupted = command.under_way
        except (PluginError, _CheckFailed) as error:
            command.outcome.error = str(error)
        finally:
            process.close()
        return command.outcome


class _Command:
    """One command: from the state as it was saved to the one that is saved last.

    Args:
        engine: Whose state it is.
        process: The plugin.
        forced: Names of the resources of ``--replace``.
        is_preview: Whether nothing is changed.
    """

    def __init__(
        self,
        engine: FakeEngine,
        process: Any,
        forced: Collection[str],
        *,
        is_preview: bool,
    ) -> None:
        self.outcome = Outcome()
        self.under_way = ""
        self._engine = engine
        self._process = process
        self._forced = forced
        self._is_preview = is_preview
        self._base = copy.deepcopy(engine.state)
        self._new: dict[str, Record] = {}
        self._done: list[Record] = []
        self._deleted: list[Record] = []
        self._deleted_for_another: set[str] = set()
        self._plugins: dict[type[ResourceProvider], Any] = {}

    def refresh(self) -> None:
        """Read every resource back. Nothing is saved before all are read."""
        kept = []
        for old in self._base:
            if old.pending_replacement:  # it is not there
                kept.append(old)
                continue
            found = self._plugin(old, "Read").read(old.resource)
            if not found.id:
                self._step("drift", old.name)
                continue
            inputs = old.inputs if found.inputs is None else found.inputs
            outputs = {**found.outputs, _PROVIDER: old.outputs[_PROVIDER]}
            diff = self._plugin(old, "Diff").diff(Resource(found.id, outputs), old.inputs)
            if diff.changes or inputs != old.inputs or outputs != old.outputs:
                self._step("drift", old.name)
            kept.append(replace(old, id=found.id, inputs=inputs, outputs=outputs, init_errors=[]))
        self._base = kept
        self._save()

    def register(self, name: str, declared: Declared) -> None:
        """Do with one resource of the program what its state and the plugin ask for."""
        old = next((item for item in self._base if item.name == name and not item.delete), None)
        news = {key: self._resolved(value) for key, value in declared.inputs.items()}
        sources = {key: set(_names_in(value)) for key, value in declared.inputs.items()}
        new = Record(name, declared.provider, "", news, {}, sources)
        if old is None:
            new.inputs = self._checked(new, news)
            self._create("create", new)
        elif name in self._deleted_for_another:
            new.inputs = self._checked(new, news)
            self._create("replace", new, old)
        elif name in self._forced or old.taint:
            # A forced replacement looks like a first creation: no diff, no old inputs.
            new.inputs = self._checked(new, news)
            self._replace(new, old, declared)
        else:
            new.inputs = self._checked(new, news, old.inputs)
            diff = self._plugin(new, "Diff").diff(old.resource, new.inputs)
            if diff.replaces or old.pending_replacement:
                new.inputs = self._checked(new, news)  # the raw inputs, and no old ones
                self._replace(new, old, declared)
            elif diff.changes or old.init_errors:
                self._update(new, old)
            else:
                new.id, new.outputs = old.id, old.outputs  # old outputs, but new inputs
                self._finish("same", new, old)

    def delete_the_rest(self, targets: Collection[str] | None) -> None:
        """Delete what is replaced or no longer declared: last, and dependents first."""
        for old in reversed(self._base):
            if targets is not None and old.name not in targets:
                continue
            if not old.delete and old.name in self._new:
                continue
            if self._is_deleted_already(old) or (old.pending_replacement and not old.delete):
                self._done.append(old)
                self._save()
            elif old not in self._deleted:
                self._delete(old)

    def _is_deleted_already(self, old: Record) -> bool:
        """Return whether an interrupted replacement has deleted it, and the CLI heeds that."""
        return old.pending_replacement and not self._engine.deletes_twice

    def _replace(self, new: Record, old: Record, declared: Declared) -> None:
        if not declared.delete_before_replace:
            is_deleted = self._is_deleted_already(old)
            self._create("replace", new, old, creates_before_delete=not is_deleted)
            return
        for dependent in reversed(self._replaced_with(old)):
            if self._is_deleted_already(dependent):
                continue
            self._deleted_for_another.add(dependent.name)
            self._delete(dependent, awaits_replacement=not dependent.delete)
        if not old.pending_replacement:
            self._delete(old, awaits_replacement=True)
        self._create("replace", new, old)

    def _replaced_with(self, root: Record) -> list[Record]:
        """List the dependents that cannot outlive a resource.

        Asked is the plugin: would you replace this one, if what comes from there were unknown?
        """
        gone, found = {root.name}, []
        for item in self._base[self._base.index(root) + 1 :]:
            if item.name in self._new or item in self._deleted:
                continue
            unknown_fields = {key for key, names in item.sources.items() if names & gone}
            if unknown_fields:
                news = {
                    key: UNKNOWN if key in unknown_fields else item.inputs[key]
                    for key in item.inputs
                }
                if self._plugin(item, "Diff").diff(item.resource, news).replaces:
                    gone.add(item.name)
                    found.append(item)
        return found

    def _create(
        self,
        step: str,
        new: Record,
        old: Record | None = None,
        *,
        creates_before_delete: bool = False,
    ) -> None:
        new.outputs, failure = dict(new.inputs), None
        if not self._is_preview:
            try:
                made = self._plugin(new, "Create").create(new.inputs)
                self._made(new, made.id, made.outputs)
            except InitFailed as error:
                # It is recorded all the same, and the command ends.
                self._made(new, error.id, error.outputs)
                new.init_errors, failure = error.reasons, error
        if old and creates_before_delete:
            old.delete = True
        # One that was deleted before its replacement is now replaced; the other kind stays until
        # its own deletion.
        self._finish(step, new, old if old and old.pending_replacement else None)
        if failure:
            raise failure

    def _update(self, new: Record, old: Record) -> None:
        new.id, new.outputs, failure = old.id, dict(new.inputs), None
        if not self._is_preview:
            try:
                made = self._plugin(new, "Update").update(old.resource, new.inputs)
                self._made(new, old.id, made.outputs)
            except InitFailed as error:
                self._made(new, old.id, error.outputs)
                new.init_errors, failure = error.reasons, error
        self._finish("update", new, old)
        if failure:
            raise failure

    def _delete(self, old: Record, *, awaits_replacement: bool = False) -> None:
        if not self._is_preview:
            self._plugin(old, "Delete").delete(old.resource, begins_command=False)
        self._step("delete", old.name)
        self._deleted.append(old)
        if awaits_replacement:
            old.pending_replacement = True
        else:
            self._done.append(old)
        self._save()

    def _finish(self, step: str, new: Record, old: Record | None) -> None:
        self._step(step, new.name)
        self._new[new.name] = new
        if old:
            self._done.append(old)
        self._save()

    def _save(self) -> None:
        """Save after each step: the new resources, then those old ones that are not done with."""
        if not self._is_preview:
            self._engine.listen("Save", self.under_way)
            left = [item for item in self._base if item not in self._done]
            self._engine.state = copy.deepcopy([*self._new.values(), *left])

    def _made(self, new: Record, id_: str, outputs: Properties) -> None:
        recorded_as = self._plugins[new.provider].recorded_as
        new.id, new.outputs = id_, {**outputs, _PROVIDER: recorded_as}

    def _step(self, step: str, name: str) -> None:
        self.outcome.steps.append((step, name))

    def _checked(self, new: Record, news: Properties, olds: Properties | None = None) -> Properties:
        checked: Checked = self._plugin(new, "Check").check(news, olds)
        if checked.failures:
            raise _CheckFailed(
                "; ".join(f"{new.name}: {text}" for text in checked.failures.values())
            )
        return checked.inputs

    def _plugin(self, record: Record, call: str) -> Any:
        self.under_way = f"{call} {record.name}"
        self._engine.listen(call, record.name)
        if record.provider not in self._plugins:
            self._plugins[record.provider] = self._engine.plugin(self._process, {}, record.provider)
            self._plugins[record.provider].next_command(self._engine.sdk)
        return self._plugins[record.provider]

    def _resolved(self, value: Any) -> Any:
        """Put in what other resources have given; what a preview does not know stays unknown."""
        if isinstance(value, Ref):
            source = self._new[value.name]
            found = source.id if value.output is None else source.outputs.get(value.output)
            return value.text.format(found) if found else UNKNOWN
        if isinstance(value, Mapping):
            return {key: self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        return value


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, Ref):
        yield value.name
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _names_in(item)
