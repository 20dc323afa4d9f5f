# SPDX-License-Identifier: Apache-2.0
# `make help` lists the verbs. Everything that is made goes to artifacts/, bin/ and obj/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# The verbs are steps over one tree; MSBuild and the test runner use the cores by themselves.
.NOTPARALLEL:

CONFIGURATION ?= Release
ARTIFACTS := artifacts
FEED := eng/feed
BUILT := $(ARTIFACTS)/.built-$(CONFIGURATION)

export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
# MSBuild's idle worker processes would outlive make, and hold its output open in a CI job.
export MSBUILDDISABLENODEREUSE := 1

# The real services that some tests use (see SLUICE_SERVICES in CONTRIBUTING.md), where they lie beside the repository.
ifneq ($(wildcard ../shared/services),)
export SLUICE_SERVICES ?= $(abspath ../shared/services)
endif

# Directories are listed too: their time changes when a file is removed.
SOURCES = $(shell find src bpf \( -name bin -o -name obj \) -prune -o -print 2>/dev/null) \
	Directory.Build.props Directory.Build.targets Directory.Packages.props global.json nuget.config

DOTNET_FLAGS := -c $(CONFIGURATION) --nologo -v quiet -clp:NoSummary

.PHONY: help setup build bpf solution demo test test-kernels bench clean

help: ## lists the verbs
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## checks for the tools; as root on Debian installs what is missing
	@eng/setup.sh
	@eng/librdkafka.sh

bpf: ## compiles the BPF programs into artifacts/bpf/
	@eng/setup.sh build
	@$(MAKE) --no-print-directory -C bpf

build: bpf ## leaves the executable artifacts/sluice
	@eng/librdkafka.sh
	@$(MAKE) --no-print-directory $(BUILT)

$(BUILT): $(SOURCES)
	dotnet publish src/Collector/Sluice.Collector $(DOTNET_FLAGS) -o $(ARTIFACTS) </dev/null
	@touch $@

solution: build
	dotnet build Sluice.slnx $(DOTNET_FLAGS) </dev/null

demo: ## taps curl, python and openssl talking TLS (ARGS=--wait: and goes on until Ctrl-C)
	@eng/setup.sh demo
	@$(MAKE) --no-print-directory build
	dotnet build eng/demo/Sluice.Demo $(DOTNET_FLAGS) </dev/null
	@eng/demo/Sluice.Demo/bin/$(CONFIGURATION)/net10.0/Sluice.Demo $(ARGS)

test: ## builds and runs every test project; the last line counts them
	@eng/setup.sh test
	@eng/setup.sh kernels || echo "test: without these the kernels in virtual machines are skipped"
	@$(MAKE) --no-print-directory solution
	@eng/test.sh $(CONFIGURATION)

test-kernels: ## runs the kernel suite on Debian's 5.10, 6.1, 6.12 and 7.2 in virtual machines, and here (ARGS="--kernel 5.10 --write-docs …")
	@eng/setup.sh kernels
	@$(MAKE) --no-print-directory build
	@eng/kernels/test.py $(ARGS)

bench: ## runs the benches (ARGS="drain micro rate tls kafka otlp relay spool idle engine": these) and checks bench/budgets.json
	@eng/setup.sh bench
	@$(MAKE) --no-print-directory build
	@bench/run.sh $(ARGS)

clean: ## removes everything that was made, except the package in eng/feed/
	rm -rf $(ARTIFACTS) TestResults BenchmarkDotNet.Artifacts
	find src tests bench eng -depth -type d \( -name bin -o -name obj \) -exec rm -rf {} +
