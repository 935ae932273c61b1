"""The fixture for tests that run Pulumi; loaded by pytest through an entry point.

Importing this module must stay cheap: every pytest run in the environment does it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omics_components.emulator import EmulatorServer
    from omics_components.testing.stack import StackFactory


@pytest.fixture
def pulumi_stack(
    omics_emulator_server: EmulatorServer,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[StackFactory]:
    """Creates stacks of your program, which the Pulumi CLI runs against a fresh emulator.

    ``pulumi_stack(program)`` takes a function, or the folder of a project. All stacks of a test
    share a backend and an emulator, and both end with the test: nothing has to be destroyed.
    """
    from omics_components.testing import inline_programs  # noqa: PLC0415 - see the module docstring
    from omics_components.testing.stack import StackFactory  # noqa: PLC0415 - as above

    if shutil.which("pulumi") is None:
        pytest.fail(
            "pulumi_stack needs the Pulumi CLI, and there is no pulumi on PATH:"
            " https://www.pulumi.com/docs/install says how to install it",
            pytrace=False,
        )
    # pytest runs without it, too: ``-p no:logging``.
    captures_logs = request.config.pluginmanager.hasplugin("logging")
    caplog = request.getfixturevalue("caplog") if captures_logs else None
    # No call waits for its turn, of lookups in this process neither: the emulator has no quotas.
    monkeypatch.setenv("OMICS_COMPONENTS_TPS", "*=inf")
    yield StackFactory(tmp_path_factory.mktemp("pulumi"), omics_emulator_server)
    inline_programs.wait_for_programs()
    if caplog:
        caplog.get_records("call").clear()  # errors in them hold on to what the SDK left behind
    inline_programs.collect_leavings()
