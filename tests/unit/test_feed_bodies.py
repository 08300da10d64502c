"""From the body of a page to its records (records section 4): one that is no JSON is set apart, the others go on."""

import json
from random import Random
from typing import Any

import pytest

from compliance.errors import UnavailableError
from compliance.feeds.bodies import directory, json_page, ndjson_page
from compliance.records import decode_crimes

SOURCE = "https://crime-system.example/crimes"
GOOD = b'{"crime_ref":"22A/1/26","reported_at":"2026-07-01T09:00:00Z"}'
# What no JSON decoder takes, though it is plain where it ends.
BAD = [
    b'{"crime_ref":"22A/2/26","offence":"half a pair \\ud800"}',
    b'{"crime_ref":"22A/2/26","number":00012}',
    b'{"crime_ref":"22A/2/26","tab":"\t"}',
    b'{"crime_ref":"22A/2/26","x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    b'{"crime_ref":"22A/2/26","brackets ]}, \\" ":"[{\\\\","offence":"\\udfff"}',
    b'{"records":[{"records":[tru]}],"next":"no"}',
    b"broken",
]


def page(*records: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return b"{" + before + b'"records": [' + b" , ".join(records) + b'], "next": "c1", "more": true' + after + b"}"


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_record_that_is_no_json_is_given_out_alone(bad: bytes) -> None:
    for records in ([bad], [GOOD, bad, GOOD], [bad, bad, GOOD]):
        found = json_page(page(*records, before=b'"of": "records", "kinds": [["records"]], '), SOURCE)
        assert (found.raws, found.next, found.more) == (records, "c1", True)
        assert len(decode_crimes(found.raws)[0]) == records.count(GOOD)


def test_invalid_utf_8_is_given_out_as_it_is() -> None:
    bad = b'{"crime_ref":"\xff"}'
    assert json_page(page(GOOD, bad), SOURCE).raws == [GOOD, bad]


def test_records_set_apart_are_those_of_a_decoder() -> None:
    """The long way round, on any JSON: the same records as `json` finds."""
    dice = Random(5)

    def value(depth: int) -> Any:
        kind = dice.randrange(6 if depth else 4)
        if kind == 4:
            return [value(depth - 1) for _ in range(dice.randrange(4))]
        if kind == 5:
            return {dice.choice(('a"', "records", "]", "\\")): value(depth - 1) for _ in range(dice.randrange(3))}
        return (None, -1.5e3, True, "".join(dice.choice('[]{},:"\\ é\n') for _ in range(dice.randrange(6))))[kind]

    for _ in range(300):
        records = [value(3) for _ in range(dice.randrange(5))]
        body = json.dumps(
            {"x": value(2), "records": [*records, "half \ud800"], "next": "", "more": False, "y": value(1)}
        )
        *raws, _ = json_page(body.encode(), SOURCE).raws
        assert [json.loads(raw) for raw in raws] == records


@pytest.mark.parametrize(
    "body",
    [b'{"records":[{"crime_ref":"22A/1/26"}', b'["22A/1/26"]', b'"22A/1/26', b"22A/1/26,2026-07-01", b"22A/1/26\n"],
)
def test_a_page_that_is_none_is_not_quoted_for_it_may_hold_a_record(body: bytes) -> None:
    """The message goes into the log. A web page, which says who answered in place of the crime system, is quoted."""
    with pytest.raises(UnavailableError, match=r"gave (no JSON page|a page that cannot be read)") as caught:
        json_page(body, SOURCE)
    assert "22A" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><title>Sign in</title>", "no JSON page.*beginning '<!doctype html>"),
        (page(GOOD)[:-1], "no JSON page.*truncated"),
        (page(GOOD)[:60], "no JSON page.*truncated"),
        (b"", "no JSON page.*0 bytes"),
        (b'{"records":[],"more":false}', "missing required field `next`"),
        (b'{"records":[],"next":"c1"}', "missing required field `more`"),
        (b'{"records":[],"next":7,"more":false}', "Expected `str`, got `int`"),
        (b'{"records":{},"next":"","more":false}', "Expected `array`, got `object`"),
        (b"[]", "Expected `object`, got `array`"),
        (page(BAD[0])[:-1], "no JSON page"),
        (b'{"records":[' + BAD[0] + b'],"more":false}', "no JSON page"),
    ],
)
def test_what_is_no_page_is_said_to_be_none_and_what_was_found(body: bytes, said: str) -> None:
    with pytest.raises(UnavailableError, match=f"(?s){SOURCE} .*{said}.*expected {{"):
        json_page(body, SOURCE)


def test_a_page_of_lines_has_its_cursor_in_the_headers() -> None:
    headers = {"Next-Cursor": "c1", "More": "False"}
    body = GOOD + b"\r\n\n" + BAD[0] + b"\n" + GOOD
    found = ndjson_page(body, headers, SOURCE)
    assert (found.raws, found.next, found.more) == ([GOOD, BAD[0], GOOD], "c1", False)
    for lacking in ({"More": "true"}, {"Next-Cursor": "c1"}, {"Next-Cursor": "c1", "More": "yes"}):
        with pytest.raises(UnavailableError, match="expected the headers Next-Cursor and More"):
            ndjson_page(body, lacking, SOURCE)


def test_a_bad_line_of_the_officer_directory_is_refused_and_the_others_go_on() -> None:
    lines = [
        b'{"officer_ref":"O1","email":"o1@force.example","absent":[{"from":"2026-08-01","until":"2026-08-14"}]}',
        b'{"officer_ref":""}',
        b'{"officer_ref":"O3","left_on":"tomorrow"}',
        b'{"officer_ref":"O4","absent":[{"from":"2026-02-30"}]}',
        b"\xff",
        b"{",
        b"[" * 50_000,
        b'{"officer_ref":"O8","shoe_size":9}',
    ]
    found = directory(b"\n".join(lines))
    assert [officer.officer_ref for officer in found.officers] == ["O1", "O8"]
    assert [refusal.index for refusal in found.refusals] == [1, 2, 3, 4, 5, 6]
    assert (
        found.refusals[1].reason == "officer directory, entry 3: left_on: found 'tomorrow'; expected a date, YYYY-MM-DD"
    )
    assert "absent[0].from: found '2026-02-30'" in found.refusals[2].reason
