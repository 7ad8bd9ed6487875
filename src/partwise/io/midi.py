"""Notes to a standard MIDI file, which any sequencer or notation program reads."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from partwise.errors import DataError

__all__ = ["midi_bytes"]

TICKS = 480
"""To a quarter note; at the default tempo of 120 quarter notes a minute 960 to a second."""
TEMPO = 500_000
"""Microseconds to a quarter note."""


def midi_bytes(notes: Iterable[tuple[float, float, int, int]]) -> bytes:
    """The bytes of a MIDI file of one track.

    Parameters
    ----------
    notes : iterable of (onset, offset, pitch, velocity)
        Onset and offset in seconds, pitch 0 to 127 (A4 is 69), velocity 1 to 127.

    Returns
    -------
    bytes

    Raises
    ------
    DataError
        If a number is out of its range.

    Notes
    -----
    Times are rounded to 1/960 s. A note that would be shorter than that lasts as long.

    References
    ----------
    Standard MIDI Files 1.0, https://midi.org/standard-midi-files-specification.

    Examples
    --------
    >>> from partwise.io import midi_bytes
    >>> midi_bytes([(0.0, 0.5, 69, 100)])[:4]
    b'MThd'
    """
    events = []
    for onset, offset, pitch, velocity in notes:
        if not (0 <= onset < offset and 0 <= pitch <= 127 and 1 <= velocity <= 127):
            raise DataError(
                f"A note of onset {onset}, offset {offset}, pitch {pitch} and velocity {velocity} cannot be written: "
                "0 <= onset < offset, pitch 0 to 127, velocity 1 to 127."
            )
        start = ticks(onset)
        events.append((start, 1, bytes((0x90, pitch, velocity))))
        events.append((max(ticks(offset), start + 1), 0, bytes((0x80, pitch, 0))))  # ends before beginnings
    body, now = b"\x00\xff\x51\x03" + TEMPO.to_bytes(3, "big"), 0
    for time, _, message in sorted(events):
        body += variable_length(time - now) + message
        now = time
    body += b"\x00\xff\x2f\x00"  # end of track
    head = struct.pack(">HHH", 0, 1, TICKS)
    return b"".join(kind + struct.pack(">I", len(part)) + part for kind, part in ((b"MThd", head), (b"MTrk", body)))


def ticks(seconds: float) -> int:
    """Seconds in the unit of the file."""
    return round(seconds * TICKS * 1_000_000 / TEMPO)


def variable_length(number: int) -> bytes:
    """A number in groups of seven bits, all but the last marked.

    Examples
    --------
    >>> variable_length(200).hex()
    '8148'
    """
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
