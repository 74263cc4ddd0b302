# Targets with a double hash are listed by `make help`.

GO         ?= go
FUZZTIME   ?= 30s
TESTFLAGS  ?= -timeout 40m -parallel 4
PACKAGES   ?= ./...

WORKFLOWCHECK = go.temporal.io/sdk/contrib/tools/workflowcheck
WORKFLOWCHECK_VERSION = v0.6.0
LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint
LINT_VERSION = v2.15.0

.DEFAULT_GOAL := help
.PHONY: help build prepare fmt-check vet workflowcheck lint test test-only test-race demo chaos chaos-rollback crash break record-histories bench bench-micro bench-memory bench-engine fuzz compose-check secrets clean

help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## builds bin/worker and bin/starter, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/ ./worker ./starter

prepare: ## installs or builds what the tests need and the machine lacks
	@tools/prepare

fmt-check:
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "not gofmt'ed:"; echo "$$files"; exit 1; fi

vet:
	$(GO) vet $(PACKAGES)

workflowcheck: ## looks for clocks, random numbers and maps in workflows
	"$$(tools/tool $(WORKFLOWCHECK) $(WORKFLOWCHECK_VERSION))" -config tools/workflowcheck.yml ./workflows/...

lint: ## runs golangci-lint, built once (91 s)
	"$$(tools/tool $(LINT) $(LINT_VERSION))" run --allow-parallel-runners $(PACKAGES)

test: prepare fmt-check vet workflowcheck lint test-only ## everything a change must pass (under 30 minutes on two cores from nothing)

test-only: ## the Go tests alone
	$(GO) test $(TESTFLAGS) $(PACKAGES)

test-race: prepare ## the Go tests with the race detector (needs a C compiler)
	$(GO) test -race $(TESTFLAGS) $(PACKAGES)

demo: ## migrates a made-up account on this machine, start to end
	$(GO) run ./starter demo

SEEDS ?= 100
chaos: prepare ## SEEDS migrations (100) amid crashes, outages and lost answers; a failure prints its SEED
	SEEDS=$(SEEDS) SEED=$(SEED) $(GO) test -count=1 -timeout 0 -run '^TestChaos$$' -v ./internal/e2e

break: prepare ## breaks the program in small ways, on a copy: the tests must notice each (NAMES="...": some alone)
	$(GO) run ./tools/break $(if $(NAMES),$(NAMES),-write docs/invariants.md)

HISTORIES = $(CURDIR)/workflows/testdata/histories/$(shell date +%F)

record-histories: prepare ## records histories of real runs for the replay tests, in a folder of today (three minutes)
	rm -rf $(HISTORIES) && mkdir -p $(HISTORIES)
	RECORD_HISTORIES=$(HISTORIES) $(GO) test -count=1 -timeout 20m -run TestStoriesWorthReplaying ./internal/e2e
	$(GO) test -count=1 -run 'Histor' ./workflows

crash: ## SCHEDULES=1000 deaths and faults by SEED, in virtual time; each failure says how to replay it
	SCHEDULES=$${SCHEDULES:-1000} SEED=$${SEED:-1} $(GO) test -count=1 -timeout 12h -run TestSchedules -v ./internal/crash

chaos-rollback: prepare ## a rollback of EFFECTS effects (100000), killed KILLS times (20), while people edit
	EFFECTS=$(or $(EFFECTS),100000) KILLS=$(or $(KILLS),20) $(GO) test -count=1 -timeout 6h -run 'TestARollbackThatIsKilledAgainAndAgain' -v ./internal/e2e

bench: prepare ## one table of all promised figures against their goals, 40 minutes (PARTS="engine calls large quota workers memory"; MILLION=1: hours)
	$(GO) run ./tools/bench $(if $(MILLION),-million) $(PARTS)

bench-micro: ## the hot paths alone, for benchstat: map, journal, limiter, clients (COUNT=10)
	$(GO) test -run '^$$' -bench . -benchmem -count $(or $(COUNT),1) ./clients/... ./internal/ledger ./internal/limit ./internal/mapping ./internal/target ./internal/report

bench-memory: prepare ## resident memory of a worker that moves PEOPLE people (100000) with EVENTS events each (10)
	PEOPLE=$(or $(PEOPLE),100000) EVENTS=$(or $(EVENTS),10) $(GO) test -run '^$$' -bench 'Memory' -benchtime 1x -timeout 24h ./internal/e2e

bench-engine: prepare ## the load of PEOPLE people (6000) against a bare loop that posts the same
	PEOPLE=$(or $(PEOPLE),6000) $(GO) test -run '^$$' -bench 'Engine' -benchtime 1x -count $(or $(COUNT),3) -timeout 1h ./internal/e2e

fuzz: ## every fuzz target for FUZZTIME (30s)
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
	  for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$$file"); do \
	    echo "$$name in $$(dirname "$$file")"; \
	    $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "./$$(dirname "$$file")" || exit 1; \
	  done; done

compose-check: ## checks docker-compose.yml and Dockerfile
	$(GO) test -count=1 -run 'TestCompose|TestDockerfile' ./internal/devstack
	@if docker compose version >/dev/null 2>&1; then docker compose --profile metrics --profile tools config --quiet; fi

secrets: ## makes the folder of secrets that docker-compose.yml reads
	@tools/secrets

clean: ## removes built programs
	rm -rf bin
