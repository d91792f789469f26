"""Defects of traces."""

from tests.defects.defect import Change, Defect

TESTS = "tests/integration/operations/test_tracing.py"
TRACER = "common/telemetry/tracer.py"

TRACING = (
    Defect(
        "the context of a request left behind",
        "A trace context attached and never detached becomes the parent of whatever its thread does next",
        (
            Change(
                TRACER,
                "            yield HttpSpan(span, method)\n        finally:\n            contexts.detach(token)\n",
                "            yield HttpSpan(span, method)\n        finally:\n            del token\n",
            ),
        ),
        f"{TESTS}::test_a_request_leaves_no_context_behind",
    ),
    Defect(
        "all events of a batch in one trace",
        "Batch consumers give the events of a batch the trace of one of them, or none",
        (
            Change(
                TRACER,
                "            return _parts.get().get(traceparent, traceparent)\n",
                "            return _text(get_current_span())\n",
            ),
        ),
        f"{TESTS}::test_events_of_a_batch_continue_their_own_traces",
    ),
)
