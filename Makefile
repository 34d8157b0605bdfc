# Namesake. "make help" lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
ifndef SIDE_BY_SIDE # Only the lanes of "test" are.
.NOTPARALLEL:
endif
MAKEFLAGS += --no-print-directory

ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

GO ?= go
GOTESTFLAGS ?=

# Nobody debugs the programs of tests: without DWARF, one is linked in two thirds of the time. "make lint" looks at what go vet would.
TEST = $(GO) test -ldflags=-w -vet=off
# The garbage collector may take less time and more memory, where no memory is measured.
ROOMY = GOGC=400 $(TEST)

# How bench measures: test/bench/load -h lists its flags.
BENCH ?= -n 5 -limit 23m

# How often bench-admission measures each request.
SAMPLES ?= 2000

# What cluster-up starts.
NODES ?= 20
STORE ?= tmpfs
INSTALL ?= all

# The Kubernetes that tests and clusters run: K8S=1.30 is that of test/cluster/kubernetes-1.30. Without a number it is the newest.
K8S ?= $(NAMESAKE_K8S)
export NAMESAKE_K8S := $(K8S)

# The version that an image is built with: the one that the chart installs.
VERSION ?= $(shell sed -n 's/^appVersion: //p' $(ROOT)/charts/namesake/Chart.yaml)

# Where release writes to, and where releases are to be found: krew downloads from a folder below it for each version.
OUT ?= bin/release
RELEASE_URL ?= https://github.com/namesake-sandbox/namesake/releases/download

# Programs that are pinned in .tools/go.mod, apart from the product's dependencies.
TOOL := $(GO) tool -modfile=$(ROOT)/.tools/go.mod
CONTROLLER_GEN := $(TOOL) controller-gen
GOLANGCI_LINT := $(TOOL) golangci-lint

# The program that builds and runs a real control plane, see test/cluster/README.md.
CLUSTER := $(ROOT)/bin/cluster

# The product's code, and the part of it that runs in the cluster and so needs rights.
PRODUCT = $(patsubst %,./%/...,$(wildcard api internal webhooks controllers cmd))
RUNNING = $(patsubst %,./%/...,$(wildcard webhooks controllers cmd/namesake))

##@ General

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## "; print "usage: make TARGET [VARIABLE=VALUE ...]" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  %-20s %s\n", $$1, $$2 }' $(ROOT)/Makefile

.PHONY: build
build: ## Build the manager: bin/namesake.
	CGO_ENABLED=0 $(GO) build -trimpath -tags grpcnotrace -o bin/namesake ./cmd/namesake

.PHONY: plugin
plugin: ## Build the plugin of kubectl: bin/kubectl-namesake. In your PATH, it is "kubectl namesake".
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.release=$(VERSION)' -o bin/kubectl-namesake ./cmd/kubectl-namesake

.PHONY: image
image: ## Build the manager's image for linux/amd64 and linux/arm64, without Docker: bin/image.
	@mkdir -p bin && $(GO) build -C test/image -o $(ROOT)/bin/image-builder .
	@bin/image-builder -version $(VERSION) -out bin/image

.PHONY: release
release: $(CLUSTER) ## Build everything that a release consists of: VERSION=v1.2.3 OUT=bin/release. DIRTY=1 builds what is not committed, too.
	@[ '$(origin VERSION)' != file ] || { echo 'error: set VERSION, such as v1.2.3' >&2; exit 2; }
	@helm="$$($(CLUSTER) helm)"; $(GO) build -C test/release -o $(ROOT)/bin/release-builder .; \
	bin/release-builder -version '$(VERSION)' -out '$(OUT)' -helm "$$helm" -url '$(RELEASE_URL)' $(if $(DIRTY),-dirty)

.PHONY: clean
clean: ## Remove what was built here. The programs of the test cluster stay in the user's cache folder.
	rm -rf bin

##@ Generated files

.PHONY: generate
generate: ## Generate the deepcopy functions of the API types.
	$(CONTROLLER_GEN) object paths=./api/...

# The Pod's own documentation is cut short in the CRDs, or a CRD would not fit where other tools put it.
# Which fields controller-gen leaves without a bound, and what they get: config/crd/bounds.
.PHONY: manifests
manifests: ## Generate CRDs, RBAC, policies and webhook manifests below config.
	$(CONTROLLER_GEN) crd:maxDescLen=180 paths=./api/... output:crd:dir=config/crd/bases
	$(GO) run ./config/crd/bounds -crds config/crd/bases
	$(GO) run ./config/policy/generate -out config/policy
	$(if $(RUNNING),$(CONTROLLER_GEN) rbac:roleName=namesake webhook $(RUNNING:%=paths=%) \
		output:rbac:dir=config/rbac output:webhook:dir=config/webhook)

.PHONY: chart
chart: ## Generate what the chart shares with config, and its README.md.
	$(GO) run ./charts/generate

# docs/api.md comes from CRDs that have the descriptions of fields whole.
API_REFERENCE = crds="$$(mktemp -d)"; trap 'rm -rf "$$crds"' EXIT; \
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:dir="$$crds" && $(GO) run ./config/crd/bounds -crds "$$crds" && \
	$(GO) run ./docs/generate -crds "$$crds"

.PHONY: docs
docs: ## Generate the pages of docs that say what the code says.
	$(GO) test ./cmd/namesake -run TestDocs -count=1 -args -update
	$(API_REFERENCE)

##@ Checks

.PHONY: verify
verify: verify-generated verify-chart verify-docs verify-modules verify-format ## Check that generated files, modules and formatting are up to date.

# Generates in a copy, CRDs and manifests from nothing, and compares: the tree may be in any state, and stays in it.
.PHONY: verify-generated
verify-generated:
	@copies="$$(mktemp -d)"; trap 'rm -rf "$$copies"' EXIT; mkdir "$$copies/is"; \
	cp -R go.mod go.sum $(wildcard api internal webhooks controllers cmd config) "$$copies/is"; \
	cp -R "$$copies/is" "$$copies/should-be"; \
	(cd "$$copies/should-be" && rm -rf config/crd/bases config/rbac/role.yaml config/webhook/manifests.yaml; find config/policy -name policies.yaml -delete); \
	$(MAKE) -s -f $(ROOT)/Makefile -C "$$copies/should-be" generate manifests; \
	if ! (cd "$$copies" && diff -ruN is should-be); then \
		echo 'error: generated files are stale (the diff above): run "make generate manifests"' >&2; exit 1; \
	fi

.PHONY: verify-chart
verify-chart:
	@$(GO) run ./charts/generate -check

.PHONY: verify-docs
verify-docs:
	@$(GO) test ./cmd/namesake -run TestDocs
	@$(API_REFERENCE) -check

.PHONY: verify-modules
verify-modules:
	@for file in $$(find . -name go.mod -not -path './bin/*' -not -path '*/testdata/*' | LC_ALL=C sort); do \
		$(GO) -C "$$(dirname "$$file")" mod tidy -diff || { echo "error: $$file is not tidy: run \"go -C $$(dirname "$$file") mod tidy\"" >&2; exit 1; }; \
	done

.PHONY: verify-format
verify-format:
	@files="$$("$$($(GO) env GOROOT)/bin/gofmt" -l .)"; \
	if [ -n "$$files" ]; then printf 'error: not formatted, run "gofmt -w":\n%s\n' "$$files" >&2; exit 1; fi

.PHONY: lint
lint: ## Run the linters, on the product and on the test cluster's module.
	$(GOLANGCI_LINT) run ./...
	cd test/cluster && $(GOLANGCI_LINT) run --config $(ROOT)/.golangci.yaml ./...
	cd test/image && $(GOLANGCI_LINT) run --config $(ROOT)/.golangci.yaml ./...
	cd test/release && $(GOLANGCI_LINT) run --config $(ROOT)/.golangci.yaml ./...

.PHONY: helm-lint
helm-lint: $(CLUSTER) ## Let helm look at the chart.
	@"$$($(CLUSTER) helm)" lint --strict charts/namesake

##@ Tests

# What promises seconds, and what measures, has the machine to itself. The rest has two lanes side by side: clusters leave much of the
# processors to what compiles and computes. What a stage in a lane prints comes in one piece when it ends, and is in bin/test until then.
ALONE_FIRST := verify lint
lane-programs: LANE := unit cluster-unit integration chart-test image-test
lane-clusters: LANE := e2e-beside
ALONE_LAST := e2e-alone test-node

.PHONY: test
test: $(CLUSTER) ## Everything that a change has to pass.
	@rm -rf bin/test; mkdir -p bin/test; \
	$(MAKE) stages STAGES='$(ALONE_FIRST)'; \
	$(MAKE) -j2 SIDE_BY_SIDE=1 lane-programs lane-clusters; \
	$(MAKE) stages STAGES='$(ALONE_LAST)'; \
	without=; $(CLUSTER) can-node 2>/dev/null || without=', without a real node'; \
	printf '\ntest: ok%s, %d s\n' "$$without" $$SECONDS

.PHONY: stages
stages:
	@for stage in $(STAGES); do \
		printf '\n=== %s\n' "$$stage"; began=$$SECONDS; \
		$(MAKE) "$$stage" INSTALLS=2 || { printf '=== %s FAILED after %d s\n' "$$stage" $$((SECONDS - began)) >&2; exit 1; }; \
		verdict=ok; \
		if [ "$$stage" = test-node ] && ! $(CLUSTER) can-node 2>/dev/null; then verdict='NOT RUN'; fi; \
		printf '=== %s: %s, %d s\n' "$$stage" "$$verdict" $$((SECONDS - began)); \
	done

# After a failure in one lane, none begins another stage.
.PHONY: lane-programs lane-clusters
lane-programs lane-clusters:
	@for stage in $(LANE); do \
		[ ! -e bin/test/failed ] || exit 1; \
		log="bin/test/$$stage.log"; printf '=== %s: see %s\n' "$$stage" "$$log"; \
		code=0; $(MAKE) SIDE_BY_SIDE= stages STAGES="$$stage" >"$$log" 2>&1 || { code=1; touch bin/test/failed; }; \
		cat "$$log"; [ $$code = 0 ] || exit 1; \
	done

.PHONY: unit
unit: ## Unit tests.
	$(ROOMY) -race $(GOTESTFLAGS) $(PRODUCT) ./config/... ./docs/... ./test/bench/load/... ./test/builder/... ./test/chaos/... ./test/docs/... ./test/fuzz/... ./test/layout/... ./test/rights/... ./test/slowdisk/...
	$(ROOMY) $(GOTESTFLAGS) ./test/model/... # Worlds share nothing: the race detector would only take time.

.PHONY: test-model
test-model: ## The model with larger worlds and more schedules: states, schedules, and what breaks without each protection. Ten minutes.
	$(GO) test -v -timeout 60m $(GOTESTFLAGS) ./test/model/ -args -long

# Each target for itself: go fuzzes one at a time. What fails is below testdata/fuzz then, and fails in "make unit" until it is mended.
FUZZTIME ?= 10m
FUZZ ?= .

.PHONY: fuzz
fuzz: ## Run the fuzz targets that match, one after the other: FUZZTIME=10m FUZZ=regexp. Their output is in bin/fuzz.
	@mkdir -p bin/fuzz; failed=0; \
	for file in $$(grep -rl '^func Fuzz' --include='*_test.go' $(PRODUCT:./%/...=%) test/fuzz test/model | LC_ALL=C sort); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(f \*testing.F).*/\1/p' "$$file" | grep -E '$(FUZZ)'); do \
			log="bin/fuzz/$$target.txt"; verdict=ok; \
			$(GO) test "./$$(dirname "$$file")" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $(GOTESTFLAGS) >"$$log" 2>&1 || { verdict=FAILED; failed=1; }; \
			printf '%-24s %-7s %s\n' "$$target" "$$verdict" "$$(sed -n 's/^fuzz: elapsed: .*\(execs: [0-9]*\).*\(new interesting: .*\)/\1, \2/p' "$$log" | tail -1)"; \
		done; \
	done; exit $$failed

.PHONY: cluster-unit
cluster-unit: ## The tests of the test cluster's own module.
	$(GO) -C test/cluster test -race $(GOTESTFLAGS) ./...

.PHONY: integration
integration: $(CLUSTER) ## Tests against a real API server, with the generated CRDs and webhooks.
	assets="$$($(CLUSTER) assets)"; \
	KUBEBUILDER_ASSETS="$$assets" $(ROOMY) -race -timeout 30m $(GOTESTFLAGS) ./test/integration/... ./test/contract/... ./test/bench/admission/...; \
	KUBEBUILDER_ASSETS="$$assets" $(FAULTS) -short -timeout 15m -args -seed $(SEED)

# Much of a run is waiting, so there are more of them at once than processors. With -short, the seed says which faults are tried.
SEED ?= 1

FAULTS = $(ROOMY) -count=1 -parallel 8 $(GOTESTFLAGS) ./test/faults/

.PHONY: test-faults
test-faults: $(CLUSTER) ## A fault at every call and every event of everything the manager does, and what comes of it, with a table.
	assets="$$($(CLUSTER) assets)"; KUBEBUILDER_ASSETS="$$assets" $(FAULTS) -v -run TestFaults -timeout 90m

# In full what e2e does in short: 500 claims on 300 Sandboxes, with all webhooks gone, and under the eyes of the auditors.
.PHONY: test-unguarded
test-unguarded: $(CLUSTER) ## What holds without webhooks, while an editor tries what the rules refuse; what the auditor tells, and what it does not.
	$(CLUSTER) run --managers 2 --leader-elect=false -- $(E2E) -v -run TestWithoutWebhooks ./test/e2e/twomanagers/...
	$(CLUSTER) run --managers 2 --leader-elect=false -- $(E2E) -v ./test/e2e/audit/...

.PHONY: test-refusals
test-refusals: $(CLUSTER) ## Every case of what is refused and what is allowed, with webhooks and without, with a table.
	assets="$$($(CLUSTER) assets)"; \
	KUBEBUILDER_ASSETS="$$assets" $(GO) test -race -count=1 -timeout 10m -v $(GOTESTFLAGS) ./test/integration/refusals/

# helm and kubectl read the chart and config, which go's cache of results does not see: hence -count=1.
.PHONY: chart-test
chart-test: $(CLUSTER) ## The chart in all its variants, rendered by helm, against a real API server.
	assets="$$($(CLUSTER) assets)"; helm="$$($(CLUSTER) helm)"; \
	KUBEBUILDER_ASSETS="$$assets" HELM="$$helm" $(ROOMY) -count=1 -timeout 30m $(GOTESTFLAGS) ./charts/... ./test/chart/...
	$(GO) -C test/chart/neighbours test $(GOTESTFLAGS) ./...

.PHONY: image-test
image-test: ## The image: whole, reproducible, and the Dockerfile's. The parts of a release.
	$(GO) -C test/image test $(GOTESTFLAGS) ./...
	$(GO) -C test/release test $(GOTESTFLAGS) .

# What a package needs of its cluster, so each has one of its own: a manager with the race detector; two that elect a leader
# and are killed; two that both believe to lead, and are without admission at last (-p 1 keeps that order); one and then two without
# the race detector, which takes memory of its own;
# two with the memory that the chart gives them, and a core each; and two that are dead at the end. OpenShift wants rights on an owner from everyone who names it.
AS_ON_OPENSHIFT = --apiserver-flag=--enable-admission-plugins=OwnerReferencesPermissionEnforcement

E2E = $(TEST) -count=1 -timeout 20m $(GOTESTFLAGS)

.PHONY: e2e
e2e: e2e-beside e2e-alone ## The whole story on control planes with fake nodes, with the manager running.

.PHONY: e2e-beside
e2e-beside: $(CLUSTER)
	$(CLUSTER) run --race $(AS_ON_OPENSHIFT) -- $(E2E) -race ./test/e2e/history/... ./test/e2e/story/...
	$(CLUSTER) run --race --managers 2 --leader-elect=false -- $(E2E) -race -short -p 1 ./test/e2e/twomanagers/... ./test/e2e/audit/...
	$(CLUSTER) run --managers 2 -- $(E2E) ./test/e2e/why/...
	$(MAKE) chaos SEED=947 DURATION=45s PREVIOUS= CLOCK=

.PHONY: e2e-alone
e2e-alone: $(CLUSTER)
	$(CLUSTER) run --race --managers 2 -- $(E2E) -race ./test/e2e/failover/...
	$(CLUSTER) run -- $(E2E) ./test/e2e/size/...
	$(CLUSTER) run --managers 2 -- $(E2E) ./test/e2e/scale/...
	$(HOSTILE) -short ./test/e2e/hostile/...

# Clusters of different names run side by side, and no run takes its name from the environment.
NAME = default

HOSTILE = $(CLUSTER) run --name $(NAME) --managers 2 --manager-memory 512Mi --manager-cpus 1 -- $(E2E) -v -parallel 4

.PHONY: test-hostile
test-hostile: $(CLUSTER) ## What one user can do to do harm, in full, with tables of the answers and of what others notice; as root, for the limits.
	$(HOSTILE) -timeout 60m ./test/e2e/hostile/...
	$(HOSTILE) -run TestPoolsInBulk ./test/e2e/story/... -args -templates 200 -repeats 5
	$(HOSTILE) -timeout 40m -run TestAStandbyQueuesNothing ./test/e2e/failover/... -args -claims 5000

# A seed is a plan. What the managers were a version ago is built out of git, for upgrades and back: the last tag, or the last commit.
# A manager whose clock jumps is built with a changed package time, which takes minutes the first time. PREVIOUS= and CLOCK= leave them out.
DURATION ?= 20m
RATE ?= 5
MANAGERS ?= 2
LEADER_ELECT ?= true
PREVIOUS ?= $(shell git -C $(ROOT) describe --tags --abbrev=0 HEAD^ 2>/dev/null || git -C $(ROOT) rev-parse --short HEAD~ 2>/dev/null)
CLOCK ?= jumps

CHAOS = $(ROOT)/bin/chaos.d/$(NAME)

.PHONY: chaos
chaos: $(CLUSTER) ## Users at work while programs die, freeze and lose connections, on etcd with a disk, and an observer that judges: SEED=1 DURATION=20m RATE=5 MANAGERS=2 LEADER_ELECT=true PREVIOUS=commit NAME=default.
	@mkdir -p $(CHAOS)
	@$(GO) build -o $(CHAOS)/chaos ./test/chaos
	@$(GO) build -o $(CHAOS)/kubectl-namesake ./cmd/kubectl-namesake
ifneq ($(PREVIOUS),)
	@source="$$(mktemp -d)"; trap 'rm -rf "$$source"' EXIT; \
	git -C $(ROOT) archive $(PREVIOUS) | tar -x -C "$$source"; $(GO) build -C "$$source" -buildvcs=false -o $(CHAOS)/previous ./cmd/namesake
endif
ifneq ($(CLOCK),)
	@$(GO) run ./test/chaos/clock -out $(CHAOS)/jumping
endif
	@rm -rf $(CHAOS)/run; \
	$(CLUSTER) run --name $(NAME) --store disk --managers $(MANAGERS) --leader-elect=$(LEADER_ELECT) --logs $(CHAOS)/run -- $(CHAOS)/chaos \
		-seed $(SEED) -duration $(DURATION) -rate $(RATE) -cluster $(CLUSTER) -plugin $(CHAOS)/kubectl-namesake -out $(CHAOS)/run \
		$(if $(PREVIOUS),-previous $(CHAOS)/previous) $(if $(CLOCK),-jumping $(CHAOS)/jumping)

# An etcd whose disk can be made slow while it runs.
SLOW_ETCD := $(ROOT)/bin/etcd-slow

$(SLOW_ETCD): $(ROOT)/test/slowdisk/main.go $(ROOT)/test/cluster/etcd/go.mod
	$(GO) run ./test/slowdisk -out $@

# Ten thousand claims and five thousand members, each of which cannot go on; as root, for the limits.
.PHONY: test-bounds
test-bounds: $(CLUSTER) $(SLOW_ETCD) ## What much of what cannot go on costs, and what a neighbour notices, with a table: BOUNDS="-minutes 1 -reduced 1" LOAD=quota NAME=default.
	rm -f $(SLOW_ETCD).$(NAME).sync # A run that was killed leaves its slow disk.
	NAMESAKE_ETCD_SYNC=$(SLOW_ETCD).$(NAME).sync TEST_ASSET_ETCD=$(SLOW_ETCD) \
		$(HOSTILE) -timeout 60m -run '$(if $(LOAD),^TestBounds$$/$(LOAD),^TestBounds$$)' ./test/e2e/hostile/... -args $(BOUNDS)

.PHONY: test-endurance
test-endurance: $(CLUSTER) ## Whether memory, goroutines, queues, files or series grow while claims come and go, and what is done at rest: DURATION=30m.
	$(CLUSTER) run --name $(NAME) --managers 2 -- $(E2E) -v -timeout 150m ./test/e2e/endurance/... -args -duration $(if $(filter file,$(origin DURATION)),30m,$(DURATION))

.PHONY: test-scale
test-scale: $(CLUSTER) ## What 10,000 Sandboxes of 1,000 tenants cost.
	$(CLUSTER) run --managers 2 --nodes 100 -- $(E2E) -v -timeout 60m ./test/e2e/scale/... -args -tenants 1000 -each 10 -claims 100 -patience 20m

# The oldest Kubernetes that the chart allows.
OLDEST = $(shell sed -n 's/^kubeVersion: ">=\([0-9]*\.[0-9]*\)\..*/\1/p' $(ROOT)/charts/namesake/Chart.yaml)

.PHONY: test-oldest
test-oldest: ## What needs a Kubernetes, on the oldest that the chart allows: integration, chart-test and e2e.
	@for stage in integration chart-test e2e; do printf '\n=== %s on Kubernetes %s\n' "$$stage" '$(OLDEST)'; $(MAKE) "$$stage" K8S=$(OLDEST); done

# How often test-node installs the product in a row; "make test" has less time.
INSTALLS ?= 20

# What containers need is Linux and root. Elsewhere this is no failure, but with NAMESAKE_TEST_REAL_NODE=required it is.
.PHONY: test-node
test-node: $(CLUSTER) ## On a real node, as root: that node itself; then cert-manager and the chart by helm, and what users do, with containers.
	@$(CLUSTER) can-node || { [ "$${NAMESAKE_TEST_REAL_NODE:-}" != required ]; exit; }; \
	certmanager="$$($(CLUSTER) cert-manager)"; arch="$$($(GO) env GOHOSTARCH)"; \
	$(GO) build -C test/image -o $(ROOT)/bin/image-builder .; \
	bin/image-builder -name localhost/namesake -version $(VERSION) -platforms "linux/$$arch" -out bin/node-image; \
	export NAMESAKE_INSTALLS=$(INSTALLS) NAMESAKE_CLUSTER=$(CLUSTER) NAMESAKE_CERT_MANAGER="$$certmanager" NAMESAKE_IMAGE="$(ROOT)/bin/node-image/namesake-$$arch.tar"; \
	$(CLUSTER) check-node; \
	$(CLUSTER) run --node real -- $(GO) test -v -count=1 -timeout 20m $(GOTESTFLAGS) ./test/node/...

# krew is the real one, and installs by the release's manifest. The bare cluster takes the release's manifests.
.PHONY: test-release
test-release: $(CLUSTER) ## A whole release: listed, reproducible, checksums, SBOMs, chart and manifests; the plugin installed by krew, run by kubectl.
	@rm -rf bin/test-release; $(MAKE) release VERSION=v1.2.3 OUT=bin/test-release DIRTY=1
	@for program in krew validate-krew-manifest; do $(GO) -C test/release/krew build -o $(ROOT)/bin/$$program sigs.k8s.io/krew/cmd/$$program; done
	@export NAMESAKE_RELEASE=$(ROOT)/bin/test-release NAMESAKE_PROGRAMS=$(ROOT)/bin HELM="$$($(CLUSTER) helm)"; \
	$(CLUSTER) run --name release --install none -- $(GO) -C test/release test -v -count=1 -timeout 20m $(GOTESTFLAGS) ./whole

BENCH_LOAD = $(GO) build -o $(ROOT)/bin/bench-load ./test/bench/load

.PHONY: test-kueue
test-kueue: $(CLUSTER) ## Beside a real Kueue, which holds the Pods of Sandboxes until there is quota; as root, for its certificates.
	$(GO) -C test/cluster/kueue build -o $(ROOT)/bin/kueue sigs.k8s.io/kueue/cmd/kueue
	export NAMESAKE_KUEUE=$(ROOT)/bin/kueue NAMESAKE_KUEUE_SOURCE="$$($(GO) -C test/cluster/kueue list -m -f '{{.Dir}}' sigs.k8s.io/kueue)"; \
	$(CLUSTER) run -- $(E2E) ./test/e2e/kueue/...

.PHONY: bench
bench: $(CLUSTER) ## How quickly sandboxes come, on a cluster of its own, within 25 minutes: table and plots in bin/bench. BENCH="-n 5 -limit 23m".
	@$(BENCH_LOAD)
	@$(CLUSTER) run -- $(ROOT)/bin/bench-load -out $(ROOT)/bin/bench $(BENCH)

comma := ,

# The limit in BENCH above is for one installation, so it does not count here.
.PHONY: bench-compare
bench-compare: ## The same for two installations side by side, in turns: KUBECONFIGS=[NAME=]PATH,[NAME=]PATH BENCH="-n 5".
	@[ -n '$(KUBECONFIGS)' ] || { echo 'error: set KUBECONFIGS=[NAME=]PATH,[NAME=]PATH' >&2; exit 2; }
	@$(BENCH_LOAD)
	@$(ROOT)/bin/bench-load $(patsubst %,-kubeconfig %,$(subst $(comma), ,$(KUBECONFIGS))) -out $(ROOT)/bin/bench-compare $(if $(filter file,$(origin BENCH)),-n 5,$(BENCH))

.PHONY: bench-admission
bench-admission: $(CLUSTER) ## Benchmarks of functions, and what admission costs, on a real API server: SAMPLES=2000.
	$(GO) test -run '^$$' -bench . -count=1 $(GOTESTFLAGS) ./internal/...
	@assets="$$($(CLUSTER) assets)"; KUBEBUILDER_ASSETS="$$assets" $(GO) run ./test/bench/admission -samples $(SAMPLES)

##@ A cluster on this machine

# The last line comes when all is stopped, and so from a file.
.PHONY: demo
demo: $(CLUSTER) ## Show the main job on a cluster of its own. KEEP=1 leaves the cluster running.
	@$(GO) build -o $(ROOT)/bin/demo ./test/demo
ifdef KEEP
	@$(CLUSTER) up
	@kubeconfig="$$($(CLUSTER) kubeconfig)"; programs="$$($(CLUSTER) bin)"; result="$$(mktemp)"; trap 'rm -f "$$result"' EXIT; code=0; \
	NAMESAKE_CLUSTER_DIR="$$(dirname "$$kubeconfig")" PATH="$$programs:$$PATH" $(ROOT)/bin/demo -result "$$result" || code=$$?; \
	printf '\nThe cluster is still running.\n\n  use it:   export KUBECONFIG=%s\n            export PATH=%s:$$PATH\n' "$$kubeconfig" "$$programs"; \
	printf '            kubectl apply -k config/samples\n            kubectl create -f config/samples/claim.yaml\n'; \
	printf '  stop it:  make cluster-down\n\n'; cat "$$result"; exit $$code
else
	@result="$$(mktemp)"; trap 'rm -f "$$result"' EXIT; $(CLUSTER) run -- $(ROOT)/bin/demo -result "$$result"; echo; cat "$$result"
endif

.PHONY: cluster-up
cluster-up: $(CLUSTER) ## Start a cluster: NODES=20 STORE=tmpfs|disk INSTALL=all|none.
	@$(CLUSTER) up --nodes $(NODES) --store $(STORE) --install $(INSTALL)

.PHONY: cluster-down
cluster-down: $(CLUSTER) ## Stop it, and remove what it left.
	@$(CLUSTER) down

.PHONY: cluster-kubeconfig
cluster-kubeconfig: $(CLUSTER) ## Print the path of its kubeconfig, and nothing else.
	@$(CLUSTER) kubeconfig

# Always: only go knows whether it is up to date.
.PHONY: $(CLUSTER)
$(CLUSTER):
	@$(GO) build -C $(ROOT)/test/cluster -o $@ .
