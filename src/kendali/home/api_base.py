"""What holds for every operation of the API: who asks, what a body may hold, which refusals there are."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.security import HttpBearer

from kendali.accounts import own_actions
from kendali.accounts.models import User

REFUSALS = {
    400: "The request cannot be read.",
    401: "No token, or one that is not valid (any more).",
    403: "The owner of the token may not do this, or the token's scopes do not include it.",
    404: "There is no such thing, or not for the owner of the token.",
    409: "A rule says no in this state, or somebody else was faster; `detail` has the reason.",
    422: "A value has the wrong form; `detail` names each.",
    503: "The source or the store did not do it; `detail` has the code of the problem.",
}


class Token(HttpBearer):
    """A person's token; it may do what the person may, within its scopes."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = own_actions.authenticate_token(token, at=timezone.now())
        if user is not None:
            request.user = user
        return user


class PlainParser(Parser):
    """JSON whose every text can be stored: UTF-8 without NUL and lone surrogates, numbers that are numbers."""

    def parse_body(self, request: HttpRequest) -> Any:
        data = json.loads(request.body.decode(), parse_constant=_no_number)
        for value in _leaves(data):
            if isinstance(value, str) and "\0" in value.encode().decode():
                raise ValueError("a NUL character")
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError("a number out of range")
        return data


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _leaves(value: object) -> Iterator[object]:
    """Keys and values, however deep."""
    heap = [value]
    while heap:
        one = heap.pop()
        if isinstance(one, dict):
            heap += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            heap += one
        else:
            yield one


class Api(NinjaAPI):
    """NinjaAPI whose document names the refusals, too."""

    @cached_property
    def document(self) -> OpenAPISchema:
        """Made once: the operations of a process stay the same."""
        schema = super().get_openapi_schema()
        schema["components"].setdefault("schemas", {})["Refusal"] = {
            "title": "Refusal",
            "type": "object",
            "required": ["detail"],
            "properties": {"detail": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]}},
        }
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                answers = operation["responses"]
                for status, text in REFUSALS.items():
                    answers.setdefault(status, {"description": text, "content": content})
        return schema

    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:
        return self.document
