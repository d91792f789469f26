"""Bytes of an order in each table and index, and indexes that nothing has used."""

from benchmarks.instance import Instance

_TABLES = """
    SELECT relname, pg_relation_size(oid), pg_indexes_size(oid),
        pg_total_relation_size(oid) - pg_relation_size(oid) - pg_indexes_size(oid)
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_INDEXES = """
    SELECT relname, indexrelname, pg_relation_size(indexrelid), idx_scan, indisunique
    FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)
    WHERE schemaname = 'public'
"""


def bytes_of_an_order(ours: Instance, orders: int) -> dict[str, dict[str, float]]:
    """By table: rows, indexes, and what is stored outside of rows; tables with less than a byte are left out."""
    with ours.database.cursor() as cursor:
        cursor.execute(_TABLES)
        sizes = {
            name: {"rows": rows / orders, "indexes": indexes / orders, "toast": toast / orders}
            for name, rows, indexes, toast in cursor.fetchall()
        }
    return {
        name: {kind: round(size, 1) for kind, size in parts.items()}
        for name, parts in sorted(sizes.items(), key=lambda item: -sum(item[1].values()))
        if sum(parts.values()) >= 1
    }


def index_use(ours: Instance, orders: int) -> list[dict[str, object]]:
    """Each index: its bytes of an order, how often it was used, and whether it also keeps rows unique."""
    with ours.database.cursor() as cursor:
        cursor.execute(_INDEXES)
        rows = sorted(cursor.fetchall(), key=lambda row: -row[2])
    return [
        {"table": table, "index": index, "bytes": round(size / orders, 1), "scans": scans, "unique": unique}
        for table, index, size, scans, unique in rows
        if size / orders >= 0.1
    ]
