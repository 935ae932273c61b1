"""A store that someone made in the console, taken into this stack without a change.

The program describes it as AWS has it; where it does not, the update stops and lists what differs.
"""

import pulumi

from omics_components import SequenceStore

cohort = SequenceStore(
    "cohort",
    description="Reads of the cohort study",
    propagated_set_level_tags=["sample"],
    tags={"team": "genomics"},
    opts=pulumi.ResourceOptions(
        import_=pulumi.Config().get("adopt"),
        protect=True,  # a destroy of this stack must not delete what it did not make
    ),
)

pulumi.export("arn", cohort.arn)
