"""The product's settings, with an app that takes out a part: BENCHMARK_WITHOUT names it."""

import os

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as OF_THE_PRODUCT

INSTALLED_APPS = [*OF_THE_PRODUCT, os.environ["BENCHMARK_WITHOUT"]]
