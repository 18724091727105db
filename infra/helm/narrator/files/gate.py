"""Lets others reach one port of a server that listens on the loopback alone: ``gate.py PORT TO``.

SeaweedFS's gateway for S3 asks for keys. The port beside it, on which its own daemons may add users, asks nobody, and
the two can only be bound together. So both stay on the loopback, and this neighbour opens the first.
"""

import asyncio
import contextlib
import sys

BLOCK = 1 << 16  # bytes


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on all that comes, and its end."""
    with contextlib.suppress(OSError):
        while data := await source.read(BLOCK):
            target.write(data)
            await target.drain()
        target.write_eof()


async def main(port: int, to: int) -> None:
    """Listen on every address until told to stop."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to)
            with contextlib.closing(inner_writer):
                await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    async with await asyncio.start_server(forward, None, port, backlog=512) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
