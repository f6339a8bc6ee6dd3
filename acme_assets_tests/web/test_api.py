"""The interface of `acme serve` for programs: answers are those of `acme query`, and the description holds."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from acme_assets_tests.web.served import ALL, BIG, NEWEST, RED, Served

NORWAY = "--param", "country=Norway"


def test_an_answer_as_json_is_that_of_the_command(served: Served) -> None:
    told = served.get("/api/questions/country_spenders", country="Norway").json
    assert told["rows"] == json.loads(served.acme("query", "country_spenders", *NORWAY, "--format", "json"))
    assert told["rows"][0]["order_amount"] == "10.10"
    assert (told["day"], told["row_count"], told["is_cut"]) == (str(NEWEST), 2, False)
    assert (told["age"]["is_trusted"], told["age"]["newest_day"]) == (True, str(NEWEST))


def test_an_answer_says_what_checks_think_of_it(served: Served) -> None:
    age = served.get("/api/questions/customer_orders", day=str(RED)).json["age"]
    assert age["red"] == ["customer_orders_sum_to_staged_orders on analytics.customer_orders"]
    assert age["is_trusted"] is False
    age = served.get("/api/questions/customer_orders", day=str(BIG)).json["age"]
    assert (age["red"], age["is_trusted"]) == ([], False)
    assert "key_unique on analytics.customer_orders" in age["unjudged"]


def test_a_file_is_the_one_that_the_command_exports(served: Served, tmp_path: Path) -> None:
    """What a spreadsheet would run as a formula has a quote in both."""
    served.acme("query", "country_spenders", *NORWAY, "--export", tmp_path)
    (exported,) = tmp_path.iterdir()
    file = served.get("/questions/country_spenders.csv", country="Norway")
    assert file.body == exported.read_bytes()
    assert b"'=1+1" in file.body
    assert file.headers["content-disposition"] == f'attachment; filename="country_spenders_{NEWEST}.csv"'


def test_a_file_has_all_rows(served: Served) -> None:
    file = served.get("/questions/customer_orders.csv", day=str(BIG))
    assert file.text.count("\n") == ALL + 1
    assert served.get("/api/questions/customer_orders", day=str(BIG)).json["row_count"] == ALL


def test_a_file_that_cannot_be_had_is_none(served: Served) -> None:
    file = served.get("/questions/customer_orders.csv", day="2024-01-09")
    assert (file.status, file.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    assert file.text.splitlines()[1].startswith(f"ask as of {NEWEST}")


def test_the_list_tells_what_can_be_asked(served: Served) -> None:
    (listed,) = [one for one in served.get("/api/questions").json["questions"] if one["name"] == "country_spenders"]
    assert listed["parameters"] == ["country"]
    assert listed["columns"] == ["customer_id", "customer_name", "order_amount"]
    assert listed["reads"] == ["analytics.customer_orders"]
    assert served.get(listed["answer"]).json["question"] == "country_spenders"


@pytest.mark.parametrize("path", ["/api", "/openapi.json"])
def test_each_question_is_described(served: Served, path: str) -> None:
    said = served.get(path).text
    assert "/api/questions/top_dates" in said
    assert "/questions/top_dates.csv" in said


def test_the_description_is_openapi(served: Served) -> None:
    document = served.get("/openapi.json").json
    validate(document)
    told = served.get("/api/questions/country_spenders").json
    described = document["paths"]["/api/questions/country_spenders"]["get"]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(schema["required"]) == set(told)
    assert set(schema["properties"]["age"]["required"]) == set(told["age"])
    assert set(schema["properties"]["rows"]["items"]["properties"]) == set(told["rows"][0])
    assert [one["name"] for one in described["parameters"]] == ["day", "country"]
