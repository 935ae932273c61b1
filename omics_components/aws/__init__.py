"""How AWS is called: clients and credentials, errors, rate limits, retries, waiting, settings."""
