"""The program; what it declares is in ``infrastructure``, where tests can import it."""

from infrastructure import declare

declare()
