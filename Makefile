# SPDX-License-Identifier: GPL-2.0-or-later
# ./configure && make; V=1 shows commands, ASAN=1 adds sanitizers, WERROR=1 is for CI.

ifeq ($(wildcard config.mk),)
ifeq ($(filter clean distclean,$(MAKECMDGOALS)),)
$(error There is no config.mk: run ./configure first)
endif
endif
-include config.mk

VERSION := $(file < VERSION)
bpfdir = $(libdir)/bpf

# The tools: each is linked from the source of its name and the archives of its layers.
PINNING_TOOLS := pin_maps load status unload doctor gc objects inspect
SCRIPT_TOOLS := stats top acl ratelimit rewrite redirect forward chain
COMPAT_TOOLS := iproute2_env btf2legacy
PLUGINS := compat/f_ifbpf.so compat/e_ifbpf.so compat/link_ifbpf.so
PLUGIN_MODULES := f_ifbpf e_ifbpf link_ifbpf plugin plugin_tool message prepared prepared_turn replaced

WARN := -Wall -Wextra -Werror=implicit-function-declaration -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wvla -Wpointer-arith -Wundef $(if $(WERROR),-Werror)
SANITIZE := $(if $(ASAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer)
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 $(WARN) -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DOBJECT_DIR='"$(bpfdir)"' -MMD -MP \
	$(LIB_CFLAGS) $(SANITIZE) $(CFLAGS)
ALL_LDFLAGS := -Wl,--as-needed $(SANITIZE) $(CFLAGS) $(LDFLAGS)
# Plugins get into ip and tc, which are no programs of ours: one symbol each, and no sanitizer.
PLUGIN_CFLAGS = $(filter-out $(SANITIZE),$(ALL_CFLAGS)) -fPIC -fvisibility=hidden \
	-DTOOL_DIR='"$(libexecdir)/ifbpf"'
BPF_CFLAGS := -O2 -target bpf -mcpu=v3 -std=gnu11 -Wall -Wextra $(if $(WERROR),-Werror) -I. \
	$(LIBBPF_CFLAGS) $(BPF_SYS_INCLUDES) -MMD -MP

Q   := $(if $(V),,@)
msg  = $(if $(V),,@printf '  %-8s %s\n' $(1) $(2))

# Three builds of each BPF source, by what its map macros become (compat/maps.bpf.h); XDP programs
# once more for packets of several buffers (objects/xdp.bpf.h), which the legacy loader cannot take.
BPF_SOURCES := $(wildcard objects/*.bpf.c)
ONE_BUFFER := $(BPF_SOURCES:%.bpf.c=%.o)
FRAGS := $(patsubst %.bpf.c,%_frags.o,$(wildcard objects/xdp_*.bpf.c))
PLAIN := $(ONE_BUFFER) $(FRAGS)
PINNED := $(PLAIN:objects/%=objects/pinned/%)
LEGACY := $(ONE_BUFFER:objects/%=objects/legacy/%)
OBJECTS := $(PLAIN) $(PINNED) $(LEGACY)

# Sources that are no tool go into the archive of their folder.
tools = $(patsubst %.c,%,$(wildcard $(2:%=$(1)/%.c)))
modules = $(patsubst %.c,build/%.o,$(filter-out $(2:%=$(1)/%.c),$(wildcard $(1)/*.c)))
TOOLS := $(call tools,pinning,$(PINNING_TOOLS)) $(call tools,scripts,$(SCRIPT_TOOLS)) \
	$(call tools,compat,$(COMPAT_TOOLS))
BPFFS := $(call modules,bpffs)
PINNING := $(call modules,pinning,$(PINNING_TOOLS))
SCRIPTS := $(call modules,scripts,$(SCRIPT_TOOLS))
COMPAT := $(call modules,compat,$(COMPAT_TOOLS) $(PLUGIN_MODULES))

UNIT_TESTS := $(patsubst %.c,build/%,$(wildcard tests/unit/*.c))
# Programs on packets by BPF_PROG_TEST_RUN: test_<object>.c, and what they share.
PACKET_TESTS := $(patsubst %.c,build/%,$(wildcard tests/packet/test_*.c))
PACKET := $(patsubst %.c,build/%.o,$(filter-out tests/packet/test_%,$(wildcard tests/packet/*.c)))
TEST_HELPERS := $(patsubst %.c,build/%,$(wildcard tests/*.c))
TEST_OBJECTS := $(patsubst %.bpf.c,build/%.o,$(wildcard tests/bpf/*.bpf.c tests/bench/bpf/*.bpf.c))
BENCH := $(call modules,tests/bench,bench)
BENCH_PROGRAMS := build/tests/bench/bench build/tests/bare_load

all: $(OBJECTS) $(TOOLS) $(PLUGINS)

# Other flags than last time, say ASAN=1, make everything anew: objects of two kinds never mix.
FLAGS := $(strip $(CC) $(ALL_CFLAGS) $(PLUGIN_CFLAGS) $(ALL_LDFLAGS) $(LIBS) $(LIBXDP_CFLAGS) $(CMOCKA_LIBS) $(CLANG) \
	$(BPF_CFLAGS))
ifneq ($(FLAGS),$(file < build/flags))
$(shell mkdir -p build)$(file > build/flags,$(FLAGS))
endif
# It can go between: 'make clean all'.
build/flags:
	$(shell mkdir -p build)$(file > build/flags,$(FLAGS))
ifneq ($(filter clean distclean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

$(PLAIN) $(PINNED): BPF_CFLAGS += -g
$(PINNED): BPF_CFLAGS += -DMAPS_PINNED
$(LEGACY): BPF_CFLAGS += -DMAPS_LEGACY
$(FRAGS) $(FRAGS:objects/%=objects/pinned/%): BPF_CFLAGS += -DXDP_FRAGS

define compile_bpf
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D) build/$(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MF build/$(@:.o=.d) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@
endef
$(ONE_BUFFER): objects/%.o: objects/%.bpf.c build/flags
	$(compile_bpf)
$(FRAGS): objects/%_frags.o: objects/%.bpf.c build/flags
	$(compile_bpf)
$(ONE_BUFFER:objects/%=objects/pinned/%): objects/pinned/%.o: objects/%.bpf.c build/flags
	$(compile_bpf)
$(FRAGS:objects/%=objects/pinned/%): objects/pinned/%_frags.o: objects/%.bpf.c build/flags
	$(compile_bpf)
$(LEGACY): objects/legacy/%.o: objects/%.bpf.c build/flags
	$(compile_bpf)

$(TEST_OBJECTS): build/%.o: %.bpf.c build/flags
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -g -c $< -o $@

build/%.o: %.c build/flags
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

build/pinning/join.o: ALL_CFLAGS += $(LIBXDP_CFLAGS)
# What stands on top of its results.
build/tests/bench/machine.o: ALL_CFLAGS += -DBENCH_CC='"$(CC)"' -DBENCH_CLANG='"$(CLANG)"'

build/plugin/%.o: compat/%.c build/flags
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PLUGIN_CFLAGS) -c $< -o $@

build/plugin/lock_%.o: bpffs/lock_%.c build/flags
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(PLUGIN_CFLAGS) -c $< -o $@

# The archives depend on the flags file so that one without members is made as well.
build/libbpffs.a: $(BPFFS) build/flags
build/libpinning.a: $(PINNING) build/flags
build/libscripts.a: $(SCRIPTS) build/flags
build/libcompat.a: $(COMPAT) build/flags
build/libpacket.a: $(PACKET) build/flags
build/libbench.a: $(BENCH) build/flags
build/lib%.a:
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

define link
	$(call msg,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $(filter %.o %.a,$^) $(LIBXDP_LIBS) $(LIBS) $(1) -o $@
endef

# The layers show in what is linked: readers never load, so they get no libpinning.
# Two of them ask the check of btf2legacy.
INSPECTING := $(filter pinning/inspect pinning/objects,$(TOOLS))
$(filter-out $(INSPECTING),$(filter pinning/%,$(TOOLS))): %: build/%.o build/libpinning.a \
		build/libbpffs.a
	$(call link)
$(INSPECTING): %: build/%.o build/libpinning.a build/libcompat.a build/libbpffs.a
	$(call link)
$(filter scripts/%,$(TOOLS)): %: build/%.o build/libscripts.a build/libbpffs.a
	$(call link)
$(filter compat/%,$(TOOLS)): %: build/%.o build/libcompat.a build/libpinning.a build/libbpffs.a
	$(call link)
compat/f_ifbpf.so: build/plugin/message.o build/plugin/prepared.o build/plugin/prepared_turn.o \
		build/plugin/replaced.o build/plugin/lock_holder.o build/plugin/lock_moment.o
compat/link_ifbpf.so: build/plugin/message.o
$(PLUGINS): compat/%.so: build/plugin/%.o build/plugin/plugin.o build/plugin/plugin_tool.o
	$(call msg,LD,$@)
	$(Q)$(CC) -shared -Wl,--as-needed -Wl,-z,defs $(filter-out $(SANITIZE),$(CFLAGS)) $(LDFLAGS) \
		$(filter %.o,$^) $(LIBS) -o $@
$(TEST_HELPERS): build/%: build/%.o build/libbench.a build/libscripts.a build/libpinning.a \
		build/libbpffs.a
	$(call link)
build/tests/bench/bench: build/%: build/%.o build/libbench.a build/libscripts.a build/libpinning.a \
		build/libbpffs.a
	$(call link,-lm)
define link_unit
	$(if $(CMOCKA_LIBS),,$(error The unit tests need cmocka: apt-get install libcmocka-dev, then ./configure))
	$(call link,$(CMOCKA_LIBS) -lm)
endef
$(UNIT_TESTS): build/%: build/%.o build/libbench.a build/libscripts.a build/libpinning.a \
		build/libbpffs.a
	$(link_unit)
$(PACKET_TESTS): build/%: build/%.o build/libpacket.a build/libscripts.a build/libpinning.a \
		build/libbpffs.a
	$(link_unit)

test-programs: all $(TEST_HELPERS) $(TEST_OBJECTS) $(UNIT_TESTS) $(PACKET_TESTS) \
	$(BENCH_PROGRAMS)

# Minutes; what is named runs, be it slow or not.
check: test-programs
	$(Q)FAULTS=no $(if $(TESTS),,SLOW=no) tests/run.sh $(TESTS)

# What tests/slow lists.
check-slow: test-programs
	$(Q)FAULTS=no SLOW=only LIMIT=$${LIMIT:-600} tests/run.sh $(TESTS)

# BENCH_ARGS: groups and options, such as '--quick packet'; see tests/bench/run.sh --help.
bench: all $(TEST_OBJECTS) $(BENCH_PROGRAMS)
	$(Q)tests/bench/run.sh $(BENCH_ARGS)

# A full run, written to docs/BENCH.md with its plots.
bench-docs: all $(TEST_OBJECTS) $(BENCH_PROGRAMS)
	$(Q)tests/bench/run.sh --docs docs $(BENCH_ARGS)

# A fault at every system call: minutes rather than seconds. They wait for the kernel more than they
# compute, so there are more of them at once than CPUs.
check-faults: test-programs
	$(Q)FAULTS=only LIMIT=900 JOBS=$${JOBS:-$$(($$(nproc) * 2))} tests/run.sh $(TESTS)

# The tests on Debian's kernels in virtual machines: KERNEL=5.10, 6.1, 6.12 or all.
vmtest: test-programs
	$(Q)tests/vm/run.sh $(or $(KERNEL),all) $(TESTS)

# Every loader with every object, and after every other loader; MATRIX_ARGS: some loaders of
# tests/matrix/loaders.
matrix: test-programs
	$(Q)tests/matrix/run.sh --docs docs/MATRIX.md $(MATRIX_ARGS)

# What each program costs the verifier is kept in the tree; this takes over what it costs now.
verifier-cost: test-programs
	$(Q)tests/verifier_cost.sh > build/verifier_cost.txt
	$(Q)mv build/verifier_cost.txt tests/verifier_cost.txt

MAN := $(wildcard bpffs/bpffs.7 objects/*.7 compat/plugins.8 scripts/ifbpf.8 $(TOOLS:=.8))

# The page of a verb is called ifbpf-VERB.
page = $(patsubst ifbpf-ifbpf.8,ifbpf.8,$(patsubst ifbpf-pin_maps.8,ifbpf-pin.8,ifbpf-$(notdir $(1))))

# install_file MODE,FILE,AS and install_files MODE,FILES,FOLDER
define install_file
	$(call msg,INSTALL,'$(DESTDIR)$(3)')
	$(Q)install -D -m $(1) $(2) '$(DESTDIR)$(3)'

endef
define install_files
	$(call msg,INSTALL,'$(DESTDIR)$(3)/')
	$(Q)install -d '$(DESTDIR)$(3)'
	$(Q)install -m $(1) $(2) '$(DESTDIR)$(3)'

endef

install: all
	$(Q)sed -e 's|^libexec=.*|libexec=$(libexecdir)/ifbpf|' -e 's|^version=.*|version=$(VERSION)|' \
		scripts/ifbpf > build/ifbpf
	$(call install_file,0755,build/ifbpf,$(sbindir)/ifbpf)
	$(call install_files,0755,$(TOOLS),$(libexecdir)/ifbpf)
	$(call install_files,0644,$(PLAIN),$(bpfdir))
	$(call install_files,0644,$(PINNED),$(bpfdir)/pinned)
	$(call install_files,0644,$(LEGACY),$(bpfdir)/legacy)
	$(call install_files,0644,$(filter-out %.bpf.h,$(wildcard objects/*.h)),$(includedir)/ifbpf)
	$(call install_file,0644,scripts/completion.bash,$(datadir)/bash-completion/completions/ifbpf)
	$(if $(tc_plugindir),$(call install_files,0644,$(filter-out compat/link_%,$(PLUGINS)),$(tc_plugindir)))
	$(if $(ip_plugindir),$(call install_files,0644,$(filter compat/link_%,$(PLUGINS)),$(ip_plugindir)))
	$(foreach f,$(MAN),$(call install_file,0644,$(f),$(mandir)/man$(subst .,,$(suffix $(f)))/$(call page,$(f))))

clean:
	$(Q)rm -rf build $(OBJECTS) objects/pinned objects/legacy $(TOOLS) $(PLUGINS)

distclean: clean
	$(Q)rm -f config.mk

.PHONY: all bench bench-docs check check-slow check-faults vmtest matrix verifier-cost install test-programs clean distclean
.DELETE_ON_ERROR:
.SECONDARY:

-include $(shell find build -name '*.d' 2>/dev/null)
