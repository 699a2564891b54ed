"""A small HTTP client for a load: it shares the processor with the server that is measured, so it does next to nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


class Refused(OSError):
    """A call was answered with an error; the text says which."""


@dataclass(slots=True)
class Client:
    """One connection to a server on this machine, kept open over the calls of one shopper, which follow each other."""

    port: int
    _reader: asyncio.StreamReader | None = field(default=None, init=False)
    _writer: asyncio.StreamWriter | None = field(default=None, init=False)

    async def lines(self, method: str, path: str, body: object = None, token: str = "") -> AsyncIterator[bytes]:
        """The lines of the answer as they come in, without their ends.

        Raises `Refused` for an answer that is no success, `OSError` or `asyncio.IncompleteReadError` for a connection
        that breaks. An answer must be read to its end before the next call.
        """
        reader = await self._sent(method, path, b"" if body is None else json.dumps(body).encode(), token)
        status, headers = await _head(reader)
        rest = b""
        told: list[bytes] = []
        async for part in _body(reader, headers):
            *whole, rest = (rest + part).split(b"\n")
            if status >= 300:
                told += whole
                continue
            for line in whole:
                yield line
        if status >= 300:
            self.close()
            raise Refused(f"{status}: {b' '.join([*told, rest]).decode(errors='replace')[:200]}")
        if rest:
            yield rest

    async def json(self, method: str, path: str, body: object = None, token: str = "") -> dict[str, object]:
        """The whole answer, which must be a JSON object. Raises as `lines` does."""
        found: dict[str, object] = json.loads(b"\n".join([line async for line in self.lines(method, path, body, token)]))
        return found

    def close(self) -> None:
        """Ends the connection; the next call opens another one."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None

    async def _sent(self, method: str, path: str, body: bytes, token: str) -> asyncio.StreamReader:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return self._reader


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    return int(lines[0].split()[1]), headers


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
    if headers.get("transfer-encoding") != "chunked":
        yield await reader.readexactly(int(headers.get("content-length", "0")))
        return
    while size := int(await reader.readline(), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
