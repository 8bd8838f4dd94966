# The only build entry. `make help` lists the targets.
#
# Needs Go, make and git; `make race` needs a C compiler as well. Everything
# else is built from source by version, see .ci/tools. Nothing is kept outside
# bin/ and dist/ but Go's own caches, and nothing is fetched but Go modules.

GO      ?= go
PREFIX  ?= $(HOME)/.local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DESTDIR ?=
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

FUZZTIME   ?= 10m
FUZZTOTAL  ?= 60
BENCH      ?= .
BENCHFLAGS ?=
PLATFORMS  ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

BUILD = $(GO) build -ldflags '-s -w -X main.version=$(VERSION)'

# For every go command, tests too: what is compiled with other flags is compiled
# again. The version comes in by -X; Go would else stop where it cannot ask git.
export CGO_ENABLED = 0
export GOFLAGS := $(GOFLAGS) -trimpath -buildvcs=false

# Go code that is not generated, for the tools that take directories.
SOURCES := $(wildcard cmd node proto)

# $(call having,Benchmark) is the packages with a function so named in a test.
having = $$(grep -rlE --include='*_test.go' '^func $(1)' $(SOURCES) | sed 's|/[^/]*$$||; s|^|./|' | sort -u)

# Says what a target does, in the words of `make help`.
SAY = @sed -n 's/^$@:.*\#\# /== $@: /p' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## build bin/votive and bin/votived (the default)
	$(SAY)
	$(BUILD) -o bin/ ./cmd/votive ./cmd/votived

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: install
install: build man ## copy the binaries and man pages under ~/.local, or PREFIX
	$(SAY)
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(MANDIR)/man1'
	install -m 0755 bin/votive bin/votived '$(DESTDIR)$(BINDIR)'
	install -m 0644 bin/man/*.1 '$(DESTDIR)$(MANDIR)/man1'

# Everything is kept where votive keeps it by default, or under VOTIVE_HOME.
.PHONY: run
run: build ## start the daemon, with a vault if there is none yet
	$(SAY)
	bin/votive up
	@bin/votive status --json | grep -q '"vault": *true' || { set -x; bin/votive init --no-passphrase; }
	@echo; echo 'votive is running. Announce something:'; echo; \
	echo '  bin/votive circle join june4'; \
	echo '  bin/votive announce "Candlelight vigil" --at "4 June 20:00" --zone Asia/Hong_Kong --circle june4'; \
	echo; echo 'Stop it with: bin/votive down'

.PHONY: man
man: ## write the man pages to bin/man
	$(SAY)
	$(GO) run ./cmd/votive/internal/man bin/man '$(VERSION)'

.PHONY: demo
demo: build ## run the main job with real daemons on this machine, step by step
	$(SAY)
	$(GO) run ./cmd/demo --bin bin

# Checks.

.PHONY: test
test: ## vet and test everything, in under 10 minutes
	$(SAY)
	$(GO) vet ./...
	$(GO) test -timeout 10m ./...

# The daemons of node/e2e have the detector as well there, and are slow with it:
# they run by themselves, and some of what people do with them alone.
.PHONY: race
race: ## test everything under the race detector, without the long tests
	$(SAY)
	CGO_ENABLED=1 $(GO) test -race -short -timeout 15m $$($(GO) list ./... | grep -v '/node/e2e$$')
	CGO_ENABLED=1 $(GO) test -race -short -timeout 15m -run '^TestScripts$$/^(event|guest|locked|calendar)$$' ./node/e2e

# One package after another: benchmarks that run side by side measure each
# other.
.PHONY: bench
bench: ## run every benchmark; BENCH=regexp selects, BENCHFLAGS adds go test flags
	$(SAY)
	@pkgs=$(call having,Benchmark); if [ -z "$$pkgs" ]; then echo "no benchmarks found"; else \
	$(GO) test -p 1 -timeout 60m -run '^$$' -bench '$(BENCH)' $(BENCHFLAGS) $$pkgs; fi

# A test named TestSim... runs many nodes on the simulated network, one named
# TestTorture... kills and cuts off what it tests; both are short in `make test`
# and run to their full length where VOTIVE_LONG is set. So does one named
# TestAccept..., which is skipped where the other software is not installed.
.PHONY: sim
sim: ## run the simulated networks at full size
	$(SAY)
	@pkgs=$(call having,TestSim); if [ -z "$$pkgs" ]; then echo "no simulations found"; else \
	VOTIVE_LONG=1 $(GO) test -count 1 -p 1 -v -timeout 60m -run '^TestSim' $$pkgs; fi

.PHONY: torture
torture: ## run the crash tests at full length
	$(SAY)
	@pkgs=$(call having,TestTorture); if [ -z "$$pkgs" ]; then echo "no crash tests found"; else \
	VOTIVE_LONG=1 $(GO) test -count 1 -p 1 -v -timeout 0 -run '^TestTorture' $$pkgs; fi

# Real daemons on hosts that the tests make: network namespaces, which lead
# nowhere else. On Debian: apt-get install iproute2 nftables.
.PHONY: hosts
hosts: ## run daemons on network namespaces, with cuts, bad lines and routers (as root)
	$(SAY)
	@for p in ip tc nft; do command -v $$p >/dev/null || { echo "$$p is missing: needs iproute2 and nftables"; exit 1; }; done
	@[ "$$(id -u)" = 0 ] || { echo "needs root, to make network namespaces"; exit 1; }
	VOTIVE_HOSTS=1 $(GO) test -count 1 -v -timeout 30m -run '^TestHosts' ./node/e2e

.PHONY: fuzz
fuzz: ## fuzz every target for FUZZTIME (10m) each
	$(SAY)
	@.ci/fuzz each $(FUZZTIME)

.PHONY: fuzz-short
fuzz-short: ## fuzz every target, sharing FUZZTOTAL (60) seconds
	$(SAY)
	@.ci/fuzz total $(FUZZTOTAL)

.PHONY: lint
lint: bin/tools/gofumpt.stamp bin/tools/golangci-lint.stamp bin/tools/buf.stamp ## check the formatting, the code and the proto files
	$(SAY)
	@wrong=$$(bin/tools/gofumpt -l $(SOURCES)); if [ -n "$$wrong" ]; then \
	echo "not formatted, run make format:"; echo "$$wrong"; exit 1; fi
	cd proto && ../bin/tools/buf lint
	GOLANGCI_LINT_CACHE='$(CURDIR)/bin/lint-cache' bin/tools/golangci-lint run ./...

.PHONY: format
format: bin/tools/gofumpt.stamp ## format the Go code
	$(SAY)
	bin/tools/gofumpt -w $(SOURCES)

# Not part of .ci/run: it asks vuln.go.dev for the list of known
# vulnerabilities, and the checks need no network but for Go modules.
.PHONY: vuln
vuln: bin/tools/govulncheck.stamp ## look for known vulnerabilities (asks vuln.go.dev)
	$(SAY)
	bin/tools/govulncheck ./...

.PHONY: accept
accept: ## try votive at full length against other software: python3-dateutil, python3-icalendar, libical, vdirsyncer, khal
	$(SAY)
	@pkgs=$(call having,TestAccept); VOTIVE_LONG=1 $(GO) test -count 1 -p 1 -v -timeout 60m -run '^TestAccept' $$pkgs

# Generated code. It is committed, so that nobody needs the generators to build.

GENERATED = find . -name '*.pb.go' -o -name '*.connect.go'

.PHONY: generate
generate: bin/_generated ## write the Go code that proto/*.proto describe
	$(SAY)
	@cd proto && $(GENERATED) | while read -r f; do \
	[ -e "../bin/_generated/$$f" ] || rm -v "$$f"; done
	cp -R bin/_generated/. proto/

.PHONY: check-generate
check-generate: bin/_generated ## fail where the generated code is not what make generate writes
	$(SAY)
	@{ (cd proto && $(GENERATED)); (cd bin/_generated && $(GENERATED)); } | sort -u | { \
	same=0; while read -r f; do diff -u "proto/$$f" "bin/_generated/$$f" || same=1; done; \
	[ $$same -eq 0 ] || echo "proto/ and its generated code differ: run make generate"; exit $$same; }

.PHONY: bin/_generated
bin/_generated: bin/tools/buf.stamp bin/tools/protobuf.stamp
	@rm -rf $@ # the underscore hides it from ./...
	cd proto && PATH='$(CURDIR)/bin/tools':"$$PATH" buf generate -o ../$@

# Releases.

.PHONY: cross
cross: ## build for linux, darwin and windows, amd64 and arm64, into dist/
	$(SAY)
	@for p in $(PLATFORMS); do out=dist/votive_$${p%/*}_$${p#*/}/; echo "$$out"; mkdir -p "$$out" && \
	GOOS=$${p%/*} GOARCH=$${p#*/} $(BUILD) -o "$$out" ./cmd/votive ./cmd/votived || exit 1; done

.PHONY: clean
clean: ## remove bin/ and dist/
	$(SAY)
	rm -rf bin dist

# Build tools, each from a module of its own with its versions and checksums,
# so that what they need never decides what votive is built from. Built again
# only where that module changes.
bin/tools/%.stamp: .ci/tools/%/go.mod .ci/tools/%/go.sum
	@echo "== building $* from .ci/tools/$*"
	@mkdir -p $(@D)
	cd .ci/tools/$* && GOOS= GOARCH= GOWORK=off $(GO) build -o '$(CURDIR)/bin/tools/' tool
	@touch $@
