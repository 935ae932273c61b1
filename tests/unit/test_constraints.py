"""Check against the service's own constraints: every way to break one, and every way to keep all.

Both come from botocore's model of CreateSequenceStore, and from the documented rules that it lacks.
The cases are random and repeatable. The emulator is the judge of the cases themselves: what breaks
a rule of the service it must refuse too, and what only this library refuses it must accept.
"""

import json
import random
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any, Literal

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from omics_components.emulator import Emulator
from omics_components.emulator.operations.sequence_stores import PROPAGATED_TAGS_MAX
from omics_components.emulator.operations.tags import TAGS_MAX
from omics_components.kinds.sequence_store.handler import SequenceStoreHandler
from omics_components.schema.fields import MAX_TAGS
from omics_components.schema.owner_tag import OWN_TAGS_PREFIX
from omics_components.schema.validation import Path

Program = dict[str, Any]
Grade = Literal["service", "ours"]
Breaker = Callable[[random.Random, Program], Path]
"""Breaks one rule in a program that breaks none; gives the place that must be blamed."""

CASES = 2000
REGIONS = ("us-east-1", "us-west-2", "eu-central-1", "il-central-1", "us-gov-west-1")
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso-b")
TAG_SYMBOLS = "_.:/=+-@"
LOWER_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"

TEXT_PATTERN = r"[\p{L}||\p{M}||\p{Z}||\p{S}||\p{N}||\p{P}]+"
KEY_ARN_PATTERN = ".*arn:([^: ]*):([^: ]*):([^: ]*):([0-9]{12}):([^: ]*).*"
LOCATION_PATTERN = r"$|^s3://([a-z0-9][a-z0-9-.]{{1,61}}[a-z0-9])/?((.{{1,{}}})/)?"
LONGEST_PREFIXES = {LOCATION_PATTERN.format(longest): longest for longest in (800, 1024)}

NOT_FROM_THE_PROGRAM = ("clientToken",)
NAMES = {"s3AccessConfig.accessLogLocation": "accessLogLocation"}
"""Members of the request that a program spells otherwise."""

EMPTY_IS_ABSENT = {"description"}
"""Where the service wants one character, and a program may write "" for none."""


# The model


def shape_of_request() -> Any:
    service = ServiceModel(Loader().load_service_model("omics", "service-2"), "omics")
    return service.operation_model("CreateSequenceStore").input_shape


def members(shape: Any, at: str = "") -> Iterator[tuple[str, Any, bool]]:
    """List each member at any depth as (place, shape, whether it is required).

    Places are such as ``sseConfig.keyArn``, ``tags{key}``, ``tags{value}`` and ``tagKeys[]``.
    """
    for name, member in shape.members.items():
        place = f"{at}.{name}" if at else name
        if place in NOT_FROM_THE_PROGRAM:
            continue
        yield NAMES.get(place, place), member, name in shape.required_members
        if member.type_name == "structure":
            yield from members(member, place)
        elif member.type_name == "map":
            yield f"{place}{{key}}", member.key, False
            yield f"{place}{{value}}", member.value, False
        elif member.type_name == "list":
            yield f"{place}[]", member.member, False


@cache
def model() -> dict[str, Any]:
    """Return the shape of each place that a program can fill."""
    shapes = {place: shape for place, shape, _ in members(shape_of_request())}
    del shapes["s3AccessConfig"]  # a program has its only member in its place
    return shapes


@cache
def required_places() -> set[str]:
    return {place for place, _, required in members(shape_of_request()) if required}


# Values that keep the constraints


def chooser(seed: str | int) -> random.Random:
    """Return the source of all choices; the same seed makes the same cases for ever."""
    return random.Random(seed)  # noqa: S311 nothing is secret here


@cache
def characters(categories: str) -> tuple[str, ...]:
    """Return some characters of every Unicode category whose first letter is named."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category[0] in categories and category != "Cs":  # a surrogate is no text
            found[category].append(chr(code))
    some = [chars[:: max(1, len(chars) // 60)] for chars in found.values()]
    return tuple(char for chars in some for char in chars)


def a_length(rng: random.Random, shortest: int, longest: int) -> int:
    """Choose a length: often a border, mostly a short one."""
    borders = (shortest, longest, min(longest, shortest + 1), max(shortest, longest - 1))
    if rng.random() < 0.1:
        return rng.choice(borders)
    return rng.randint(shortest, max(shortest, min(longest, 24)))


def a_text(rng: random.Random, length: int, alphabet: str | tuple[str, ...]) -> str:
    return "".join(rng.choices(alphabet, k=length))


def a_string(rng: random.Random, shape: Any) -> str:
    """Choose a text that keeps all constraints of *shape*."""
    limits = shape.metadata
    if "enum" in limits:
        return str(rng.choice(limits["enum"]))
    pattern = limits.get("pattern")
    if pattern in LONGEST_PREFIXES:
        return a_location(rng, LONGEST_PREFIXES[pattern])
    # Another pattern than these is news: botocore's model has changed.
    assert pattern in (None, TEXT_PATTERN), pattern
    alphabet = characters("LMZSNP") if pattern else characters("LMZSNPC")
    return a_text(rng, a_length(rng, limits.get("min", 0), limits["max"]), alphabet)


def a_bucket(rng: random.Random, length: int | None = None) -> str:
    length = length or a_length(rng, 3, 63)
    inside = a_text(rng, length - 2, LOWER_AND_DIGITS + "-.")
    return rng.choice(LOWER_AND_DIGITS) + inside + rng.choice(LOWER_AND_DIGITS)


def a_prefix(rng: random.Random, longest: int) -> str:
    alphabet = (*characters("LMSNP"), " ", "\N{NO-BREAK SPACE}")
    return a_text(rng, a_length(rng, 1, longest), alphabet)


def a_location(rng: random.Random, longest: int) -> str:
    bucket = f"s3://{a_bucket(rng)}"
    forms = ("", bucket, f"{bucket}/", f"{bucket}/{a_prefix(rng, longest)}/")
    return rng.choices(forms, (1, 2, 2, 5))[0]


def a_key_arn(rng: random.Random, region: str, shape: Any) -> str:
    start = f"arn:{rng.choice(PARTITIONS)}:kms:{region}:{a_text(rng, 12, '0123456789')}:key/"
    uuid = "-".join(a_text(rng, size, "0123456789abcdef") for size in (8, 4, 4, 4, 12))
    longest = a_text(rng, shape.metadata["max"] - len(start), LOWER_AND_DIGITS + "-")
    ids = (uuid, f"mrk-{a_text(rng, 32, '0123456789abcdef')}", longest, "k")
    return start + rng.choices(ids, (10, 10, 1, 1))[0]


def a_tag_key(rng: random.Random, shape: Any) -> str:
    alphabet = characters("LNZ") + tuple(TAG_SYMBOLS) * 20
    length = a_length(rng, shape.metadata["min"], shape.metadata["max"])
    key = a_text(rng, length, alphabet)
    # Forbidden only at the start, and in this spelling.
    inside = rng.choice(("", "", "x-aws:", "Omics-Components:", f"my-{OWN_TAGS_PREFIX}"))
    return (inside + key)[: shape.metadata["max"]]


def a_program(rng: random.Random) -> Program:
    """Choose a program that keeps every rule."""
    shapes = model()
    region = rng.choice(REGIONS)
    encryption: Program = {"type": a_string(rng, shapes["sseConfig.type"])}
    if rng.random() < 0.7:
        encryption["keyArn"] = a_key_arn(rng, region, shapes["sseConfig.keyArn"])
    tags = {
        a_tag_key(rng, shapes["tags{key}"]): a_string(rng, shapes["tags{value}"])
        for _ in range(rng.choice((0, 1, 2, 3, MAX_TAGS if rng.random() < 0.2 else 4)))
    }
    keys = {
        a_tag_key(rng, shapes["propagatedSetLevelTags[]"])
        for _ in range(rng.randint(0, PROPAGATED_TAGS_MAX))
    }
    everything: Program = {
        "description": a_string(rng, shapes["description"]),
        "sseConfig": encryption,
        "fallbackLocation": a_string(rng, shapes["fallbackLocation"]),
        "eTagAlgorithmFamily": a_string(rng, shapes["eTagAlgorithmFamily"]),
        "propagatedSetLevelTags": rng.sample(sorted(keys), len(keys)),
        "accessLogLocation": a_string(rng, shapes["accessLogLocation"]),
        "tags": tags,
    }
    chosen = {name: value for name, value in everything.items() if rng.random() < 0.6}
    return {"name": a_string(rng, shapes["name"]), "region": region, **chosen}


# Ways to break one constraint


def put(rng: random.Random, program: Program, place: str, value: object) -> Path:
    """Put a bad value where *place* says, beside good ones; give its path."""
    shapes = model()
    first, _, rest = place.partition(".")
    if place.endswith("{key}"):
        program["tags"] = {**_fewer(program.get("tags", {}), MAX_TAGS - 1), value: "v"}
        return ("tags", str(value))
    if place.endswith("{value}"):
        key = a_tag_key(rng, shapes["tags{key}"])
        program["tags"] = {**_fewer(program.get("tags", {}), MAX_TAGS - 1), key: value}
        return ("tags", key)
    if place.endswith("[]"):
        name = place.removesuffix("[]")
        items = program.get(name, [])[: PROPAGATED_TAGS_MAX - 1]
        index = rng.randint(0, len(items))
        program[name] = [*items[:index], value, *items[index:]]
        return (name, index)
    if rest:
        program[first] = {"type": "KMS", **program.get(first, {}), rest: value}
        return (first, rest)
    program[first] = value
    return (first,)


def _fewer(tags: dict[str, str], count: int) -> dict[str, str]:
    return dict(list(tags.items())[:count])


def breaks_required(place: str) -> Breaker:
    first, _, rest = place.partition(".")

    def break_it(rng: random.Random, program: Program) -> Path:
        if not rest:
            del program[first]
            return (first,)
        # Only the type is there to be missing: an empty mapping says nothing at all.
        program[first] = {"keyArn": a_key_arn(rng, program["region"], _key_shape())}
        return (first, rest)

    return break_it


def breaks_type(place: str, shape: Any) -> Breaker:
    wrong: tuple[object, ...] = (5, 5.5, -1, True, False, ["a"], {"a": "b"}, [{"a": "b"}], "text")
    types: dict[str, type[Any]] = {"string": str, "structure": dict, "map": dict, "list": list}
    own = types[shape.type_name]

    def break_it(rng: random.Random, program: Program) -> Path:
        value = rng.choice([value for value in wrong if not isinstance(value, own)])
        return put(rng, program, place, value)

    return break_it


def breaks_min(place: str, shape: Any) -> Breaker:
    def break_it(rng: random.Random, program: Program) -> Path:
        length = rng.randint(0, shape.metadata["min"] - 1)
        return put(rng, program, place, f"arn:aws:kms::123456789012:{'k' * 20}"[:length])

    return break_it


def breaks_max(place: str, shape: Any) -> Breaker:
    longest = shape.metadata["max"]

    def break_it(rng: random.Random, program: Program) -> Path:
        excess = rng.choice((1, 1, 2, longest, rng.randint(1, 5 * longest)))
        start = ""
        if shape.metadata.get("pattern") == KEY_ARN_PATTERN:
            start = f"arn:aws:kms:{program['region']}:123456789012:key/"
        value = start + a_text(rng, longest + excess - len(start), LOWER_AND_DIGITS)
        return put(rng, program, place, value)

    return break_it


def breaks_max_of_list(place: str, shape: Any) -> Breaker:
    def break_it(rng: random.Random, program: Program) -> Path:
        longest = shape.metadata["max"]
        program[place] = [f"key{number}" for number in range(longest + rng.randint(1, 50))]
        return (place,)

    return break_it


def breaks_enum(place: str, shape: Any) -> Breaker:
    right = shape.metadata["enum"]

    def break_it(rng: random.Random, program: Program) -> Path:
        value = rng.choice(right)
        near = (
            *(value.lower(), value.swapcase(), f" {value}", f"{value}\n", value[:-1], value * 2),
            *("", "AES256", "SHA1up", "aws:kms", a_text(rng, 5, characters("LMZSNP"))),
        )
        return put(rng, program, place, rng.choice([text for text in near if text not in right]))

    return break_it


def breaks_text_pattern(place: str, shape: Any) -> Breaker:
    def break_it(rng: random.Random, program: Program) -> Path:
        good = a_string(rng, shape)[: shape.metadata["max"] - 1]
        at = rng.choice((0, len(good), rng.randint(0, len(good))))
        bad = rng.choice(("\n", "\t", "\r", "\x00", "\x7f", "\u200d", *characters("C")))
        return put(rng, program, place, good[:at] + bad + good[at:])

    return break_it


def breaks_key_arn_pattern(place: str, shape: Any) -> Breaker:
    def break_it(rng: random.Random, program: Program) -> Path:
        good = a_key_arn(rng, program["region"], shape)
        account = good.split(":")[4]
        wrong = (
            good.removeprefix("arn:"),
            good.replace("arn:", "ARN:"),
            good.replace(account, account[1:]),
            good.replace(account, account + "1"),
            good.replace(account, account[1:] + "x"),
            good.replace(":kms:", ": kms:"),
            good.replace(":kms:", ":"),
            good.replace(":", "/"),
            f"alias/{a_text(rng, 30, LOWER_AND_DIGITS)}",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            a_text(rng, 40, characters("LMZSNP")),
        )
        # The longest one has no room for a longer account.
        value = rng.choice([text for text in wrong if len(text) <= shape.metadata["max"]])
        return put(rng, program, place, value)

    return break_it


def breaks_location_pattern(place: str, shape: Any) -> Breaker:
    longest = LONGEST_PREFIXES[shape.metadata["pattern"]]

    def break_it(rng: random.Random, program: Program) -> Path:
        bucket, prefix = a_bucket(rng, rng.randint(8, 40)), a_prefix(rng, longest - 1).rstrip("/")
        good, at = f"s3://{bucket}", rng.randint(0, len(prefix))
        middle = rng.randint(1, len(bucket) - 2)
        broken = bucket[:middle] + rng.choice("AZ_ é🧬\n:") + bucket[middle + 1 :]
        wrong = (
            f"{good}/{prefix}x",
            f"{good}/{prefix[:at]}\n{prefix[at:]}/",
            f"{good}/{a_text(rng, longest + rng.choice((1, 2, 200)), LOWER_AND_DIGITS)}/",
            f"s3://{broken}",
            f"s3://{a_bucket(rng, 2)}",
            f"s3://{a_bucket(rng, rng.randint(64, 80))}",
            f"s3://{rng.choice('-.')}{bucket}",
            f"s3://{bucket}{rng.choice('-.')}",
            f"{rng.choice(('S3', 'https', 's3a', ''))}://{bucket}",
            bucket,
            f"/{bucket}/{prefix}/",
            f"s3:/{bucket}",
            "s3://",
            f" {good}",
            f"{good}\n",
            f"{good}/{prefix}/\n",
            rng.choice((" ", "/", ".", "none")),
        )
        return put(rng, program, place, rng.choice(wrong))

    return break_it


def _key_shape() -> Any:
    return model()["sseConfig.keyArn"]


def ways_of_the_model() -> Iterator[tuple[str, Breaker]]:
    """Return a way to break each constraint that the model has."""
    for place, shape in model().items():
        limits = shape.metadata
        if place in required_places():
            yield f"{place}: required", breaks_required(place)
        if not place.endswith("{key}"):  # JSON has no other keys than text
            yield f"{place}: type", breaks_type(place, shape)
        if limits.get("min", 0) > 0 and place not in EMPTY_IS_ABSENT:
            yield f"{place}: min", breaks_min(place, shape)
        if "max" in limits:
            of_list = shape.type_name == "list"
            yield f"{place}: max", (breaks_max_of_list if of_list else breaks_max)(place, shape)
        if "enum" in limits:
            yield f"{place}: enum", breaks_enum(place, shape)
        if "pattern" in limits:
            yield f"{place}: pattern", breaker_of_pattern(limits["pattern"])(place, shape)


def breaker_of_pattern(pattern: str) -> Callable[[str, Any], Breaker]:
    known = {TEXT_PATTERN: breaks_text_pattern, KEY_ARN_PATTERN: breaks_key_arn_pattern}
    known |= dict.fromkeys(LONGEST_PREFIXES, breaks_location_pattern)
    return known[pattern]  # a new pattern is news: teach it to these cases


# Rules that are not in the model: the service's, by its documents


def _bad_tag_key(rng: random.Random) -> str:
    """Choose a key that begins with aws: in some spelling, or has an inadmissible character."""
    good = a_tag_key(rng, model()["tags{key}"])[:100]
    if rng.random() < 0.5:
        return "".join(rng.choice((c, c.upper())) for c in "aws:") + good
    at = rng.randint(0, len(good))
    bad = [char for char in characters("MSPC") if char not in TAG_SYMBOLS]
    return good[:at] + rng.choice(bad) + good[at:]


def breaks_tag_key(rng: random.Random, program: Program) -> Path:
    return put(rng, program, "tags{key}", _bad_tag_key(rng))


def breaks_propagated_key(rng: random.Random, program: Program) -> Path:
    return put(rng, program, "propagatedSetLevelTags[]", _bad_tag_key(rng))


def has_too_many_propagated_keys(rng: random.Random, program: Program) -> Path:
    count = PROPAGATED_TAGS_MAX + rng.choice((1, 2, rng.randint(1, 45)))
    program["propagatedSetLevelTags"] = [f"key{number}" for number in range(count)]
    return ("propagatedSetLevelTags",)


def has_too_many_tags(rng: random.Random, program: Program) -> Path:
    count = TAGS_MAX + rng.choice((1, 2, rng.randint(1, 100)))
    program["tags"] = {f"key{number}": "value" for number in range(count)}
    return ("tags",)


DOCUMENTED: dict[str, Breaker] = {
    "tags{key}: aws: or a character": breaks_tag_key,
    "propagatedSetLevelTags[]: aws: or a character": breaks_propagated_key,
    "propagatedSetLevelTags: 5": has_too_many_propagated_keys,
    "tags: 50": has_too_many_tags,
}


# Rules of this library's own, stricter by choice


def has_own_tag(rng: random.Random, program: Program) -> Path:
    key = OWN_TAGS_PREFIX + a_tag_key(rng, model()["tags{key}"])
    return put(rng, program, "tags{key}", key[: model()["tags{key}"].metadata["max"]])


def leaves_no_room_for_own_tags(rng: random.Random, program: Program) -> Path:
    count = rng.randint(MAX_TAGS + 1, TAGS_MAX)
    program["tags"] = {f"key{number}": "value" for number in range(count)}
    return ("tags",)


def repeats_a_propagated_key(rng: random.Random, program: Program) -> Path:
    keys = [a_tag_key(rng, model()["propagatedSetLevelTags[]"]) for _ in range(rng.randint(1, 4))]
    keys.insert(rng.randint(0, len(keys)), rng.choice(keys))
    program["propagatedSetLevelTags"] = keys
    return ("propagatedSetLevelTags",)


def has_no_key_of_kms(rng: random.Random, program: Program) -> Path:
    good = a_key_arn(rng, program["region"], _key_shape())[:1000]
    wrong = (
        good.replace(":key/", ":alias/"),
        good.replace(":kms:", f":{rng.choice(('iam', 's3', 'omics'))}:"),
        f"key {good}",
        f"{good}\n",
        f"{good}:x",
        f"{good}/x",
        good.replace(":key/", ":"),
    )
    return put(rng, program, "sseConfig.keyArn", rng.choice(wrong))


def has_a_key_of_another_region(rng: random.Random, program: Program) -> Path:
    others = [region for region in (*REGIONS, "ap-south-1") if region != program["region"]]
    key_arn = a_key_arn(rng, rng.choice(others), _key_shape())
    return put(rng, program, "sseConfig.keyArn", key_arn)


def has_a_location_that_only_the_pattern_admits(rng: random.Random, program: Program) -> Path:
    bucket = a_bucket(rng, rng.randint(8, 40))
    wrong = (
        f"s3://{bucket[:5]}_{bucket[5:]}/",
        f"s3://{bucket[:5]}K{bucket[5:]}/x/",
        f"s3://{a_bucket(rng, rng.randint(64, 80))}/",
        f"s3://{bucket}.{'/x' * rng.randint(0, 2)}/",
        f"s3://{bucket}//",
    )
    place = rng.choice(("fallbackLocation", "accessLogLocation"))
    return put(rng, program, place, rng.choice(wrong))


def has_a_location_that_no_client_can_read(rng: random.Random, program: Program) -> Path:
    prefix = a_prefix(rng, 100)
    at, bad = rng.randint(0, len(prefix)), rng.choice("\r\t\0\x1f\x7f\x85\u2028\u2029")
    place = rng.choice(("fallbackLocation", "accessLogLocation"))
    return put(rng, program, place, f"s3://{a_bucket(rng)}/{prefix[:at]}{bad}{prefix[at:]}/")


def has_an_unknown_property(rng: random.Random, program: Program) -> Path:
    if rng.random() < 0.3:
        program["s3AccessConfig"] = {"accessLogLocation": "s3://bucket"}
        program.pop("accessLogLocation", None)
        return ("s3AccessConfig",)
    name = rng.choice(("colour", "storeName", "kmsKeyArn", "Name", "arn", "id"))
    return put(rng, program, rng.choice((name, f"sseConfig.{name}")), "x")


OURS: dict[str, Breaker] = {
    "tags{key}: this library's": has_own_tag,
    "tags: room for this library's": leaves_no_room_for_own_tags,
    "propagatedSetLevelTags: twice": repeats_a_propagated_key,
    "sseConfig.keyArn: a key": has_no_key_of_kms,
    "sseConfig.keyArn: region": has_a_key_of_another_region,
    "locations: slash after the bucket": has_a_location_that_only_the_pattern_admits,
    "locations: control characters": has_a_location_that_no_client_can_read,
    "unknown property": has_an_unknown_property,
}


# The tests

WAYS: dict[str, tuple[Breaker, Grade]] = {
    **{way: (breaker, "service") for way, breaker in ways_of_the_model()},
    **{way: (breaker, "service") for way, breaker in DOCUMENTED.items()},
    **{way: (breaker, "ours") for way, breaker in OURS.items()},
}
CASES_OF_A_WAY = -(-CASES // len(WAYS))
PROGRAMS_OF_A_SEED = 100


def answer_of(emulator: Emulator, program: Program) -> tuple[int, str]:
    """Send a program to the emulator as the request it stands for; give status and body."""
    body = {name: value for name, value in program.items() if name != "region"}
    if "accessLogLocation" in body:
        body["s3AccessConfig"] = {"accessLogLocation": body.pop("accessLogLocation")}
    credential = f"AKIAFAKE/20260101/{program['region']}/omics/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, Signature=x"}
    status, _, answer = emulator.handle(
        "POST", "/sequencestore", "", headers, json.dumps(body).encode()
    )
    return status, answer.decode()


def python_name(wire_name: object) -> str:
    return re.sub("([A-Z])", r"_\1", str(wire_name)).lower()


@pytest.mark.parametrize("way", WAYS)
def test_what_breaks_a_rule_is_refused_where_it_is_and_nothing_else_is(
    way: str, handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    breaker, grade = WAYS[way]
    rng = chooser(way)
    for _ in range(CASES_OF_A_WAY):
        program = a_program(rng)
        path = breaker(rng, program)
        before = deepcopy(program)

        failures = handler.check({}, program, ()).failures

        assert [failure.path for failure in failures] == [path], program
        assert failures[0].reason.startswith(python_name(path[0])), failures
        assert program == before
        assert store_emulator.calls.names() == []

        status, answer = answer_of(store_emulator, program)
        assert status == (400 if grade == "service" else 200), (program, answer)
        store_emulator.calls.clear()


@pytest.mark.parametrize("seed", range(CASES // PROGRAMS_OF_A_SEED))
def test_what_breaks_no_rule_is_accepted_by_check_and_by_the_service(
    seed: int, handler: SequenceStoreHandler, store_emulator: Emulator
) -> None:
    rng = chooser(seed)
    for _ in range(PROGRAMS_OF_A_SEED):
        program = a_program(rng)

        validation = handler.check({}, program, ())

        assert validation.failures == (), program
        assert store_emulator.calls.names() == []
        # A check of what the check gave changes nothing: an unchanged program stays quiet.
        inputs = validation.inputs.to_wire()
        assert handler.check(inputs, inputs, ()).inputs == validation.inputs

        status, answer = answer_of(store_emulator, program)
        assert status == 200, (program, answer)
        store_emulator.calls.clear()


def test_the_valid_programs_reach_the_borders() -> None:
    """The cases above are worth what they touch: limits, enum values and forms of locations."""
    rng = chooser(0)
    programs = [a_program(rng) for _ in range(CASES)]
    shapes = model()

    names = {len(program["name"]) for program in programs}
    assert {shapes["name"].metadata["min"], shapes["name"].metadata["max"]} <= names
    texts = [program["description"] for program in programs if "description" in program]
    limits = shapes["description"].metadata
    assert {limits["min"], limits["max"]} <= {len(text) for text in texts}
    categories = {unicodedata.category(char) for text in texts for char in text}
    assert categories == {unicodedata.category(char) for char in characters("LMZSNP")}
    families = {program.get("eTagAlgorithmFamily") for program in programs}
    assert {*shapes["eTagAlgorithmFamily"].metadata["enum"], None} == families
    for name, longest in (("fallbackLocation", 1024), ("accessLogLocation", 800)):
        locations = {program.get(name) for program in programs} - {None}
        assert "" in locations
        parts = [text.removeprefix("s3://").partition("/") for text in locations if text]
        assert {3, 63} <= {len(bucket) for bucket, _, _ in parts}
        assert {("", ""), ("/", "")} <= {(slash, prefix) for _, slash, prefix in parts}
        assert {1, longest} <= {len(prefix) - 1 for _, _, prefix in parts}
    tags = [program["tags"] for program in programs if "tags" in program]
    assert {0, MAX_TAGS} <= {len(item) for item in tags}
    assert {1, 128} <= {len(key) for item in tags for key in item}
    assert {0, 256} <= {len(text) for item in tags for text in item.values()}
    keys = [program.get("propagatedSetLevelTags", []) for program in programs]
    assert {0, PROPAGATED_TAGS_MAX} <= {len(item) for item in keys}
    arns = [program.get("sseConfig", {}).get("keyArn", "") for program in programs]
    assert shapes["sseConfig.keyArn"].metadata["max"] in {len(arn) for arn in arns}
