"""OpenAPI: what the interface says of itself, made of the questions as they are declared.

Belongs here: the document. Not here: answering (`api.py`).
"""

from typing import Any

from acme_platform.serving.live_question import LiveQuestion
from acme_platform.serving.question import Question, every_question

AGE: dict[str, Any] = {
    "newest_day": {"type": "string", "format": "date", "description": "the newest filled day"},
    "filled_at": {"type": "string", "format": "date-time", "description": "when what it is made of was filled last"},
    "is_trusted": {"type": "boolean", "description": "no check is red, and each that must pass has looked"},
    **{
        name: {"type": "array", "items": {"type": "string"}, "description": f"checks of what it is made of: {meaning}"}
        for name, meaning in (
            ("red", "broken"),
            ("warned", "broken, of little weight"),
            ("unjudged", "without verdict"),
        )
    },
}
DAY = {
    "name": "day",
    "in": "query",
    "description": "as of which day; without it, the newest that is filled, and of a live view every day that it holds",
    "schema": {"type": "string", "format": "date"},
}
PARAMETER = {
    "in": "query",
    "description": "as text; empty or left out, the question says what is meant",
    "schema": {"type": "string"},
}
REFUSED = {
    "400": "a parameter is wrong",
    "404": "there is no such question, or no answer as of that day",
    "503": "too many ask, or the warehouse does not answer; Retry-After says when to ask again",
}


def document() -> dict[str, Any]:
    """OpenAPI 3.1: two paths a question."""
    paths: dict[str, Any] = {"/api/questions": {"get": _listing()}}
    for known in every_question().values():
        paths[f"/api/questions/{known.name}"] = {"get": _operation(known, "json", _answer(known))}
        paths[f"/questions/{known.name}.csv"] = {"get": _operation(known, "csv", {"type": "string"})}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Questions and their answers", "version": "1"},
        "paths": paths,
        "components": {"schemas": {"Refusal": _object({"error": {"type": "string"}, "next": {"type": "string"}})}},
    }


def described(known: Question | LiveQuestion) -> dict[str, Any]:
    """One entry of the list of questions."""
    return {
        "name": known.name,
        "meaning": known.meaning,
        "parameters": list(known.parameters),
        "columns": known.columns,
        "reads": list(known.tables),
        "answer": f"/api/questions/{known.name}",
        "csv": f"/questions/{known.name}.csv",
    }


def _listing() -> dict[str, Any]:
    listed = _object({"questions": {"type": "array", "items": {"type": "object"}}})
    return {
        "operationId": "questions",
        "summary": "Every question.",
        "parameters": [],
        "responses": {"200": _content("json", listed)},
    }


def _operation(known: Question | LiveQuestion, form: str, schema: dict[str, Any]) -> dict[str, Any]:
    given = [{"name": name, **PARAMETER} for name in known.parameters]
    refused = {"$ref": "#/components/schemas/Refusal"} if form == "json" else {"type": "string"}
    return {
        "operationId": f"{known.name}_{form}",
        "summary": known.meaning,
        "parameters": [DAY, *given],
        "responses": {
            "200": _content(form, schema),
            **{
                status: _content("json" if form == "json" else "plain", refused, why) for status, why in REFUSED.items()
            },
        },
    }


def _answer(known: Question | LiveQuestion) -> dict[str, Any]:
    row = {"type": "object", "properties": {column: {} for column in known.columns}}
    return _object(
        {
            "question": {"type": "string"},
            "day": {"type": ["string", "null"], "format": "date", "description": "null: of several days, see its rows"},
            "parameters": {"type": "object"},
            "row_count": {"type": "integer", "description": "of the whole answer"},
            "is_cut": {"type": "boolean", "description": "there are more rows than these; the CSV file has all"},
            "age": _object(AGE),
            "rows": {"type": "array", "items": row},
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _content(form: str, schema: dict[str, Any], description: str = "the answer") -> dict[str, Any]:
    kind = {"json": "application/json", "csv": "text/csv", "plain": "text/plain"}[form]
    return {"description": description, "content": {kind: {"schema": schema}}}
