"""Between the web server and Django: who is let in, who waits for a thread, and who is told to come back later.

Granian calls `Application` in its event loop, by RSGI (https://github.com/emmett-framework/granian, docs/spec/RSGI.md).
There a slow client costs a coroutine and a refusal costs microseconds; Django runs in a few threads and is given only
requests that have come in whole.
"""
