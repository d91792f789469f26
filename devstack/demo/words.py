"""What the demo says."""

KEYS = {
    "k": "kill a consumer: it comes back and catches up",
    "b": "Kafka is away for ten seconds: orders are taken all the same",
    "s": "a product sells out: who orders it waits for stock",
    "p": "a poison message: one more order gets stuck",
    "f": "fix what the poisoned orders fail by, so that they can be replayed",
    "q": "quit: everything that was started is ended",
}


def introduction(*, url: str, user: str, password: str, stuck: str, has_keys: bool) -> str:
    """Where to look, and what at."""
    keys = "\n".join(f"  {key}  {text}" for key, text in KEYS.items())
    mend = "Press f to fix the cause, then Replay" if has_keys else "Once the cause is mended, Replay"
    below = (
        f"Keys, here in this terminal:\n\n{keys}" if has_keys else "No terminal, no keys. Ctrl-C or SIGTERM ends it."
    )
    return f"""
The demo is running: an order comes in about every second and a half.

  Log in      {url}/admin/        user {user}, password {password}

Then look at:

  Operations  {url}/operations/   how orders flow, who is behind, and what needs a person
  Orders      {url}/admin/orders/order/   each says where it stands; open one and see its timeline
  Stuck       {stuck or "(it could not be made: see the logs)"}

The stuck order waits since a consumer could not handle its message: its page says so, and the dead letter that it
links to says why. {mend} on the page of the order sends it on to its invoice.

{below}
"""
