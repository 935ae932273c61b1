"""Random inputs of a store that check accepts, in wire names."""

import unicodedata
from typing import Any

from hypothesis import strategies as st

PRINTABLE = st.characters(
    codec="utf-8", categories=["L", "M", "Zs", "S", "N", "P"], exclude_characters="\x00"
)
_BUCKETS = st.from_regex(r"[a-z0-9][a-z0-9\-.]{1,20}[a-z0-9]", fullmatch=True)
_PREFIXES = st.text(PRINTABLE, min_size=1, max_size=30).filter(lambda text: "/" not in text)
TAG_KEYS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "Zs"], include_characters="_.:/=+-@"),
    min_size=1,
    max_size=40,
).filter(lambda key: not key.lower().startswith("aws:"))
TAGS = st.dictionaries(TAG_KEYS, st.text(PRINTABLE, max_size=40), max_size=8)
LOCATIONS = st.one_of(
    st.builds("s3://{}".format, _BUCKETS),
    st.builds("s3://{}/".format, _BUCKETS),
    st.builds("s3://{}/{}/".format, _BUCKETS, _PREFIXES),
)
KEY_ARNS = st.from_regex(r"arn:aws:kms:us-east-1:[0-9]{12}:key/(mrk-)?[0-9a-f]{32}", fullmatch=True)
ENCRYPTION = st.one_of(
    st.just({"type": "KMS"}), st.fixed_dictionaries({"type": st.just("KMS"), "keyArn": KEY_ARNS})
)


def programs() -> st.SearchStrategy[dict[str, Any]]:
    """Return whole programs."""
    return st.fixed_dictionaries(
        {"name": st.text(PRINTABLE, min_size=1, max_size=127), "region": st.just("us-east-1")},
        optional={
            "description": st.text(PRINTABLE, min_size=1, max_size=255),
            "sseConfig": ENCRYPTION,
            "fallbackLocation": LOCATIONS,
            "eTagAlgorithmFamily": st.sampled_from(["MD5up", "SHA256up", "SHA512up"]),
            "propagatedSetLevelTags": st.lists(TAG_KEYS, max_size=5, unique=True),
            "accessLogLocation": LOCATIONS,
            "tags": TAGS,
            "replaceTriggers": st.dictionaries(st.text(PRINTABLE), st.text(PRINTABLE), max_size=3),
        },
    )


def is_printable(text: str) -> bool:
    """Return what the model's pattern says of a name, by another road than the library."""
    return all(unicodedata.category(character)[0] != "C" for character in text)
