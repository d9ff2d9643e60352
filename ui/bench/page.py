"""The bench as a page on loopback: a person plays the hardware, and sees lock, screen, register and records grow.

It is for one person on this machine. Only requests addressed to this machine's own name are answered, and an act
wants a header that no other site's page can send, so that a page open in the same browser cannot play along.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import uvicorn
from msgspec import Meta, Struct
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from kiosk.link.listening import LinkError
from kiosk.rules.messages import Input, Order
from ui.bench.bench import Bench
from ui.words import LANGUAGES

STATIC: Final = Path(__file__).with_name("static")
_LONGEST: Final = 2048
_LOOK_S: Final = 0.15
_OWN_HEADER: Final = ("x-doorward", "bench")
_POLICY: Final = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-ancestors 'none'"


class Act(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a person does; `what` names it, the rest is its object."""

    what: str
    reader: str = ""
    card: Annotated[str, Meta(pattern=r"\A[0-9A-Fa-f]{10}\Z")] = "0000000000"
    code: Annotated[str, Meta(max_length=16, pattern=r"\A[0-9]*\Z")] = ""
    input: Input = Input.FIRE
    order: Order = Order.ALARM_RESET


_act = msgspec.json.Decoder(Act)


def app(bench: Bench) -> Starlette:
    """The page over a bench."""

    async def home(_request: Request) -> Response:
        return FileResponse(STATIC / "bench.html", headers={"content-security-policy": _POLICY})

    async def act(request: Request) -> Response:
        if request.headers.get(_OWN_HEADER[0]) != _OWN_HEADER[1]:
            return PlainTextResponse("This page's own buttons only.", 403)
        body = await _bounded(request)
        try:
            wanted = _act.decode(body)
            await asyncio.to_thread(bench.play, wanted)
        except (msgspec.MsgspecError, LookupError) as error:
            return PlainTextResponse(f"Nobody can do that here: {error}", 400)
        except LinkError as error:
            return PlainTextResponse(str(error), 503)
        return Response(status_code=204)

    async def events(request: Request) -> Response:
        language = request.query_params.get("lang", LANGUAGES[0])
        if language not in LANGUAGES:
            return PlainTextResponse("There is no such language.", 404)
        return StreamingResponse(_changes(bench, language, request), media_type="text/event-stream")

    routes = [
        Route("/", home),
        Route("/act", act, methods=["POST"]),
        Route("/events", events),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    hosts = ["127.0.0.1", "localhost"]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)])


async def _bounded(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            return b""
    return body


async def _changes(bench: Bench, language: str, request: Request) -> AsyncIterator[bytes]:
    """The whole state, again whenever it changed."""
    before = b""
    while not await request.is_disconnected():
        state: dict[str, Any] = await asyncio.to_thread(bench.state, language)
        now = msgspec.json.encode(state)
        if now != before:
            before = now
            yield b"data: " + now + b"\n\n"
        await asyncio.sleep(_LOOK_S)


def serve(bench: Bench, port: int, told: Callable[[str], None]) -> None:
    """Until the person stops it. `told` gets the address. Raises OSError if the port is taken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        told(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        config = uvicorn.Config(app(bench), log_level="warning", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])
