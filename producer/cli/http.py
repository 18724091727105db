"""The HTTP API: serve."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 is any that is free.")
@click.option("--insecure", is_flag=True, help="Let anybody in who can reach the address, without a key.")
def serve(host: str, port: int, insecure: bool) -> None:
    """Serve the HTTP API and the status page; speech comes from the workers at NARRATOR_REDIS_URL.

    \b
    narrator serve
    NARRATOR_API_KEYS=$(openssl rand -hex 24) narrator serve --host 0.0.0.0 --port 8000
    """
    from importlib.util import find_spec

    from models.errors import Permanent

    if find_spec("fastapi") is None:
        raise Permanent("the HTTP API is not installed: pip install 'narrator[http]'")
    from producer.http.serve import serve as run

    run(host, port, insecure=insecure, ready=lambda address: click.echo(f"serving {address} (API: {address}/docs)"))
