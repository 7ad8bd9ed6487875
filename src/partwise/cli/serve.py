"""``partwise serve``: a model file as a small web server."""

from __future__ import annotations

import click

from partwise.cli import options
from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.voice import Voice

__all__ = ["serve"]


@click.command()
@options.model_file
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen at; any but the own asks a token."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--token", envvar="PARTWISE_TOKEN", help="What requests must bring; also from PARTWISE_TOKEN.")
@click.option(
    "--max-body", type=options.ByteSize(), default="10MB", show_default=True, help="Largest body of a request."
)
@click.option(
    "--max-batch", type=click.IntRange(min=1), default=1000, show_default=True, help="Most rows of a request."
)
@options.voice
def serve(model: str, host: str, port: int, token: str | None, max_body: int, max_batch: int, voice: Voice) -> None:
    """Serve a model to a browser and to programs, until Ctrl+C.

    MODEL is a .pw file. At / is its report; /api/transform, /api/similar and /api/recommend answer in JSON, and
    /openapi.json describes them. Only this machine can ask unless --host says otherwise.
    """
    from partwise.cli.report import as_usage, load
    from partwise.serve import run

    def ready(url: str) -> None:
        voice.say(f"Serving {model} at {url} (Ctrl+C stops it)")
        voice.result({"verb": "serve", "model": model, "url": url})

    limits = {"max_body": max_body, "max_batch": max_batch}
    fitted = load(model)
    try:
        with as_usage(""):
            run(fitted, host=host, port=port, token=token, **limits, verbose=voice.verbosity > 0, ready=ready)
    except OSError as error:
        raise Refusal(f"{host}, port {port}: {error.strerror}. Choose another --host or --port.", USAGE) from None
