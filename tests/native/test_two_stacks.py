"""Two stacks of one identity on the native front: see ``tests.provider.test_two_stacks``."""

from __future__ import annotations

import os

from tests.native.in_this_process import NativePlugin
from tests.provider.test_two_stacks import require_no_loss

LENGTH = 3 if os.environ.get("OMICS_COMPONENTS_SOAK") else 2


def test_nobody_loses_anything() -> None:
    require_no_loss(NativePlugin, LENGTH)
