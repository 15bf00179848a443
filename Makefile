# Everything a builder of fusebox does, by name. The work is in CMake presets and packaging/;
# this file only says the order.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build run test test-gcc test-asan test-tsan prove bench profile lint fmt clean

STEP := packaging/step.sh
FUSEBOX := build/release/fusebox

help: ## This list
	@echo "make TARGET (JOBS=n limits parallel compilers)"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

build: ## The product alone, at build/release/fusebox
	@$(STEP) "set up for building" packaging/setup.sh build
	@$(STEP) "configure the release tree" packaging/configure.sh release
	@$(STEP) "build fusebox" cmake --build --preset release -j "$$(packaging/jobs.sh)"

run: build ## The tour: a daemon, agents on real sockets, five acts
	@$(FUSEBOX) demo --once

test: ## All tests, with the compiler and the flags of the product
	@$(STEP) "set up for testing" packaging/setup.sh test
	@packaging/run_tests.sh test

test-gcc: ## The same tests with the second compiler
	@$(STEP) "set up for testing" packaging/setup.sh test
	@packaging/run_tests.sh gcc

test-asan: ## The same tests under the address and undefined-behaviour sanitizers
	@$(STEP) "set up for testing" packaging/setup.sh test
	@packaging/run_tests.sh asan

test-tsan: ## The same tests under the thread sanitizer
	@$(STEP) "set up for testing" packaging/setup.sh test
	@packaging/run_tests.sh tsan

prove: ## Full counts, all sanitizers, GCC, fuzzing (FUZZ_SECONDS=60 a target); log in docs/proof
	@$(STEP) "set up for testing" packaging/setup.sh test
	@packaging/prove.sh

bench: ## The benchmarks, as text
	@$(STEP) "set up for benchmarks" packaging/setup.sh bench
	@packaging/bench.sh

profile: ## Measure anew which way the hot paths go, for the compiler
	@$(STEP) "set up for testing" packaging/setup.sh test
	@$(STEP) "set up for benchmarks" packaging/setup.sh bench
	@packaging/profile.sh

lint: ## Format, clang-tidy, rules of the house
	@$(STEP) "set up for linting" packaging/setup.sh lint
	@packaging/lint.sh

fmt: ## Format every source in place
	@$(STEP) "set up for linting" packaging/setup.sh lint
	@$(STEP) "format" packaging/lint.sh fmt

clean: ## Remove build/
	rm -rf build
