"""Types of single values, each with one check whose error says what is valid.

Lengths and patterns are those of botocore's ``omics`` model 2022-11-28, which boto3 itself does not
enforce (it checks types, presence and minimum lengths only). Patterns count as full matches:
CloudFormation spells the same pattern anchored (assumed: whole-patterns).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from omics_components.schema.arn import KmsKeyArn
from omics_components.schema.owner_tag import OWN_TAGS_PREFIX

MAX_TAGS = 49
"""AWS allows 50 (the model's prose); one of them is the owner tag."""

_MAX_PROPAGATED_TAGS = 5
_PRINTABLE_CATEGORIES = frozenset("LMZSNP")
_BUCKET = r"s3://[a-z0-9][a-z0-9\-.]{1,61}[a-z0-9]"
_TAG_SYMBOLS = frozenset("_.:/=+-@")

# Areas and points of the compass as in botocore's partitions; numbers that are not there yet pass.
_REGION = re.compile(
    "(us(-gov|-iso[a-z]?)?|eu(-isoe)?|eusc-de|af|ap|ca|cn|il|me|mx|sa)"
    "-(central|(north|south)(east|west)?|east|west)-[1-9][0-9]?"
)


def printable(longest: int, *, shortest: int = 1) -> AfterValidator:
    """Require *shortest* to *longest* characters, none of them a control character.

    Source: model (the pattern of names and descriptions admits the Unicode categories L, M, Z, S, N
    and P and the vertical bar, which is in S).
    """

    def check(value: str) -> str:
        if not shortest <= len(value) <= longest:
            message = f"must be {shortest} to {longest} characters long, not {len(value)}"
            raise ValueError(message)
        for position, character in enumerate(value):
            if unicodedata.category(character)[0] not in _PRINTABLE_CATEGORIES:
                message = (
                    "must be printable text without line breaks, tabs or other control characters: "
                    f"there is {character!r} at position {position}"
                )
                raise ValueError(message)
        return value

    return AfterValidator(check)


def _is_control_or_line_end(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _folder(longest_prefix: int) -> AfterValidator:
    """Require ``s3://bucket`` or ``s3://bucket/prefix/``.

    Source: model (pattern, lengths). Its pattern leaves the slash after the bucket out by mistake,
    and so admits ``s3://my_bucket/`` as a bucket ``my`` with a prefix; here the slash is needed.
    Which line ends its ``.`` admits depends on whose regular expressions read it; no control
    character belongs in a prefix, since keys with one are hardly readable through S3 (assumed:
    location-characters).
    """
    right = re.compile(rf"{_BUCKET}(/(.{{1,{longest_prefix}}}/)?)?")

    def check(value: str) -> str:
        unreadable = next(filter(_is_control_or_line_end, value), None)
        if unreadable is not None:
            message = (
                "must be s3://bucket or s3://bucket/prefix/ without line breaks, tabs or other "
                f"control characters: there is {unreadable!r} at position "
                f"{value.index(unreadable)}"
            )
            raise ValueError(message)
        if right.fullmatch(value):
            return value
        if right.fullmatch(f"{value}/"):
            message = f'must end with "/": write "{value}/"'
        else:
            message = (
                f"must be s3://bucket or s3://bucket/prefix/, with a bucket name of 3 to "
                f"63 lower-case letters, digits, dots and hyphens and a prefix of at most "
                f"{longest_prefix} characters, not {value!r}"
            )
        raise ValueError(message)

    return AfterValidator(check)


def _key_arn(value: str) -> str:
    """Require the full ARN of a key.

    Source: model (20 to 2048 characters, an ARN with a 12-digit account), and stricter by choice:
    an alias can be pointed at another key later, a store cannot, so an alias would show a change
    that can never be made.
    """
    longest = 2048
    if key_arn_region(value) and len(value) <= longest:
        return value
    hint = "; use the key's own ARN, not its alias" if ":alias/" in value else ""
    message = (
        "must be the ARN of a symmetric KMS key, such as "
        f"arn:aws:kms:us-east-1:111122223333:key/1234abcd-…, not {value!r}{hint}"
    )
    raise ValueError(message)


def key_arn_region(arn: str) -> str:
    """Return the region that a key ARN names, or "" if it names none."""
    try:
        return KmsKeyArn.parse(arn).region
    except ValueError:
        return ""


def _tag_key(key: str) -> str:
    longest = 128
    if not 1 <= len(key) <= longest:
        message = f"a tag key must be 1 to {longest} characters long, not {len(key)}"
    elif key.lower().startswith("aws:"):
        message = f'the tag key {key!r} is reserved: keys beginning with "aws:" belong to AWS'
    elif key.startswith(OWN_TAGS_PREFIX):
        message = f'the tag key {key!r} is reserved: "{OWN_TAGS_PREFIX}" begins this library\'s own'
    elif not all(c in _TAG_SYMBOLS or unicodedata.category(c)[0] in "LNZ" for c in key):
        message = (
            f"the tag key {key!r} may hold letters, digits, white space and _ . : / = + - @ only"
        )
    else:
        return key
    raise ValueError(message)


def _tag_value(value: str) -> str:
    longest = 256
    if len(value) > longest:
        message = f"a tag value must be at most {longest} characters long, not {len(value)}"
        raise ValueError(message)
    return value


def _tag_map(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > MAX_TAGS:
        message = (
            f"must have at most {MAX_TAGS} tags, aws:defaultTags included, not {len(tags)}: AWS "
            "allows 50, and this library uses one"
        )
        raise ValueError(message)
    return dict(sorted(tags.items()))


def _propagated(keys: list[str]) -> list[str]:
    if len(keys) > _MAX_PROPAGATED_TAGS:
        message = f"at most {_MAX_PROPAGATED_TAGS} tag keys can be propagated, not {len(keys)}"
        raise ValueError(message)
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        message = f"names the tag key {twice[0]!r} more than once"
        raise ValueError(message)
    return sorted(keys)


def digits(value: str) -> str:
    """Require the id of a store, read set or reference: 10 to 36 digits (model)."""
    if not re.fullmatch("[0-9]{10,36}", value):
        message = f"must be an id of 10 to 36 digits, not {value!r}"
        raise ValueError(message)
    return value


def _region(value: str) -> str:
    if not _REGION.fullmatch(value):
        message = f"must be the name of a region, such as us-east-1, not {value!r}"
        raise ValueError(message)
    return value


def _flag(value: object) -> object:
    if not isinstance(value, bool):
        message = f"must be True or False, not {value!r}"
        raise ValueError(message)  # noqa: TRY004 pydantic reports ValueErrors
    return value


def empty_as_absent(value: object) -> object:
    """Turn ``""``, ``[]`` and ``{}`` into None: in a program they mean that there is no value."""
    return None if value in ("", [], {}) else value


Flag = Annotated[bool, BeforeValidator(_flag)]
"""True or False; no other value is converted."""

Region = Annotated[str, AfterValidator(_region)]
"""The name of a region, such as us-east-1 (docs)."""

StoreName = Annotated[str, printable(127)]
"""1 to 127 printable characters (model). Not unique: stores may share a name."""

Description = Annotated[str, printable(255)]
"""1 to 255 printable characters (model)."""

FallbackLocation = Annotated[str, _folder(1024)]
"""Where failed uploads go: a bucket, or a prefix of up to 1024 characters ending with / (model)."""

AccessLogLocation = Annotated[str, _folder(800)]
"""Where access logs go: a bucket, or a prefix of up to 800 characters ending with / (model)."""

KeyArn = Annotated[str, AfterValidator(_key_arn)]
"""The ARN of a symmetric KMS key, at most 2048 characters (model; symmetric: docs)."""

TagKey = Annotated[str, AfterValidator(_tag_key)]
"""1 to 128 allowed characters (model), not beginning with ``aws:`` (docs)."""

TagValue = Annotated[str, AfterValidator(_tag_value)]
"""0 to 256 characters (model). The guide does not clearly restrict the characters of values."""

TagMap = Annotated[dict[TagKey, TagValue], AfterValidator(_tag_map)]
"""At most ``MAX_TAGS`` tags, sorted by key."""

PropagatedTags = Annotated[list[TagKey], AfterValidator(_propagated)]
"""At most 5 tag keys: the service's quota (docs). The model allows lists of up to 50."""
