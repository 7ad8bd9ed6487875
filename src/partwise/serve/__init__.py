"""A model as a small web server: its page for people, and an API in JSON for programs.

`app` makes an application that any ASGI server runs or any Starlette application mounts; `run` serves it here. Only
``web.py`` knows starlette and uvicorn; it is imported when something is served.

A question goes through ``door.py`` (who may ask), ``web.py`` (how much), ``schema.py`` (what), and is answered by the
module of the model's class: ``matrix.py``, ``topics.py`` or ``ratings.py``. ``table.py`` lists all questions
(``routes.py`` says what one is); by this list requests are checked, and of it the OpenAPI document is made
(``openapi.py``).
"""

from partwise.serve.serving import app, run

__all__ = ["app", "run"]
