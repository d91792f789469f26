import pytest

from benchmarks.endurance_trend import longest_standstill, trend_of


def every_five_seconds(values):
    return [(5.0 * number, float(value)) for number, value in enumerate(values)]


def test_what_rises_all_the_time_grows_by_its_slope():
    trend = trend_of(every_five_seconds(100 + 0.1 * n for n in range(720)))

    assert trend.slope == pytest.approx(72.0)
    assert trend.grows(share=0.1, least=8.0)


def test_what_fills_up_in_the_warm_up_and_then_stays_does_not_grow():
    trend = trend_of(every_five_seconds([50 + n for n in range(70)] + [120] * 650))

    assert (trend.first, trend.last) == (120, 120)
    assert not trend.grows(share=0.0, least=0.0)


def test_a_spike_is_no_growth():
    trend = trend_of(every_five_seconds([100] * 700 + [9000] + [100] * 19))

    assert trend.peak == 9000
    assert not trend.grows(share=0.0, least=0.0)


@pytest.mark.parametrize(
    ("share", "least", "grows"), [(0.1, 0, True), (0.5, 0, False), (0, 30, False), (0.1, 19, True)]
)
def test_growth_has_to_pass_both_tolerances(share, least, grows):
    trend = trend_of(every_five_seconds([100] * 100 + [120] * 100))

    assert trend.grows(share=share, least=least) is grows


def test_too_few_figures_tell_nothing():
    assert trend_of([]) is None
    assert trend_of(every_five_seconds(range(20))) is None


def test_the_longest_standstill_is_found_also_at_the_end():
    assert longest_standstill(every_five_seconds([1, 2, 2, 2, 3, 4])) == 10
    assert longest_standstill(every_five_seconds([1, 2, 3, 3, 3, 3])) == 15
    assert longest_standstill(every_five_seconds(range(9))) == 0
