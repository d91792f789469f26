"""Where `make run` keeps the data of its Kafka brokers."""

import pytest

from devstack.__main__ import parser
from devstack.errors import DevstackError
from devstack.local_servers import BROKERS, kafka_folder


@pytest.mark.parametrize(("brokers", "name"), [(1, "kafka"), (3, "kafka-of-3")])
def test_the_same_number_of_brokers_finds_its_data_again(tmp_path, brokers, name):
    (tmp_path / name).mkdir()

    assert kafka_folder(tmp_path, brokers) == tmp_path / name


@pytest.mark.parametrize(("name", "brokers", "there"), [("kafka", 3, "1 Kafka broker:"), ("kafka-of-3", 1, "3 Kafka")])
def test_another_number_is_refused_because_events_would_be_left_behind(tmp_path, name, brokers, there):
    (tmp_path / name).mkdir()

    with pytest.raises(DevstackError, match=f"{there}.*make clean"):
        kafka_folder(tmp_path, brokers)


def test_the_command_line_offers_the_numbers_that_there_are_and_one_by_default():
    assert parser().parse_args(["run"]).brokers == 1
    for brokers in BROKERS:
        assert parser().parse_args(["run", "--brokers", str(brokers)]).brokers == brokers
    with pytest.raises(SystemExit):
        parser().parse_args(["run", "--brokers", "2"])
