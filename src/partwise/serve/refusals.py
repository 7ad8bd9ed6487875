"""From an exception to a status of HTTP and a sentence. What is no refusal of ours is a bug, and stays inside."""

from __future__ import annotations

from partwise.errors import DataError, IncompatibleError

__all__ = ["BUG", "REASONS", "Refused", "told"]

BUG = 500

REASONS = {
    400: "The body is no JSON.",
    401: "The token is missing or wrong.",
    408: "The body came too slowly.",
    409: "The model cannot do this.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    421: "The Host header names another server.",
    422: "The body is JSON, but not a question to this model.",
}
"""Status -> when it is the answer; every refusal says more in ``error``."""

LONGEST = 1000
"""Characters of a sentence: it may name what was sent, which may be long."""

STATUS: tuple[tuple[type[Exception], int], ...] = ((IncompatibleError, 409), (DataError, 422))
"""The first class that fits decides."""


class Refused(Exception):
    """A request that is not answered.

    Attributes
    ----------
    status : int
        One of `REASONS`.
    reason : str
        A sentence that names the thing.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def told(error: Exception) -> tuple[int, str]:
    """The status and the sentence of an error; of a bug not a word more than that it is one.

    Examples
    --------
    >>> told(Refused(415, "Send JSON."))
    (415, 'Send JSON.')
    >>> told(DataError("User 7 is not in the model."))
    (422, 'User 7 is not in the model.')
    >>> told(KeyError("secret"))
    (500, 'This should not happen. The log of the server tells more.')
    """
    if isinstance(error, Refused):
        return error.status, error.reason
    status = next((status for kind, status in STATUS if isinstance(error, kind)), BUG)
    if status == BUG:
        return status, "This should not happen. The log of the server tells more."
    return status, str(error) if len(str(error)) <= LONGEST else f"{str(error)[:LONGEST]} ..."
