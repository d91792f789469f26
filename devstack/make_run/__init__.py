"""`make run`: starts servers and services, prepares the database, prints the log-ins, and supervises until Ctrl-C."""
