"""PostgreSQL and Kafka for a machine that has neither, and the supervisor behind `make run`.

Needs Python and the packages of requirements-devstack.txt: no root rights, no Docker. It knows the product only as
commands to run (`services.py`) and is never imported by it.

    process.py    one child process in a session of its own        registry.py   what runs, on disk, for the next start
    postgres.py   a PostgreSQL server in a folder                  kafka.py      a Kafka node in a folder
    stack.py      both, started together                           ephemeral.py  a stack thrown away afterwards
    run.py        `make run`                                       supervisor.py restarts what crashes
"""
