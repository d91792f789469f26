import pytest
from django.core.management import CommandError, call_command


@pytest.mark.usefixtures("kafka")
def test_topics_that_are_as_the_settings_ask_are_left_alone(capsys):
    call_command("ensure_topics")

    assert capsys.readouterr().out == "all topics are there\n"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("KAFKA_TOPIC_PARTITIONS", r"topic test-.*\.inventory has 3 partitions, KAFKA_TOPIC_PARTITIONS asks for 4"),
        ("KAFKA_TOPIC_REPLICATION", r"topic test-.*\.inventory has 1 copies, KAFKA_TOPIC_REPLICATION asks for 2"),
    ],
)
def test_a_topic_that_is_less_than_the_settings_ask_for_is_named(kafka, settings, setting, said):
    assert kafka
    setattr(settings, setting, getattr(settings, setting) + 1)

    with pytest.raises(CommandError, match=said):
        call_command("ensure_topics")
