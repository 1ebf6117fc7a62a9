"""A stream of known size that is read from any place: what `io` leaves to whoever makes one."""

from __future__ import annotations

import io


class Seekable(io.RawIOBase):
    """A subclass sets `size` (bytes) and reads on from `_position` in `readinto`. Seeking reads nothing."""

    size: int

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """ValueError before the start; past the end there is nothing to read, as in a file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the start")
        self._position = base + offset
        return self._position
