"""From a request to a stored order: drafts, pricing, place_orders (the use case), group_commit, store."""
