"""Telling systemd: sd_notify(3), one datagram. Without NOTIFY_SOCKET nobody is there to be told."""

import os
import socket


def notify(state: str) -> None:
    """Send a state such as READY=1. A manager that does not listen is no reason to stop."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        try:
            out.connect(address)
            out.sendall(state.encode())
        except OSError:
            return
