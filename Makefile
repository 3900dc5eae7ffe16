# SPDX-License-Identifier: Apache-2.0
# The words of this house. Each calls meson; BUILD names the build directory.
BUILD ?= build
CCACHE := $(shell command -v ccache 2>/dev/null)
SCRIPTS = tools/quickstart tools/test tools/dependencies .ci/run $(wildcard tests/lab/*)
SOURCES = $(shell git ls-files '*.cpp' '*.hpp')
setup = test -d $(1) || CC="$(CCACHE) $(2)" CXX="$(CCACHE) $(3)" meson setup $(1) $(4)

.PHONY: build test check architecture coverage format format-check shell-check machine tidy sanitize integration bench docs clean

build:
	@$(call setup,$(BUILD),gcc,g++)
	@ninja -C $(BUILD)

test: build
	@tools/suites.py $(BUILD) unit launch architecture

check: test format-check docs
	@if command -v shellcheck >/dev/null; then $(MAKE) -s shell-check; fi
	@if command -v codespell >/dev/null; then codespell -q 3 -S 'build*,.git,subprojects,seccomp_profile.json' -L fo,te,clos,ue,nd,nin,nown,passt,dokcer,nmae,pullrequest; fi

architecture:
	@python3 tests/architecture/check_floors.py .
	@python3 tests/architecture/check_sizes.py .
	@python3 tests/architecture/check_coverage.py .
	@python3 tests/architecture/self_test.py

# Which test proves which property of config.json.
coverage:
	@mkdir -p $(BUILD)
	@python3 tests/architecture/check_coverage.py . --table > $(BUILD)/coverage.md; \
		code=$$?; tail -n 1 $(BUILD)/coverage.md; echo "the table: $(BUILD)/coverage.md"; exit $$code

format:
	@clang-format -i $(SOURCES)

format-check:
	@clang-format --dry-run -Werror $(SOURCES)

shell-check:
	@shellcheck $(SCRIPTS)

# Integration suites in a booted machine: all of cgroup v2, systemd.
machine: build
	@tests/lab/machine $(BUILD)

tidy: build
	@git ls-files 'src/*.cpp' | xargs -n 4 -P $$(nproc) clang-tidy --quiet -p $(BUILD) --extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang

sanitize:
	@$(call setup,$(BUILD)-sanitize,clang,clang++,--buildtype=debug -Db_sanitize=address$(,)undefined -Db_lundef=false)
	@ninja -C $(BUILD)-sanitize
	@tools/suites.py $(BUILD)-sanitize unit launch

integration: build
	@tools/suites.py $(BUILD) integration

# The comparison needs crun and runc of Debian sid: bench/make-root fetches them once.
bench:
	@$(call setup,build-release,gcc,g++,--buildtype=release -Dtests=false)
	@ninja -C build-release src/oci-rt
	@test -d build-bench/sid || { mkdir -p build-bench && bench/make-root build-bench/sid; }
	@bench/run --oci-rt build-release/src/oci-rt --root build-bench/sid

docs: build
	@python3 tests/architecture/check_docs.py $(BUILD)/src/oci-rt .

clean:
	@rm -rf $(BUILD) $(BUILD)-sanitize build-release

, := ,
