# Needs Python 3.11 or later; another than `python3`: make run PYTHON=python3.12
PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --no-header

# After a `kill -9`, `clean` has processes to end, and needs the packages for that.
LEFTOVERS := $(wildcard .devstack/processes.json .devstack-test-*/processes.json)
CLEANER = $(shell test -x $(BIN)/python && echo $(BIN)/python || echo $(PYTHON))

# Settings for what loads Django but talks to no server.
NO_SERVERS := SECRET_KEY=none DATABASE_URL=postgres://nobody@127.0.0.1:9/none KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9

.PHONY: help run demo pictures manage doctor test spec chaos defects bench figures profile endurance clean lint format lock packages dev-packages

help: ## shows this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

run: packages ## PostgreSQL, Kafka and Orderflow until Ctrl-C; PORT=8000, or any other; ARGS="--brokers 3"
	@$(BIN)/python -m devstack run $(ARGS)

demo: packages ## the same with customers who order, one order that is stuck, and faults at the press of a key
	@$(BIN)/python -m devstack demo $(ARGS)

manage: packages ## a command of manage.py, for the same servers; ARGS="where PO-1"
	@$(BIN)/python -m devstack manage -- $(ARGS)

doctor: packages ## what is wrong with the servers in the environment, or with those of `make run`, and what to do about it
	@$(BIN)/python -m devstack doctor

test: dev-packages ## every test, on a PostgreSQL and a Kafka of its own; ARGS="-k name" chooses
	@$(BIN)/python -m devstack test -- $(ARGS)

pictures: dev-packages ## the README's pictures, of a shop that it starts and ends; needs a Chromium
	@$(BIN)/python -m devstack shell -- $(BIN)/python -m tests.browser.pictures $(ARGS)

spec: ## searches the model in docs/spec/ for a way to break its promises; needs Spin and a C compiler
	@$(PYTHON) docs/spec/check.py $(ARGS)

chaos: dev-packages ## breaks everything for five minutes, and compares what clients were told: ARGS="--minutes 30 --seed 7"
	@$(BIN)/python -m tests.chaos $(ARGS)

defects: dev-packages ## puts known defects into a copy of the code, one by one: does its test see it? ARGS="part of a name"
	@$(BIN)/python -m devstack shell -- $(BIN)/python -m tests.defects $(ARGS)

bench: dev-packages ## how fast it is, in ratios; six minutes on an idle machine: benchmarks/README.md
	@$(BIN)/python -m benchmarks $(ARGS)

figures: dev-packages ## the README's figures and their plot, of the newest run of `make bench`
	@$(BIN)/python -m benchmarks.figures

profile: dev-packages ## where the CPU of an order goes: flame graphs in benchmarks/results/; ARGS="--clients 32"
	@$(BIN)/python -m benchmarks.profile $(ARGS)

endurance: dev-packages ## an hour at half of the peak: does anything stall or grow? ARGS="--chains 50" for 50 backlogs in a row
	@$(BIN)/python -m benchmarks.endurance $(or $(ARGS),--minutes 60)

clean: $(if $(LEFTOVERS),packages) ## ends what is left over, and deletes .devstack/ with all data
	@$(CLEANER) -m devstack clean

# The type checker loads the settings, which insist on these; nothing connects.
lint: export SECRET_KEY = for-the-type-checker
lint: export DATABASE_URL = postgres://nobody@127.0.0.1:9/none
lint: export KAFKA_BOOTSTRAP_SERVERS = 127.0.0.1:9
lint: dev-packages ## style, types, and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(NO_SERVERS) $(BIN)/mypy .
	@$(BIN)/lint-imports

format: dev-packages ## puts the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: dev-packages ## pins what the requirements*.in ask for, with hashes
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-devstack.in -o requirements-devstack.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt

packages:
	@$(PYTHON) devstack/bootstrap.py requirements-devstack.txt

dev-packages:
	@$(PYTHON) devstack/bootstrap.py requirements-dev.txt
