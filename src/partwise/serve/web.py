"""The one place that knows starlette and uvicorn: from bytes to a question, and from an answer to bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from partwise.errors import DataError, IncompatibleError, MissingExtraError
from partwise.serve.door import Door
from partwise.serve.refusals import Refused, told
from partwise.serve.routes import Route
from partwise.serve.schema import fault, shortened

try:
    import anyio
    import anyio.to_thread
    import uvicorn
    from starlette import routing
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response
except ImportError:
    raise MissingExtraError.for_task("Serving a model", "serve") from None

__all__ = ["Starlette", "application", "server"]

HEADERS = {
    "Cache-Control": "no-store",  # another model may be served here next, and the page holds data
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = {"text/html": "frame-ancestors 'none'", "application/json": "default-src 'none'; frame-ancestors 'none'"}
"""Media type -> Content-Security-Policy; the page carries its own, by hashes, and this is added to it."""

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="partwise", Basic realm="partwise", charset="UTF-8"'}

WORKERS = 4
"""Questions that are answered at one time; the others wait. Each uses the threads of the library besides."""

PATIENCE = 30.0
"""Seconds that a body may take to arrive: what has come waits in memory."""

CONNECTIONS = 1000
"""More are answered with 503."""


# ------------------------------------------------------------------ the application


def application(routes: Sequence[Route], door: Door, max_body: int) -> Starlette:
    """Answer the questions of a table to whom the door lets in."""
    workers = Workers()
    paths = ", ".join(route.path for route in routes)

    async def refuse(request: Request, error: Any) -> Response:
        if isinstance(error, HTTPException):
            where = request.url.path[:60]
            reason = f"There is no {where}. This model answers at {paths}."
            if error.status_code == 405:
                reason = f"{where} does not answer {request.method}, but {(error.headers or {}).get('Allow')}."
            return refused(error.status_code, reason, error.headers)
        return refused(*told(error))

    found = Starlette(
        routes=[routing.Route(one.path, endpoint(one, workers, max_body), methods=[one.method]) for one in routes],
        middleware=[Middleware(Doorkeeper, door=door)],
        exception_handlers=dict.fromkeys((Refused, DataError, IncompatibleError, HTTPException, Exception), refuse),
    )
    found.router.redirect_slashes = False
    return found


def endpoint(route: Route, workers: Workers, max_body: int) -> Any:
    """What starlette calls for a route."""

    async def respond(request: Request) -> Response:
        if route.body is None:
            return reply(encoded(route, route.ask(None)), route.media)
        raw = await body_of(request, max_body)
        return reply(await workers.run(answered, route, raw), route.media)

    return respond


class Workers:
    """A limited number of threads; the limit is made where the event loop runs."""

    def __init__(self) -> None:
        self.limit: Any = None

    async def run(self, ask: Any, *arguments: Any) -> Any:
        """``ask(*arguments)`` in a thread."""
        self.limit = self.limit or anyio.CapacityLimiter(WORKERS)
        return await anyio.to_thread.run_sync(ask, *arguments, limiter=self.limit)


class Doorkeeper:
    """ASGI middleware: shows the door to who may not come in, before anything of theirs is read."""

    def __init__(self, app: Any, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request through, or answer it."""
        respond = self.app
        if scope["type"] == "http":
            request = Request(scope)
            try:
                self.door.check(scope["path"].removeprefix(scope.get("root_path", "")), request.headers)
            except Refused as error:
                respond = refused(error.status, error.reason, CHALLENGE if error.status == 401 else None)
        await respond(scope, receive, send)


# ------------------------------------------------------------------ a question


async def body_of(request: Request, most: int) -> bytes:
    """The body, of which no more is read than may be."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Refused(415, f"The body is {media[:60] or 'of no type'}. Send JSON, as Content-Type: application/json.")
    too_large = Refused(413, f"The body has more than the {most:,} bytes that are read. Send it in parts.")
    length, read = request.headers.get("content-length", "")[:20], bytearray()
    if length.isdecimal() and int(length) > most:
        raise too_large
    try:
        with anyio.fail_after(PATIENCE):
            async for part in request.stream():
                read += part
                if len(read) > most:
                    raise too_large
    except ClientDisconnect:
        raise Refused(400, "The body ended early.") from None
    except TimeoutError:
        raise Refused(408, f"The body took more than {PATIENCE:g} seconds to arrive. Send it in parts.") from None
    return bytes(read)


def answered(route: Route, raw: bytes) -> bytes:
    """The answer to a body; a pure function of the two and the model, called by several threads at once."""
    body = parsed(raw)
    if found := fault(body, route.body or {}):
        raise Refused(422, found[1:] if found.startswith(".") else f"The body{found}")
    with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range is refused when it is encoded
        return encoded(route, route.ask(body))


def parsed(raw: bytes) -> Any:
    """The value of a body."""
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=named_once)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"The body is no JSON: {error}.") from None


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; of two values of one name either could be meant, so it is refused."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        raise ValueError(f"an object has {shortened(names.most_common(1)[0][0])} twice")
    return found


# ------------------------------------------------------------------ an answer


def encoded(route: Route, answer: Any) -> bytes:
    """The bytes of an answer."""
    if route.media != "application/json":
        return answer.encode("utf-8")
    try:
        return as_json(answer)
    except ValueError:
        raise Refused(422, "The answer is beyond the largest number. Divide the numbers by a common one.") from None


def as_json(value: Any) -> bytes:
    """In ASCII, so that half a character of a name is no obstacle."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def reply(content: bytes, media: str, status: int = 200, headers: Any = None) -> Response:
    """A response with the headers that all of them have."""
    own = {**HEADERS, "Content-Security-Policy": POLICY[media], **(headers or {})}
    return Response(content, status, own, media)


def refused(status: int, reason: str, headers: Any = None) -> Response:
    """The response to a request that is not answered."""
    return reply(as_json({"error": reason}), "application/json", status, headers)


# ------------------------------------------------------------------ the server


def server(found: Starlette, verbose: bool = False) -> uvicorn.Server:
    """A server of an application; ``run(sockets=[...])`` starts it, and an interrupt ends it."""
    return uvicorn.Server(
        uvicorn.Config(
            found,
            lifespan="off",
            ws="none",
            access_log=verbose,
            log_level="info" if verbose else "warning",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
    )
