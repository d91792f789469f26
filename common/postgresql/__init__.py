"""Django's database backend for PostgreSQL, with sessions that began read-only given up."""
