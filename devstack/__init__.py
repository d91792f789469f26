"""PostgreSQL and Kafka for a machine that has neither, and the supervisor behind `make run`.

Needs Python and the packages of requirements-devstack.txt: no root rights, no Docker. It knows the product only as
commands to run (`product.py`) and is never imported by it.

    processes/   child processes, their restarts, and what is recorded of them on disk for the next start
    postgres/    a PostgreSQL server in a folder          kafka/         a Kafka broker, or a cluster of them
    stack.py     PostgreSQL and Kafka together            ephemeral.py   a stack that is deleted afterwards
    make_run/    `make run`                               shell.py       a command with a stack of its own
"""
