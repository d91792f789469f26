"""What the refusals of this app mean over HTTP."""

from collections.abc import Mapping

from api.problems import ProblemType

PROBLEMS: Mapping[type[Exception], ProblemType] = {}
