"""What a policy answers, question by question."""

import pytest

from omics_components.emulator.policies import Question, decide, read_policy


def _allows(condition: dict[str, dict[str, str]], **context: str) -> bool:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    values = {f"aws:{name}": value for name, value in context.items()}
    policy = read_policy({"Statement": [statement]})
    return decide(policy, Question("a:B", "*", context=values)) == "allow"


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("arn:aws:omics:*:111111111111:run/*", True),
        ("arn:aws:omics:us-*-1:1*1:run/1:2", True),
        # The whole text fits these, but no wildcard of an ARN reaches into its next part (docs).
        ("arn:aws:*:us-east-1:*:2", False),
        ("arn:aws:*:111111111111:run/1:2", False),
        ("a*:omics:us-east-1:111111111111:run/1:2", False),
        ("arn:*:us-east-1:111111111111:run/1:2", False),
    ],
)
@pytest.mark.parametrize("operator", ["ArnLike", "ArnEquals"])
def test_a_wildcard_of_an_arn_stays_in_its_part(operator: str, pattern: str, fits: bool) -> None:
    source = "arn:aws:omics:us-east-1:111111111111:run/1:2"

    assert _allows({operator: {"aws:SourceArn": pattern}}, sourcearn=source) is fits
    negated = operator.replace("Arn", "ArnNot")
    assert _allows({negated: {"aws:SourceArn": pattern}}, sourcearn=source) is not fits


@pytest.mark.parametrize(
    ("operator", "holds"),
    [
        ("StringEquals", False),
        ("StringEqualsIfExists", True),
        ("StringNotEquals", True),
        ("StringNotEqualsIfExists", True),
        ("ArnNotLike", True),
        ("ArnNotLikeIfExists", True),
        ("Bool", False),
        ("BoolIfExists", True),
    ],
)
def test_a_key_that_is_absent(operator: str, holds: bool) -> None:
    assert _allows({operator: {"aws:SourceAccount": "true"}}) is holds
