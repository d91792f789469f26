"""PostgreSQL on this machine: the server, and the system user that it runs as."""
