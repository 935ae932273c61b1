"""Calls per second: one token bucket for each account, region and operation."""

from omics_components.emulator.errors import ServiceError


class CallRate:
    """Token buckets filled at the documented rate, one second's worth deep (assumed: burst).

    Not thread-safe: the emulator calls it under its lock.
    """

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def take(
        self, account: str, region: str, operation: str, *, tps: int, now_s: float, burst: float
    ) -> None:
        """Count one call.

        Args:
            account: Account of the caller.
            region: Region of the call.
            operation: Name of the operation.
            tps: Calls per second that the operation may have.
            now_s: Time of the call (s).
            burst: Calls that may come at once.

        Raises:
            ServiceError: ThrottlingException (429), there were too many calls.
        """
        key = (account, region, operation)
        tokens, since_s = self._buckets.get(key, (burst, now_s))
        # Times are cut to milliseconds; the small term keeps 1 call per 1.000 s possible.
        tokens = min(burst, tokens + (now_s - since_s) * tps + 1e-6)
        if tokens < 1:
            self._buckets[key] = (tokens, now_s)
            raise ServiceError("ThrottlingException", f"Rate exceeded: {operation}, {tps}/s")
        self._buckets[key] = (tokens - 1, now_s)
