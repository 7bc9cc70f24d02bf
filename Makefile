# Every target sets up what it needs on a fresh Debian 12 (scripts/packages.txt) and calls one script.
.PHONY: help build test demo lint bench interop fuzz asan tsan macos-check portable-test sdk-facts selftest ios mutants ci clean
help:
	@echo 'make demo     real applications through a stock waypipe, pictures in build/demo/'
	@echo 'make test     build and run all tests (under 10 minutes)'
	@echo 'make build    the program: build/release/tunnelview'
	@echo 'make asan     the tests under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make tsan     the tests under ThreadSanitizer'
	@echo 'make fuzz     each fuzz target for FUZZ_SECONDS (60) seconds'
	@echo 'make interop  waypipe 0.8.4, 0.9.2 and 0.11.2 as the other end, newer libavcodecs'
	@echo 'make bench    side by side with the installed waypipe'
	@echo 'make lint     clang-format, clang-tidy, shellcheck, the workflow'
	@echo 'make macos-check  cross-builds the whole program for macOS (arm64, x86_64), checks what it imports'
	@echo 'make mutants  breaks the code for Apple systems in many ways; the tests must notice each'
	@echo 'make portable-test, sdk-facts, selftest, ios   what CI runs on a Mac, and all but ios on Linux'
	@echo 'make ci       what CI runs first: test, lint, asan, tsan, sdk-facts, selftest, macos-check, fuzz, mutants'
build:
	@scripts/build.sh release
test:
	@scripts/test.sh release
asan:
	@scripts/test.sh asan
tsan:
	@scripts/test.sh tsan
fuzz:
	@scripts/fuzz.sh
lint:
	@scripts/lint.sh
mutants:
	@scripts/mutants.sh
macos-check:
	@scripts/macos_check.sh
portable-test:
	@scripts/test.sh portable
sdk-facts:
	@scripts/sdk_facts.sh
selftest:
	@scripts/selftest.sh $(or $(PRESET),release)
ios:
	@scripts/ios.sh
demo:
	@scripts/demo.sh
interop:
	@scripts/interop.sh
bench:
	@scripts/bench.sh
ci:
	@.ci/run
clean:
	rm -rf build
