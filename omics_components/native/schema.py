"""The package's schema."""
def schema_json() -> str:
    return "{}"
