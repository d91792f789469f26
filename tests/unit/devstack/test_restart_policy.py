from devstack.processes.restart import RestartPolicy

POLICY = RestartPolicy(first_delay=1, longest_delay=5, healthy_after=20, most_failures=5)


def test_each_failure_in_a_row_doubles_the_delay_up_to_a_limit():
    assert [POLICY.delay(failures) for failures in (1, 2, 3, 4)] == [1, 2, 4, 5]


def test_too_many_failures_in_a_row_are_the_end():
    assert POLICY.delay(5) is None


def test_a_quick_failure_counts_on_top_of_those_before():
    assert POLICY.failures_after(3, lasted=0.1) == 4


def test_a_long_run_makes_earlier_failures_forgotten():
    assert POLICY.failures_after(4, lasted=20) == 1
