"""``serve``: it answers until it is interrupted; what would be open to others is refused before anything is read."""

import json
import signal
import socket
import sys
import urllib.request

import pytest

from partwise import serve


def test_a_model_is_served_until_an_interrupt(fitted, command):
    process = command("serve", fitted / "model.pw", "--port", 0, "--json")
    try:
        said = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{said['url']}healthz", timeout=60) as answer:
            assert json.load(answer) == {"status": "ok"}
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0 and "Traceback" not in log
    assert f"Serving {fitted / 'model.pw'} at {said['url']} (Ctrl+C stops it)" in log


@pytest.mark.parametrize(
    "arguments, said",
    [
        (
            ("--host", "0.0.0.0"),
            "0.0.0.0 can be reached from other machines, and the model holds your data. Give a token",
        ),
        (("--host", "::"), ":: can be reached from other machines"),
        (("--host", "0.0.0.0", "--token", ""), "A token is made of letters"),
        (("--token", "two words"), "A token is made of letters"),
        (("--host", "a..b"), "'a..b' is no name of a machine. Give an address such as 127.0.0.1."),
        (("--host", "256.1.1.1.invalid"), "Choose another --host or --port."),
        (("--port", "70000"), "Invalid value for '--port'"),
        (("--max-body", "0"), "'0' is no size of a file"),
        (("--max-batch", "0"), "Invalid value for '--max-batch'"),
    ],
)
def test_mistakes_of_serve(arguments, said, fitted, run):
    result = run("serve", fitted / "model.pw", "--port", 0, *arguments, code=2)
    assert said in " ".join(result.stderr.split())


def test_a_port_in_use_is_told(fitted, run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", fitted / "model.pw", "--port", port, code=2)
    assert f"127.0.0.1, port {port}: Address already in use" in result.stderr


def test_a_missing_extra_names_the_command_that_installs_it(fitted, run, monkeypatch):
    monkeypatch.delitem(sys.modules, "partwise.serve.web", raising=False)
    monkeypatch.delattr(serve, "web", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)  # which import takes for a module that is not there
    result = run("serve", fitted / "model.pw", code=2)
    assert 'Serving a model needs the serve extra: pip install "partwise[serve]".' in result.stderr
