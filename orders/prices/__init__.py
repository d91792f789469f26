"""What products cost, in which currency and from when: `timed` (which price holds), changes, withdrawals, records."""
