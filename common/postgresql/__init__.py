"""Django's database backend for PostgreSQL, which closes read-only sessions."""
