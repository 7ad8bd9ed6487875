"""The two public things: a model as an application, and a model as a running server."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from partwise.serve import door

if TYPE_CHECKING:
    from partwise.serve.web import Starlette  # pyright: ignore[reportAttributeAccessIssue]  the extra may be absent

__all__ = ["MAX_BATCH", "MAX_BODY", "app", "run"]

MAX_BODY = 10_000_000
"""Bytes."""
MAX_BATCH = 1000
"""Rows of a question, and entries of an answer."""


def app(
    model: Any,
    *,
    token: str | None = None,
    hosts: Iterable[str] | None = None,
    max_body: int = MAX_BODY,
    max_batch: int = MAX_BATCH,
) -> Starlette:
    """Make an ASGI application of a fitted model, to be run by any server or mounted in another application.

    ``GET /`` is the report; ``POST /api/transform``, ``/api/similar`` and ``/api/recommend`` are answered as far as the
    model knows an answer; ``GET /openapi.json`` describes them, ``GET /healthz`` says that the server lives.

    Parameters
    ----------
    model : NMF, MiniBatchNMF, TopicModel, Recommender, or another fitted estimator with ``components_``
        It is not copied: do not fit it again while it is served.
    token : str or None
        What requests must bring, as ``Authorization: Bearer TOKEN`` (or Basic, as the password). None: nothing.
    hosts : iterable of str, or None
        The names that the Host header may hold, without ports. None: any.
    max_body : int
        Bytes of a body; more are answered with 413.
    max_batch : int
        Rows of a question; more are answered with 422.

    Returns
    -------
    starlette.applications.Starlette

    Raises
    ------
    DataError
        If the model was not fitted, or the token cannot be sent.
    MissingExtraError
        Without the extra ``serve``.

    Notes
    -----
    Answers are functions of the question and the model: those to concurrent requests are, bit for bit, those to serial
    ones. The page is made once, here.

    Examples
    --------
    >>> import partwise
    >>> from partwise.datasets import ratings_5x4
    >>> served = partwise.serve.app(partwise.NMF(2, random_state=0).fit(ratings_5x4()))
    >>> [route.path for route in served.routes]
    ['/', '/healthz', '/openapi.json', '/api/transform', '/api/similar']
    """
    from partwise.serve import web
    from partwise.serve.table import routes_of

    door.check_token(token)
    table = routes_of(model, max_batch)
    names = None if hosts is None else frozenset(name.lower() for name in hosts)
    free = frozenset(route.path for route in table if route.open)
    return web.application(table, door.Door(token, names, free), max_body)


def run(
    model: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    max_body: int = MAX_BODY,
    max_batch: int = MAX_BATCH,
    verbose: bool = False,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a fitted model until an interrupt (Ctrl+C).

    Parameters
    ----------
    model, token, max_body, max_batch
        As in `app`.
    host : str
        The address to listen at. One that other machines can reach needs a token.
    port : int
        0 takes any that is free.
    verbose : bool
        Log every request.
    ready : callable
        Called with the URL as soon as connections are taken.

    Raises
    ------
    DataError
        If others could ask without a token, and as `app`.
    OSError
        If the address is unknown, or in use.

    Examples
    --------
    >>> import partwise
    >>> from partwise.datasets import ratings_5x4
    >>> model = partwise.NMF(2, random_state=0).fit(ratings_5x4())
    >>> partwise.serve.run(model, host="0.0.0.0")
    Traceback (most recent call last):
        ...
    partwise.errors.DataError: 0.0.0.0 can be reached from other machines, and the model holds your data. ...
    """
    from partwise.serve import web

    with door.listen(host, port, token) as listening:
        hosts = door.names_of(listening)
        found = app(model, token=token, hosts=hosts, max_body=max_body, max_batch=max_batch)
        if ready is not None:
            ready(door.url_of(listening))
        with contextlib.suppress(KeyboardInterrupt):
            web.server(found, verbose).run(sockets=[listening])
