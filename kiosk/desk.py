"""What the door's neighbours on its socket say, as events; and the screen that is shown to them."""

from typing import assert_never

import msgspec

from kiosk.link.link import Link, Peer
from kiosk.link.wire import (
    VERSION,
    AskScreen,
    Done,
    EnterCode,
    Hello,
    ListReady,
    PhotoTaken,
    PhotoWanted,
    PlaceOrder,
    Refused,
    Role,
    Shown,
    ToDoor,
    Welcome,
)
from kiosk.listing import Listing
from kiosk.loop import Loop
from kiosk.rules.messages import Append, CodeEntered, Event, Kind, Moment, Ordered, PhotoStored, TakePhoto
from kiosk.rules.record import MOST_INTEGER, MOST_NAME, SALT_BYTES, RecordError, compose
from kiosk.rules.turn import Door
from kiosk.rules.view import Screen, screen

_WATCHING = (Role.SCREEN, Role.BENCH, Role.WATCH)


class Desk:
    """Between the link and the loop. A code is answered by `Done` whatever it was: the screen tells what came of it.

    What no record could hold is refused here, before anything comes of it.
    """

    def __init__(self, link: Link, listing: Listing, door: str, boot: int) -> None:
        self._link, self._listing = link, listing
        self._welcome = Welcome(VERSION, door, boot)
        self._last: Screen | None = None

    def serve(self, loop: Loop) -> None:
        """Carry out everything that was said since the last call."""
        for peer, message in self._link.take():
            if isinstance(message, Hello):
                self._link.send(peer, self._welcome)
                if peer.role in _WATCHING:
                    self._link.send(peer, Shown(screen(loop.door)))
                    self._last = None  # what the others were told last is not what this one saw
                continue
            if isinstance(message, AskScreen):
                self._link.send(peer, Shown(screen(loop.door)))
                continue
            self._link.send(peer, self._carry_out(message, loop, peer))

    def show(self, door: Door) -> None:
        """Tell everybody who watches, if there is anything new to see."""
        watching = [peer for role in _WATCHING for peer in self._link.peers(role)]
        if not watching:
            return
        now = screen(door)
        if now != self._last:
            self._last = now
            for peer in watching:
                self._link.send(peer, Shown(now))

    def photo(self, wanted: TakePhoto) -> None:
        self._link.broadcast(Role.CAMERA, PhotoWanted(wanted.why, wanted.visit, wanted.burst))

    def _carry_out(self, message: ToDoor, loop: Loop, peer: Peer) -> Done | Refused:
        if isinstance(message, PlaceOrder | PhotoTaken) and not _recordable(message, loop.clock.moment()):
            return Refused("No record can hold this: shorten its texts, and keep numbers below 2^53.")
        event = self._event(message, loop, peer)
        if event is not None:
            loop.happen(event)
        return Done()

    def _event(self, message: ToDoor, loop: Loop, peer: Peer) -> Event | None:
        if isinstance(message, EnterCode):
            match = self._listing.match(message.code)  # may tell the loop that the list is damaged: time goes on
            return CodeEntered(loop.clock.moment(), message.side, match)
        at = loop.clock.moment()
        match message:
            case PlaceOrder():
                by = f"{message.by} ({peer.role})"
                return Ordered(at, message.order, by, message.reason, message.permit)
            case PhotoTaken():
                return PhotoStored(at, message.visit, message.digest, message.count, message.why)
            case ListReady():
                self._listing.renew()
                return None
            case Hello() | AskScreen():
                return None
            case _:
                assert_never(message)


def _recordable(message: PlaceOrder | PhotoTaken, at: Moment) -> bool:
    """Whether a record of it stays within its bounds, with room for what the door adds."""
    said = msgspec.json.decode(msgspec.json.encode(message))
    try:
        compose(MOST_INTEGER, Append(at, Kind.ORDER_REFUSED, {"said": said}), "-" * MOST_NAME, bytes(SALT_BYTES))
    except RecordError:
        return False
    return True
