"""Inputs of CreateSequenceStore as a program writes them: bad, stricter by choice, empty, good.

Data only. Each row is tried on the provider and, as the same request, on the emulator by boto3.
Sources of the limits: botocore's omics model, and the HealthOmics guide where the row says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REGION = "us-east-1"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ZERO_WIDTH_JOINER = "\N{ZERO WIDTH JOINER}"
TAG_ALPHABET = "Aé日1 _.:/=+-@"


@dataclass(frozen=True)
class Row:
    """One program.

    Args:
        id: What the row is about.
        inputs: Inputs in wire names, beside ``name``; None takes the name away.
    """

    id: str
    inputs: Mapping[str, Any]

    @property
    def program(self) -> dict[str, Any]:
        """All inputs, in wire names."""
        return _without_none({"name": "reads", **self.inputs})

    @property
    def request(self) -> dict[str, Any]:
        """The same as arguments of boto3's ``create_sequence_store``."""
        request = self.program
        if "accessLogLocation" in request:
            request["s3AccessConfig"] = {"accessLogLocation": request.pop("accessLogLocation")}
        return request

    @property
    def arguments(self) -> dict[str, Any]:
        """The same as keyword arguments of ``SequenceStore``."""
        arguments = {_snake(name): value for name, value in self.program.items()}
        if isinstance(sse := arguments.get("sse_config"), Mapping):
            arguments["sse_config"] = {_snake(name): value for name, value in sse.items()}
        return arguments


@dataclass(frozen=True)
class Bad(Row):
    """A program that must be refused.

    Args:
        path: Property that the CheckFailure names.
        says: Words of its reason: where in the program's spelling, and what would be right.
        why: Why it is refused although the service may accept it.
        old: Inputs of the last run, beside ``name``.
    """

    path: str
    says: tuple[str, ...]
    why: str = ""
    old: Mapping[str, Any] = field(default_factory=dict)


def _without_none(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if value is not None}


def _snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def _tags(count: int) -> dict[str, str]:
    return {f"key{number:02}": "value" for number in range(count)}


def _key_arn(length: int) -> str:
    start = "arn:aws:kms:us-east-1:123456789012:key/"
    return start + "k" * (length - len(start))


_LOCATIONS = (
    ("fallbackLocation", "fallback_location", 1024),
    ("accessLogLocation", "access_log_location", 800),
)


def _bad_locations() -> list[Bad]:
    rows = []
    for wire, python, longest in _LOCATIONS:
        right = (f"{python}: must be s3://bucket or s3://bucket/prefix/", str(longest))
        wrong = {
            "no closing slash": "s3://bucket/prefix",
            "upper case bucket": "s3://Bucket",
            "underscore in bucket": "s3://reads_bucket",
            "bucket of 2 characters": "s3://ab",
            "bucket of 64 characters": f"s3://{'b' * 64}",
            "bucket begins with a hyphen": "s3://-bucket",
            "bucket ends with a dot": "s3://bucket.",
            "prefix too long": f"s3://bucket/{'p' * (longest + 1)}/",
            "line feed in prefix": "s3://bucket/a\nb/",
            "another scheme": "https://bucket/",
            "upper case scheme": "S3://bucket",
            "no scheme": "bucket",
            "text before": " s3://bucket",
            "line break after": "s3://bucket\n",
        }
        for what, value in wrong.items():
            says = right
            if what == "no closing slash":
                says = (f'{python}: must end with "/"', "s3://bucket/prefix/")
            line_feed = value.find("\n")
            if line_feed >= 0:
                says = (right[0], rf"control characters: there is '\n' at position {line_feed}")
            rows.append(Bad(f"{wire}: {what}", {wire: value}, wire, says))
        rows.append(Bad(f"{wire}: a number", {wire: 5.0}, wire, (f"{python}: must be text", "5")))
    return rows


def _bad_tag_keys() -> list[Bad]:
    """The rules of tag keys, for tags and for the keys that are propagated (docs)."""
    wrong = {
        "empty": ("", "1 to 128 characters"),
        "129 characters": ("k" * 129, "1 to 128 characters"),
        "reserved": ("aws:team", "reserved"),
        "reserved, in capitals": ("AWS:team", "reserved"),
        "inadmissible character": ("team#1", "letters, digits, white space and _ . : / = + - @"),
        "tab": ("team\t1", "letters, digits, white space and _ . : / = + - @"),
        "emoji": ("🧬", "letters, digits, white space and _ . : / = + - @"),
    }
    paths = {"reserved": '["aws:team"]', "reserved, in capitals": '["AWS:team"]'}
    paths |= {"empty": '[""]', "129 characters": f".{'k' * 129}"}
    paths |= {"inadmissible character": '["team#1"]', "tab": r'["team\t1"]'}
    paths |= {"emoji": r'["\ud83e\uddec"]'}
    rows = []
    for what, (key, words) in wrong.items():
        of_tags = {"tags": {key: "value"}}
        rows.append(Bad(f"tag key: {what}", of_tags, f"tags{paths[what]}", (words,)))
        of_keys = {"propagatedSetLevelTags": [key]}
        where = "propagatedSetLevelTags[0]"
        says = ("propagated_set_level_tags[0]", words)
        rows.append(Bad(f"propagated key: {what}", of_keys, where, says))
    return rows


BAD = (
    Bad("name: missing", {"name": None}, "name", ("name: is required",)),
    Bad("name: empty", {"name": ""}, "name", ("name: must be 1 to 127 characters", "not 0")),
    Bad("name: 128 characters", {"name": "n" * 128}, "name", ("1 to 127 characters", "not 128")),
    Bad("name: line break", {"name": "a\nb"}, "name", ("printable text", r"'\n' at position 1")),
    Bad("name: tab", {"name": "a\tb"}, "name", ("printable text", r"'\t' at position 1")),
    Bad("name: line break at the end", {"name": "ab\n"}, "name", ("printable", "position 2")),
    Bad(
        "name: zero-width joiner",
        {"name": f"a{ZERO_WIDTH_JOINER}b"},
        "name",
        ("printable text", r"'\u200d' at position 1"),
    ),
    Bad("name: a number", {"name": 5.0}, "name", ("name: must be text, not 5",)),
    Bad(
        "description: 256 characters",
        {"description": "d" * 256},
        "description",
        ("description: must be 1 to 255 characters", "not 256"),
    ),
    Bad(
        "description: line break",
        {"description": "a\nb"},
        "description",
        ("printable text", "position 1"),
    ),
    Bad("description: a number", {"description": 5.5}, "description", ("must be text, not 5.5",)),
    Bad(
        "sseConfig: no type",
        {"sseConfig": {"keyArn": KEY}},
        "sseConfig.type",
        ("sse_config.type: is required",),
    ),
    Bad(
        "sseConfig: another type",
        {"sseConfig": {"type": "AES256"}},
        "sseConfig.type",
        ("sse_config.type: must be 'KMS', not 'AES256'",),
    ),
    Bad(
        "sseConfig: type in lower case",
        {"sseConfig": {"type": "kms"}},
        "sseConfig.type",
        ("must be 'KMS'",),
    ),
    Bad(
        "keyArn: empty",
        {"sseConfig": {"type": "KMS", "keyArn": ""}},
        "sseConfig.keyArn",
        ("sse_config.key_arn: must be the ARN of a symmetric KMS key", "not ''"),
    ),
    Bad(
        "keyArn: 19 characters",
        {"sseConfig": {"type": "KMS", "keyArn": "arn:::::123456789012"[:19]}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key",),
    ),
    Bad(
        "keyArn: 2049 characters",
        {"sseConfig": {"type": "KMS", "keyArn": _key_arn(2049)}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key",),
    ),
    Bad(
        "keyArn: a key id",
        {"sseConfig": {"type": "KMS", "keyArn": "1234abcd-12ab-34cd-56ef-1234567890ab"}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key", "arn:aws:kms:us-east-1"),
    ),
    Bad(
        "keyArn: an alias name",
        {"sseConfig": {"type": "KMS", "keyArn": "alias/genomics-of-the-laboratory"}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key",),
    ),
    Bad(
        "keyArn: account of 11 digits",
        {"sseConfig": {"type": "KMS", "keyArn": "arn:aws:kms:us-east-1:12345678901:key/1234abcd"}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key",),
    ),
    Bad(
        "keyArn: a number",
        {"sseConfig": {"type": "KMS", "keyArn": 5.0}},
        "sseConfig.keyArn",
        ("sse_config.key_arn: must be text, not 5",),
    ),
    *_bad_tag_keys(),
    Bad("tags: 51", {"tags": _tags(51)}, "tags", ("tags: must have at most 49 tags", "not 51")),
    Bad(
        "tag value: 257 characters",
        {"tags": {"team": "v" * 257}},
        "tags.team",
        ("tags['team']: a tag value must be at most 256 characters", "not 257"),
    ),
    Bad("tag value: a number", {"tags": {"a": 5.0}}, "tags.a", ("tags['a']: must be text, not 5",)),
    Bad("tag value: a truth", {"tags": {"a": True}}, "tags.a", ("must be text, not True",)),
    *_bad_locations(),
    Bad(
        "eTagAlgorithmFamily: another",
        {"eTagAlgorithmFamily": "SHA1up"},
        "eTagAlgorithmFamily",
        ("e_tag_algorithm_family: must be 'MD5up', 'SHA256up' or 'SHA512up', not 'SHA1up'",),
    ),
    Bad(
        "eTagAlgorithmFamily: in lower case",
        {"eTagAlgorithmFamily": "md5up"},
        "eTagAlgorithmFamily",
        ("must be 'MD5up', 'SHA256up' or 'SHA512up'",),
    ),
    Bad(
        "propagatedSetLevelTags: 6, of 5 that the guide admits",
        {"propagatedSetLevelTags": list("abcdef")},
        "propagatedSetLevelTags",
        ("propagated_set_level_tags: at most 5 tag keys", "not 6"),
    ),
    Bad(
        "propagatedSetLevelTags: 51, of 50 that the model admits",
        {"propagatedSetLevelTags": [f"key{number}" for number in range(51)]},
        "propagatedSetLevelTags",
        ("propagated_set_level_tags: at most 5 tag keys", "not 51"),
    ),
    Bad(
        "propagatedSetLevelTags: a number in it",
        {"propagatedSetLevelTags": ["a", 5.0]},
        "propagatedSetLevelTags[1]",
        ("propagated_set_level_tags[1]: must be text, not 5",),
    ),
)
"""Refused by check, and by the service if it were asked."""

MISTYPED = (
    Bad("sseConfig: text", {"sseConfig": "KMS"}, "sseConfig", ("sse_config: must be a mapping",)),
    Bad("tags: a list", {"tags": ["a"]}, "tags", ("tags: must be a mapping, not ['a']",)),
    Bad(
        "propagatedSetLevelTags: text",
        {"propagatedSetLevelTags": "sample"},
        "propagatedSetLevelTags",
        ("propagated_set_level_tags: must be a list, not 'sample'",),
    ),
    Bad(
        "an unknown property",
        {"colour": "blue"},
        "colour",
        ("colour: is not a known property",),
    ),
    Bad(
        "an unknown property of sseConfig",
        {"sseConfig": {"type": "KMS", "kmsKeyArn": KEY}},
        "sseConfig.kmsKeyArn",
        ("is not a known property",),
    ),
)
"""Of a shape that boto3 cannot send, or that the service would ignore."""

STRICTER = (
    *(
        Bad(
            f"{wire}: a prefix that no slash parts from the bucket",
            {wire: "s3://reads_bucket/"},
            wire,
            (f"{python}: must be s3://bucket or s3://bucket/prefix/",),
            why="the model's pattern has the slash after the bucket optional",
        )
        for wire, python, _ in _LOCATIONS
    ),
    *(
        Bad(
            f"{wire}: U+{ord(character):04X} in the prefix",
            {wire: f"s3://bucket/a{character}b/"},
            wire,
            (f"{python}: must be", f"control characters: there is {character!r} at position 13"),
            why="the model's pattern admits what its reader takes for no line end",
        )
        for wire, python, _ in _LOCATIONS
        for character in "\r\t\0\x7f\x85\u2028\u2029"
    ),
    Bad(
        "tags: 50",
        {"tags": _tags(50)},
        "tags",
        ("tags: must have at most 49 tags", "not 50", "this library uses one"),
        why="the ownership tag is the fiftieth",
    ),
    Bad(
        "tag key of this library",
        {"tags": {"omics-components:owner": "me"}},
        'tags["omics-components:owner"]',
        ("the tag key 'omics-components:owner' is reserved",),
        why="it tells whose the store is",
    ),
    Bad(
        "keyArn: line break at the end",
        {"sseConfig": {"type": "KMS", "keyArn": f"{KEY}\n"}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key",),
        why="the model's pattern admits it; the last line of a file ends with one",
    ),
    Bad(
        "keyArn: ARN of an alias",
        {"sseConfig": {"type": "KMS", "keyArn": "arn:aws:kms:us-east-1:123456789012:alias/x"}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key", "not its alias"),
        why="an alias can be pointed at another key, a store cannot",
    ),
    Bad(
        "keyArn: ARN of another service",
        {"sseConfig": {"type": "KMS", "keyArn": "arn:aws:iam:us-east-1:123456789012:key/abc"}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key",),
        why="the model's pattern admits any ARN with an account",
    ),
    Bad(
        "keyArn: text around it",
        {"sseConfig": {"type": "KMS", "keyArn": f"key {KEY}"}},
        "sseConfig.keyArn",
        ("must be the ARN of a symmetric KMS key",),
        why="the model's pattern begins and ends with .*",
    ),
    Bad(
        "keyArn: key of another region",
        {"sseConfig": {"type": "KMS", "keyArn": KEY.replace("us-east-1", "eu-west-1")}},
        "sseConfig.keyArn",
        ("must be a key in the store's region us-east-1, not in eu-west-1",),
        why="KMS keys are regional",
    ),
    Bad(
        "propagatedSetLevelTags: one twice",
        {"propagatedSetLevelTags": ["a", "b", "a"]},
        "propagatedSetLevelTags",
        ("propagated_set_level_tags: names the tag key 'a' more than once",),
        why="it is a set, and the second one uses up one of five places",
    ),
    Bad(
        "description: removed",
        {},
        "description",
        (
            "description: cannot be removed once it is set (it is 'Reads')",
            'ignore_changes=["description"]',
        ),
        why="the service can change a description, but not clear it",
        old={"description": "Reads", "region": REGION},
    ),
    Bad(
        "description: emptied",
        {"description": ""},
        "description",
        ("description: cannot be removed once it is set",),
        why="the service can change a description, but not clear it",
        old={"description": "Reads", "region": REGION},
    ),
)
"""Refused by check, although the model would let it pass, or create would."""

EMPTY = (
    Row("description", {"description": ""}),
    Row("sseConfig", {"sseConfig": {}}),
    Row("tag value of null", {"tags": {"team": None}}),
)
"""Refused by the service, but in a program the same as leaving it out: never sent."""

GOOD = (
    Row("nothing but a name", {}),
    Row("name of 1 character", {"name": "n"}),
    Row("name of 127 characters", {"name": "n" * 127}),
    Row(
        "name with emoji, accents and a bar", {"name": "🧬 Génome e\N{COMBINING ACUTE ACCENT}|日本"}
    ),
    Row("name of 127 emoji", {"name": "🧬" * 127}),
    Row("name with a no-break space", {"name": "a\N{NO-BREAK SPACE}b"}),
    Row("description of 1 character", {"description": "d"}),
    Row("description of 255 characters", {"description": "d" * 255}),
    Row("sseConfig without a key", {"sseConfig": {"type": "KMS"}}),
    Row("key", {"sseConfig": {"type": "KMS", "keyArn": KEY}}),
    Row(
        "multi-region key",
        {"sseConfig": {"type": "KMS", "keyArn": KEY.replace("key/", "key/mrk-")}},
    ),
    Row("key ARN of 2048 characters", {"sseConfig": {"type": "KMS", "keyArn": _key_arn(2048)}}),
    *(
        Row(f"{wire}: {what}", {wire: value})
        for wire, _, longest in _LOCATIONS
        for what, value in {
            "a bucket": "s3://bucket",
            "a bucket with a slash": "s3://bucket/",
            "a prefix": "s3://bucket/a/b/",
            "a prefix with spaces and emoji": "s3://bucket/reads of 2026/🧬/",
            "the longest prefix": f"s3://bucket/{'p' * longest}/",
            "the shortest bucket": "s3://abc",
            "the longest bucket": f"s3://{'b' * 63}",
            "dots and hyphens": "s3://my.bucket-1",
            "nothing": "",
        }.items()
    ),
    *(Row(family, {"eTagAlgorithmFamily": family}) for family in ("MD5up", "SHA256up", "SHA512up")),
    Row("no tags", {"tags": {}}),
    Row("49 tags", {"tags": _tags(49)}),
    Row("tag key of 1 character", {"tags": {"k": "v"}}),
    Row("tag key of 128 characters", {"tags": {"k" * 128: "v"}}),
    Row("tag value of 0 characters", {"tags": {"team": ""}}),
    Row("tag value of 256 characters", {"tags": {"team": "v" * 256}}),
    Row("tag value of any characters", {"tags": {"team": "a#b\n🧬"}}),
    Row("every kind of tag character", {"tags": {TAG_ALPHABET: TAG_ALPHABET}}),
    Row("tag keys that differ by case", {"tags": {"team": "a", "Team": "b"}}),
    Row("a tag key with aws: inside", {"tags": {"my-aws:team": "a"}}),
    Row("a tag key that begins with underscores", {"tags": {"__team": "a"}}),
    Row("no propagated keys", {"propagatedSetLevelTags": []}),
    Row("5 propagated keys", {"propagatedSetLevelTags": list("abcde")}),
    Row("propagated key of 128 characters", {"propagatedSetLevelTags": ["k" * 128]}),
)
"""Accepted by check and by the service, at the limits."""
