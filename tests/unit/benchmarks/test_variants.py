from random import Random

from benchmarks.variants import compared, median_interval


def test_the_interval_has_the_median_of_what_the_values_are_drawn_from():
    random = Random(38)
    hits = 0
    for _ in range(200):
        low, high = median_interval([random.gauss(1.0, 0.1) for _ in range(40)])
        hits += low <= 1.0 <= high

    assert 180 <= hits < 200


def test_few_values_say_little():
    assert median_interval([1.0, 1.1, 0.9]) == (0.9, 1.1)


def test_ratios_are_taken_within_a_round():
    """A machine that slows down between two rounds changes no ratio."""
    line = compared({"on": [1.1, 2.2, 4.4], "off": [1.0, 2.0, 4.0]}, "on", "off")

    assert "1.100 × off: 1.100 to 1.100 by 95 %" in line
