"""The template database of all measurements: schema, catalogue with stock, an API client."""

from benchmarks.orders import catalogue_csv
from benchmarks.pgbench import MIRROR
from benchmarks.servers import Servers
from benchmarks.version import THIS


def build_template(servers: Servers) -> str:
    """Fill the template of the servers' version; returns the API client's token, which is valid in each copy.

    Raises:
        DevstackError: a command failed.
    """
    if servers.version != THIS:
        servers.create_database(servers.template)  # that of THIS comes with the servers
    environment, manage = servers.environment(servers.template), servers.version.manage
    catalogue = servers.folder / "catalogue.csv"
    catalogue.write_text(catalogue_csv(), encoding="utf-8")
    servers.run("migrate", manage("migrate", "--noinput"), environment)
    servers.run("import_catalogue", manage("import_catalogue", str(catalogue)), environment)
    token = servers.run("create_api_client", manage("create_api_client", "benchmark"), environment)
    connection = servers.connect(servers.template)
    cursor = connection.cursor()
    cursor.execute(MIRROR)
    # Not the empty tables: PostgreSQL would plan for empty ones until autovacuum has analysed them.
    cursor.execute("VACUUM ANALYZE orders_product, inventory_stockitem")
    connection.close()
    return token.strip()
