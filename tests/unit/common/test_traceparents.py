"""W3C trace contexts: https://www.w3.org/TR/trace-context/#versioning-of-traceparent"""

import pytest

from common.traceparents import is_sampled, normalized, trace_id_of

IDS = f"{'a' * 32}-{'b' * 16}"


@pytest.mark.parametrize("flags", ["00", "01", "02", "ff"])
def test_a_context_of_version_00_stays_as_it_is(flags):
    assert normalized(f"00-{IDS}-{flags}") == f"00-{IDS}-{flags}"


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (f"01-{IDS}-01", f"00-{IDS}-01"),
        (f"cc-{IDS}-03-what-the-future-will-be-like", f"00-{IDS}-01"),
        (f"cc-{IDS}-fe-", f"00-{IDS}-00"),
    ],
)
def test_a_later_version_is_read_as_far_as_it_is_known(given, known):
    assert normalized(given) == known


@pytest.mark.parametrize(
    "given",
    [
        "",
        "00",
        f"00-{IDS}-01.",
        f"00-{IDS}-01-more",  # open-telemetry/opentelemetry-java#1675
        f"cc-{IDS}-01.more",
        f"ff-{IDS}-01",
        f"00-{IDS}-1",
        f"00-{IDS}-01,00-{IDS}-01",
        f"00-{IDS.upper()}-01",
        f" 00-{IDS}-01",
        f"00-{IDS}-01\n",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        "\u0660" * 55,
    ],
)
def test_what_is_garbled_is_none(given):
    assert normalized(given) == ""
    assert trace_id_of(normalized(given)) == ""
    assert not is_sampled(normalized(given))


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)])
def test_the_last_bit_says_whether_it_is_recorded(flags, sampled):
    assert is_sampled(f"00-{IDS}-{flags}") is sampled
    assert trace_id_of(f"00-{IDS}-{flags}") == "a" * 32
