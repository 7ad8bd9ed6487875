"""What can be asked of a recommender: what to recommend to whom, and who and what is alike."""

from __future__ import annotations

from typing import Any

from partwise.serve.routes import (
    NAME,
    NUMBER,
    SIMILAR,
    STRING,
    Box,
    Route,
    answer_of,
    asked_count,
    count,
    list_of,
    one_of,
    similar_of,
)

__all__ = ["routes"]


def routes(model: Any, most: int) -> list[Route]:
    """Recommendations, and users and items that are alike."""

    def recommend(body: Any) -> Any:
        n, unseen = asked_count(body, most), body.get("filter_seen", True)
        ratings = None if "user" in body else known(model, body["ratings"])
        found = model.recommend(body.get("user"), n, unseen, ratings=ratings)
        return {"recommendations": found.to_dict("records")}

    def alike(body: Any) -> Any:
        n = asked_count(body, most)
        return similar_of(
            model.similar_items(body["item"], n) if "item" in body else model.similar_users(body["user"], n)
        )

    ratings = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}
    seen = {"type": "boolean", "default": True}
    return [
        Route(
            "/api/recommend",
            "The best items for a user of the model, or for a new one by what they rated or bought; because names the "
            "taste that speaks most for an item. filter_seen leaves out what the user had.",
            recommend,
            answer_of(recommendations=list_of(answer_of(item=STRING, score=NUMBER, rank="integer", because=STRING))),
            one_of("user", "ratings", user=NAME, ratings=ratings, n=count(most), filter_seen=seen),
            box=Box("What to recommend to a user", "The name of a user", "user", "name", str(model.users_[0])),
        ),
        Route(
            "/api/similar",
            "The items most like an item, or the users most like a user, by the cosine of their tastes; itself first.",
            alike,
            SIMILAR,
            one_of("item", "user", item=NAME, user=NAME, n=count(most)),
            box=Box("The items most like an item", "The name of an item", "item", "name", str(model.items_[0])),
        ),
    ]


def known(model: Any, ratings: dict[str, float]) -> dict[str, float]:
    """The ratings of a new user by the names of the table; an unknown item is refused, which a table would not be."""
    return {str(model.items_[model.place_of_item(item)]): value for item, value in ratings.items()}
