"""What a run costs at most. Prices are data; each has its source."""

from __future__ import annotations

from dataclasses import dataclass

_HOURS_OF_A_MONTH = 730


@dataclass(frozen=True)
class Price:
    """A price in us-east-1.

    Args:
        usd: The price (USD).
        unit: What for.
        most: How many a run uses at most that tries once what may lag. Each try more uses as many
            again.
        source: Where AWS lists it.
    """

    usd: float
    unit: str
    most: float
    source: str


PRICES = (
    Price(
        1.0 / _HOURS_OF_A_MONTH,
        "hour of a KMS key (1 USD a month, not charged once its deletion is scheduled)",
        15,
        "https://aws.amazon.com/kms/pricing/",
    ),
    Price(0.03 / 10_000, "KMS request", 7_000, "https://aws.amazon.com/kms/pricing/"),
    Price(0.005 / 1_000, "S3 request", 4_000, "https://aws.amazon.com/s3/pricing/"),
    Price(
        0.005769,
        "gigabase-month of a read set (30 days at least; a run's have a few hundred bases)",
        0.001,
        "https://aws.amazon.com/healthomics/pricing/",
    ),
)
"""Sequence and reference stores and their calls cost nothing themselves."""

LEFT_BEHIND = "A key that a killed run leaves costs 1 USD a month until make sweep has run."


def most_usd(times: int) -> float:
    """Return what a run costs at most (USD), rounded up to a cent.

    Args:
        times: How often it tries what may lag.
    """
    return int(sum(price.usd * price.most * times for price in PRICES) * 100 + 1) / 100
