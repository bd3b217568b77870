# apexfs: DNS zones as a versioned filesystem. `make demo` shows it, `make check` proves it.
# Everything is built below $(BUILD); sources are found by folder, nothing is generated before `make`.

VERSION  := 0.1.0
BUILD    ?= build
PREFIX   ?= /usr/local
# mount(8) looks for its helpers here alone.
HELPERDIR ?= /sbin
DESTDIR  ?=
CC       ?= cc
SANITIZE ?=
OPT      ?= -O2 -g
# The daemon is optimised as a whole: an answer goes through eight files. The objects serve all other links as well.
LTO      ?= $(if $(SANITIZE)$(filter clang%,$(CC)),,-flto=auto -ffat-lto-objects)

ifeq ($(origin CC),default)
CC := gcc
endif

# What Debian 12 must have. BUILD_DEPS builds, TEST_DEPS are the real programs that the tests drive.
BUILD_DEPS := gcc make pkg-config libc6-dev libfuse3-dev fuse3 liblmdb-dev libldns-dev libssl-dev \
	libsodium-dev uthash-dev liburcu-dev libsystemd-dev libidn2-dev libjansson-dev libmaxminddb-dev libyaml-dev \
	libmicrohttpd-dev libseccomp-dev libxdp-dev libbpf-dev libfstrm-dev
DEMO_DEPS  := bind9-dnsutils procps
TEST_DEPS  := check bind9 bind9-utils knot knot-dnsutils nsd iproute2 iputils-ping \
	vim neovim emacs-nox nano micro joe ne mc ed tmux rsync patch perl mandoc python3 git \
	clang clang-format libclang-rt-14-dev shellcheck valgrind strace stress-ng openssl zsh fish libmaxmind-db-writer-perl \
	python3-dnspython pdns-server pdns-backend-bind unbound knot-resolver ldnsutils fstrm-bin

# The other servers of tests/bench/README.md's table.
BENCH_DEPS := bind9 bind9-utils gdnsd yadifa knot knot-dnsutils nsd pdns-server pdns-backend-lmdb pdns-tools dnsperf ethtool iproute2 \
	valgrind python3

DEPS       ?= $(BUILD_DEPS) $(DEMO_DEPS) $(TEST_DEPS)

have = $(shell pkg-config $(1) $(2) 2>/dev/null)
CFLAGS_core := $(call have,--cflags,lmdb libsodium ldns libcrypto)
LIBS_core   := $(call have,--libs,lmdb libsodium ldns libcrypto)
CFLAGS_fs   := $(call have,--cflags,fuse3)
LIBS_fs     := $(call have,--libs,fuse3)
CFLAGS_dnsd := $(call have,--cflags,liburcu-qsbr libsystemd libmaxminddb yaml-0.1 libmicrohttpd libxdp libbpf libssl libcrypto libseccomp libfstrm)
LIBS_dnsd   := $(call have,--libs,liburcu-qsbr libsystemd libmaxminddb yaml-0.1 libmicrohttpd libxdp libbpf libssl libcrypto libseccomp libfstrm)
CFLAGS_tools := $(call have,--cflags,libidn2 jansson)
LIBS_tools  := $(call have,--libs,libidn2 jansson)
CFLAGS_test := $(call have,--cflags,check)
LIBS_test   := $(call have,--libs,check)

WARN     := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
CPPFLAGS += -D_GNU_SOURCE -DAPEX_VERSION='"$(VERSION)"' -I.
ALL_CFLAGS  = -std=gnu11 -pthread $(OPT) $(WARN) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer) $(CFLAGS)
ALL_LDFLAGS = -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

# Short lines; V=1 shows the whole commands.
run = $(if $(V),,@printf '  %-3s %s\n' $(1) $(2); )

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)))
CORE  := $(call objects,core/*.c)
FS    := $(call objects,fs/*.c)
DNSD  := $(call objects,dnsd/*.c)
TOOLS := $(call objects,tools/*.c)
LIBAPEX := $(BUILD)/libapex.a
# The same as a shared library. Its soname's number grows when a program that was linked before would no longer run.
LIBAPEX_SO := $(BUILD)/libapex.so.0
PIC     := $(patsubst %.c,$(BUILD)/pic/%.o,$(wildcard core/*.c))
# What a program may include, as <apex/NAME.h>: all but what the library keeps to itself.
PRIVATE_HEADERS := $(addprefix core/,approval.h bundle_format.h commit_text.h denial.h gc_internal.h lookup_internal.h \
	node.h plan.h proof.h publish.h rdfield.h store_env.h store_internal.h store_txn.h target.h \
	walk.h zonelex.h)
PUBLIC_HEADERS  := $(filter-out $(PRIVATE_HEADERS),$(sort $(wildcard core/*.h)))

PROGRAMS := $(BUILD)/apex $(BUILD)/apexfs $(BUILD)/apexd
UNIT     := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/core/test_*.c tests/fs/test_*.c tests/dnsd/test_*.c tests/tools/test_*.c))
BENCHES  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
# What tests/bench/daemon.py drives.
BENCH_TOOLS := $(addprefix $(BUILD)/tests/bench/,add_zones blast_tcp blast_udp change reflect)
HELPERS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tool_*.c))
FUZZERS  := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))

all_objects := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/*/*.c tests/*.c))
.PHONY: tests-objects
tests-objects: $(all_objects)

.DEFAULT_GOAL := all
.PHONY: all deps demo check check-full check-asan check-tsan fuzz bench bench-deps lint format install install-lib deb clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) $(LIBAPEX_SO)

# Installing a name server must not start one: policy-rc.d says no while we install.
deps:
	@need="$(strip $(DEPS))"; missing=; \
	for p in $$need; do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	echo "installing:$$missing"; \
	if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	policy=/usr/sbin/policy-rc.d; \
	if [ -e $$policy ]; then policy=; else \
		printf '#!/bin/sh\nexit 101\n' | $$sudo tee $$policy >/dev/null && $$sudo chmod 755 $$policy; fi; \
	$$sudo apt-get update -q && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; rc=$$?; \
	if [ "$$policy" ]; then $$sudo rm -f $$policy; fi; exit $$rc

demo:
	@$(MAKE) --no-print-directory deps DEPS="$(BUILD_DEPS) $(DEMO_DEPS)"
	@$(MAKE) --no-print-directory all
	examples/demo.sh $(BUILD)

$(LIBAPEX): $(CORE)
	$(call run,AR,$@)rm -f $@ && $(AR) rcs $@ $^
$(LIBAPEX_SO): $(PIC) core/libapex.map
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,$(notdir $@) -Wl,--version-script=core/libapex.map \
		-o $@ $(PIC) $(LIBS_core)
$(BUILD)/apex: $(TOOLS) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_tools)
$(BUILD)/apexfs: $(FS) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_fs)
$(BUILD)/apexd: $(DNSD) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) $(LTO) $(OPT) -o $@ $^ $(LIBS_core) $(LIBS_dnsd)

# A test sees the objects of its room, less the room's main.
$(BUILD)/tests/core/%: $(BUILD)/tests/core/%.o $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_test)
$(BUILD)/tests/fs/%: $(BUILD)/tests/fs/%.o $(filter-out %/main.o,$(FS)) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_fs) $(LIBS_test)
$(BUILD)/tests/dnsd/%: $(BUILD)/tests/dnsd/%.o $(filter-out %/main.o,$(DNSD)) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_dnsd) $(LIBS_test)
$(BUILD)/tests/tools/%: $(BUILD)/tests/tools/%.o $(filter-out %/main.o,$(TOOLS)) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_tools) $(LIBS_test)
$(BUILD)/tests/bench/barefs: $(BUILD)/tests/bench/barefs.o
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_fs)
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(filter-out %/main.o,$(DNSD)) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_dnsd)
$(BUILD)/tests/tool_%: $(BUILD)/tests/tool_%.o $(filter-out %/main.o,$(DNSD)) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_core) $(LIBS_dnsd)
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(filter-out %/main.o,$(DNSD)) $(LIBAPEX)
	$(call run,LD,$@)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_core) $(LIBS_dnsd)

$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC,$<)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(CFLAGS_core) -fPIC -fno-semantic-interposition -MMD -MP -c -o $@ $<
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC,$<)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(CFLAGS_$(firstword $(subst /, ,$*))) $(if $(filter dnsd/%,$*),$(LTO)) $(if $(filter tests/%,$*),$(CFLAGS_core) $(CFLAGS_fs) $(CFLAGS_dnsd) $(CFLAGS_tools) $(CFLAGS_test)) -MMD -MP -c -o $@ $<

# Tests: T=word runs those whose path has the word.
check: deps
	@$(MAKE) --no-print-directory check-run
check-full: deps
	APEX_TEST_FULL=1 APEX_TEST_TIMEOUT=7200 $(MAKE) --no-print-directory check-run
check-asan: deps
	$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined OPT='-O1 -g' check-run
check-tsan: deps
	$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE=thread OPT='-O1 -g' check-run
.PHONY: check-run
check-run: all $(UNIT) $(HELPERS) $(BENCH_TOOLS)
	@tests/run $(BUILD) $(T)

# Coverage-guided fuzzing of every parser of foreign bytes, FUZZ_SECONDS each.
FUZZ_SECONDS ?= 30
fuzz:
	$(MAKE) BUILD=$(BUILD)/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined OPT='-O1 -g' fuzz-run
.PHONY: fuzz-run
fuzz-run: $(FUZZERS)
	tests/fuzz/run $(BUILD) $(FUZZ_SECONDS)

bench-deps:
	@$(MAKE) --no-print-directory deps DEPS="$(BENCH_DEPS)"
# Ratios, taken side by side in one run; never a bare time. B=word runs those whose name has the word.
bench: all $(BENCHES)
	tests/bench/run $(BUILD) $(B)

lint:
	tests/lint $(BUILD)
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# Pages of verbs come from the verbs themselves; headers say <apex/...> to each other once they are installed.
share = $(DESTDIR)$(PREFIX)/share
install: all install-lib
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(HELPERDIR) $(addprefix $(share)/man/man,1 5 7 8)
	install $(BUILD)/apex $(BUILD)/apexfs $(DESTDIR)$(PREFIX)/bin
	install $(BUILD)/apexd $(DESTDIR)$(PREFIX)/sbin
	ln -sf $(PREFIX)/bin/apexfs $(DESTDIR)$(HELPERDIR)/mount.apexfs
	install -m 644 tools/apex.1 fs/apexfs.1 $(share)/man/man1
	for verb in $$($(BUILD)/apex complete -- '' | grep -v '^help$$'); do \
		$(BUILD)/apex help --man $$verb >$(share)/man/man1/apex-$$verb.1 || exit 1; done
	install -m 644 core/apex-repository.7 $(share)/man/man7
	install -m 644 dnsd/apexd.yaml.5 $(share)/man/man5
	install -m 644 dnsd/apexd.8 $(share)/man/man8
	install -d $(addprefix $(DESTDIR)$(PREFIX)/lib/,systemd/system sysusers.d tmpfiles.d) $(share)/doc/apexd/examples
	for unit in apexd.service apexfs.service; do \
		sed 's,/usr/local/,$(PREFIX)/,' examples/systemd/$$unit >$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit || exit 1; done
	install -m 644 examples/systemd/apexfs.sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/apexfs.conf
	install -m 644 examples/systemd/apexfs.tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/apexfs.conf
	install -m 644 examples/apexd.yaml examples/prometheus/* $(share)/doc/apexd/examples
	install -d $(share)/bash-completion/completions $(share)/zsh/vendor-completions $(share)/fish/vendor_completions.d
	install -m 644 examples/completion/apex.bash $(share)/bash-completion/completions/apex
	install -m 644 examples/completion/_apex $(share)/zsh/vendor-completions
	install -m 644 examples/completion/apex.fish $(share)/fish/vendor_completions.d

install-lib: $(LIBAPEX) $(LIBAPEX_SO)
	install -d $(DESTDIR)$(PREFIX)/include/apex $(DESTDIR)$(PREFIX)/lib/pkgconfig
	for h in $(PUBLIC_HEADERS); do \
		sed 's,#include "core/,#include "apex/,' $$h >$(DESTDIR)$(PREFIX)/include/apex/$${h#core/} || exit 1; done
	install -m 644 $(LIBAPEX) $(DESTDIR)$(PREFIX)/lib
	install $(LIBAPEX_SO) $(DESTDIR)$(PREFIX)/lib
	ln -sf $(notdir $(LIBAPEX_SO)) $(DESTDIR)$(PREFIX)/lib/libapex.so
	sed 's,@PREFIX@,$(PREFIX),; s,@VERSION@,$(VERSION),' core/libapex.pc.in \
		>$(DESTDIR)$(PREFIX)/lib/pkgconfig/libapex.pc

# Debian packages of what is committed, in $(BUILD)/deb.
DEB_DEPS := debhelper lintian
deb:
	@$(MAKE) --no-print-directory deps DEPS="$(BUILD_DEPS) $(DEB_DEPS)"
	rm -rf $(BUILD)/deb && mkdir -p $(BUILD)/deb/apexfs
	git archive HEAD | tar -x -C $(BUILD)/deb/apexfs
	cp -r $(BUILD)/deb/apexfs/examples/debian $(BUILD)/deb/apexfs/debian
	cd $(BUILD)/deb/apexfs && env -u MAKEFLAGS -u MFLAGS -u BUILD dpkg-buildpackage -b -us -uc # a BUILD told to us is not its
	lintian --fail-on error $(BUILD)/deb/*.changes

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -path $(BUILD)/deb -prune -o -name '*.d' -type f -print 2>/dev/null)
