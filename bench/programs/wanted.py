"""What every program declares: the harness says it in the environment."""

import os

COUNT = int(os.environ["BENCH_COUNT"])
DESCRIPTION = os.environ["BENCH_DESCRIPTION"]
TAGS = {"team": "genomics", "stage": "production"}
