"""A local PostgreSQL server, and the system user that it runs as."""
