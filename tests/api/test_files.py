"""The doors for files when something behind them is down: typed, soon, and nothing of the file is read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from records.connection import Unreachable

if TYPE_CHECKING:
    from tests.api.conftest import Client, Office

ASKED = {"of": "dis_" + "0" * 32, "document": "0" * 64, "purpose": "DISPUTE_REVIEW"}


@pytest.mark.parametrize("hangs", [False, True])
def test_a_database_that_is_down_is_said_to_be(client: Client, office: Office, *, hangs: bool) -> None:
    """As `/graphql` says it: 503 and its code."""
    office.hangs, office.fault = hangs, None if hangs else Unreachable()
    token = {"authorization": "Bearer sales-token"}
    began = time.monotonic()
    put = client.request(
        "PUT", "/upload", content=b"x" * 1000, headers=token | {"baobei-ticket": "x" * 43, "content-type": "image/png"}
    )
    asked = client.request("POST", "/file", json=ASKED, headers=token)
    for answer in (put, asked):
        assert answer.status_code == 503
        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["UNAVAILABLE"]
    assert time.monotonic() - began < 8


def test_nobody_and_a_wrong_token_are_refused_before_anything_is_read(client: Client) -> None:
    """With the challenge that HTTP asks for."""
    for headers in ({}, {"authorization": "Bearer nobody's"}, {"authorization": "Basic eDp5"}):
        answer = client.request("PUT", "/upload", content=b"x", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_page_of_an_origin_that_is_let_in_may_put_files_and_ask_for_them(client: Client) -> None:
    """Each door says its own method, and the ticket's header is among those that may be sent."""
    for path, method in (("/upload", "PUT"), ("/file", "POST"), ("/graphql", "POST")):
        asks = {"origin": "https://crm.example.com", "access-control-request-method": method}
        answer = client.request("OPTIONS", path, headers=asks)
        assert (answer.status_code, answer.headers["access-control-allow-methods"]) == (204, method)
        assert "Baobei-Ticket" in answer.headers["access-control-allow-headers"]
