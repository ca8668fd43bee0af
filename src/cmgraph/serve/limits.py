"""How much one request may ask for."""

ROWS = 100_000
"""Rows that an answer may have."""

ANSWER = 32_000_000
"""Bytes that an answer may have."""

BODY = 1_000_000
"""Bytes that a request may carry."""

MEMORY = 1 << 30
"""Bytes that a query may take beyond what its worker has."""

TIMEOUT = 20.0
"""Seconds after which a request is stopped."""

LONG = 300.0
"""Seconds that a file may take to be made for all who ask for it after."""

GRACE = 1.0
"""Seconds that a worker has beyond them, to say so itself."""

WAITING = 64
"""Requests that wait for a worker; more are turned away."""

HEAD = 5.0
"""Seconds in which the head of a request must have come, and its body."""
