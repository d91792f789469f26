"""The model of docs/capacity.md: what so many orders a second need."""

from benchmarks.capacity import PAGE, rewritten
from benchmarks.capacity_model import UTILISATION, Measured

CPU = {"web": 0.2, "consumers": 0.3, "postgresql": 0.1, "kafka": 0.1, "load generator": 0.5}
LIVE = {
    "rate": 100.0,
    "others": 0.1,
    "cpu": CPU,
    "wal_bytes": 10_000.0,
    "kafka_bytes": 2_000.0,
    "connections": {"web": 6, "consumers": 9},
}
SIZES = {
    "orders_order": {"rows": 500.0, "indexes": 300.0, "toast": 0.0},
    "messaging_inboxentry": {"rows": 400.0, "indexes": 200.0, "toast": 0.0},
}
RESULTS = {
    "facts": {"cores": 2, "at": "2026-01-02T03:04:05", "commit": "abc"},
    "live": [{"10000": LIVE, "1000000": LIVE}],
    "stages": {
        "10000": {"bytes_of_an_order": {}},
        "1000000": {"bytes_of_an_order": SIZES},
    },
}


def test_cores_are_in_proportion_to_the_rate_and_the_generator_is_not_among_them():
    need = Measured.of(RESULTS).need(1000)

    assert round(need.postgresql_cores * UTILISATION, 6) == 1.0
    assert round(need.cores * UTILISATION, 6) == 7.0


def test_a_process_of_the_product_has_one_core_at_most():
    need = Measured.of(RESULTS).need(1000)

    assert need.processes == {"web": 4, "consumers": 5}
    assert need.connections == 4 * 6 + 5 * 9
    assert need.partitions >= need.processes["consumers"]


def test_what_is_kept_for_days_stops_growing():
    need = Measured.of(RESULTS).need(1)

    assert need.database_bytes(1) == 86_400 * (800 + 600)
    assert need.database_bytes(100) - need.database_bytes(50) == 50 * 86_400 * 800


def test_the_page_has_a_place_for_each_table_and_writing_it_again_changes_nothing():
    once = rewritten(PAGE.read_text(encoding="utf-8"), RESULTS)

    assert once.count("| all |") == once.count("| consumer processes |") == once.count("| WAL of PostgreSQL") == 1
    assert rewritten(once, RESULTS) == once
