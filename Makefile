# netjail: build, test, measure.  `make help' lists the targets.
#
# Sources are found by folder: everything in the core folders is linked into
# netjaild and into whatever embeds the stack; *_main.c hold the programs; TOOL
# is what only the programs outside the daemon use, and with lib_*.c libnetjail.
# No archives: rows of the linker sets (base/linkerset.h) would be lost.

B	?= build
ifeq ($(origin CC),default)
CC	= gcc
endif
OPT	?= -O2 -g
WARN	= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -Wpointer-arith -Wcast-qual -Wvla -Wformat=2 -Werror
# As distributions build; a sanitizer looks into the same calls itself.
HARDEN	= $(if $(SAN)$(findstring -O0,$(OPT)),,-D_FORTIFY_SOURCE=2)
CFLAGS	= -std=gnu11 -D_GNU_SOURCE -I. $(OPT) $(HARDEN) $(WARN) $(SAN) -MMD -MP
NOW	= -Wl,-z,now
LDFLAGS	= $(SAN) $(NOW)
# make V=1 shows the commands.
Q	= $(if $(V),,@echo "  $(@:$(B)/%=%)";)

comma	:= ,

# Lowest first; a folder may include only those before it.
LAYERS	= base sysctl netjail portrange pcb stack

TOOL	= sysctl/client.c $(wildcard netjail/launch*.c)
TOOLCORE = netjail/jailparam.c base/inaddr.c
LIBSRC	= $(wildcard */lib_*.c)
# Programs that show or check what is there (netjail top and so on).
WATCH	= $(wildcard $(addprefix netjail/,census*.c metrics*.c top*.c doctor*.c \
	  conf*.c))
MAINS	= $(wildcard */*_main.c)
core	= $(filter-out $(MAINS) $(TOOL) $(LIBSRC) $(WATCH) sysctl/show_%, \
	  $(foreach d,$(1),$(wildcard $(d)/*.c)))
objs	= $(patsubst %.c,$(B)/obj/%.o,$(1))

CORE	= $(call core,$(LAYERS))
# The MIB on a socket, for whoever embeds the stack.
CONTROL	= $(addprefix daemon/,control.c loop.c reserve.c turn.c) sysctl/client.c
DAEMON	= $(CORE) $(wildcard daemon/*.c) sysctl/client.c
NETSTAT	= $(filter-out $(MAINS),$(wildcard netstat/*.c)) sysctl/client.c \
	  base/inaddr.c

# Found by netjail under their last word: `netjail top'.
HELPERS	= netjail-top netjail-metrics netjail-doctor
PROGS	= $(addprefix $(B)/bin/,netjaild netjail jls jexec sysctl netstat \
	  sockstat $(HELPERS))

# sysctl(3) and jail(2) for programs.  The map says what is seen of it; a change
# to what is there wants another number.  Never sanitized: it is loaded into
# anybody's programs.
LIBMAP	= netjail/libnetjail.map
LIBNAME	= libnetjail.so.0
LIB	= $(B)/lib/$(LIBNAME)

# The stack itself, for programs that have one of their own: all of the core, and
# what lets netstat and sysctl look at it.  A shared object keeps the rows of
# linker sets, which an archive would lose.  Its insides are its interface, so
# only a program built against the same version goes with it.
VERSION	= $(shell sed -n 's/.*NETJAIL_VERSION[^"]*"\(.*\)"/\1/p' base/version.h)
STACKNAME = libnetjail-stack.so.$(VERSION)
STACKLIB = $(B)/lib/$(STACKNAME)
STACKSRC = $(CORE) $(CONTROL)

all: $(PROGS) $(LIB) $(STACKLIB)	## build everything into build/bin and build/lib

$(B)/bin/netjaild: LDLIBS = -lbsd -lpcap -lseccomp
$(B)/bin/netjaild: $(call objs,$(DAEMON))
$(B)/bin/netjail $(B)/bin/jls $(B)/bin/jexec: LDLIBS = -lbsd -lfuse3
$(B)/bin/netjail: $(call objs,netjail/netjail_main.c $(wildcard netjail/conf*.c) \
	  $(TOOL) $(TOOLCORE))
$(B)/bin/jls: LDLIBS += -ljansson
$(B)/bin/jls: $(call objs,netjail/jls_main.c netstat/xo.c netstat/out.c $(TOOL) \
	  $(TOOLCORE))
$(B)/bin/jexec: $(call objs,netjail/jexec_main.c $(TOOL) $(TOOLCORE))
$(B)/bin/sysctl: LDLIBS = -lbsd
$(B)/bin/sysctl: $(call objs,sysctl/sysctl_main.c sysctl/client.c \
	  sysctl/text.c sysctl/show_struct.c)
$(B)/bin/netstat $(B)/bin/sockstat: LDLIBS = -lbsd -ljansson
$(B)/bin/netstat: $(call objs,netstat/netstat_main.c $(NETSTAT))
$(B)/bin/sockstat: $(call objs,netstat/sockstat_main.c $(NETSTAT))
FETCH	= netstat/fetch.c netstat/source.c sysctl/client.c base/inaddr.c
$(B)/bin/netjail-metrics: LDLIBS = -lbsd
$(B)/bin/netjail-metrics: $(call objs,netjail/metrics_main.c netjail/metrics.c \
	  netjail/census.c $(FETCH))
$(B)/bin/netjail-top: LDLIBS = -lncurses -ltinfo -lbsd -lm
$(B)/bin/netjail-top: $(call objs,$(wildcard netjail/top*.c) \
	  netjail/census.c $(FETCH))
$(B)/bin/netjail-doctor: LDLIBS = -lbsd -lfuse3
$(B)/bin/netjail-doctor: $(call objs,$(wildcard netjail/doctor*.c) $(TOOL) \
	  $(TOOLCORE))

$(PROGS):
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LDLIBS)

pics	= $(patsubst %.c,$(B)/pic/%.o,$(1))
# launch_jail.c is for programs that talk to people.
$(LIB): $(call pics,$(LIBSRC) $(filter-out netjail/launch_jail.c,$(TOOL)) \
	  $(TOOLCORE)) $(LIBMAP)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,$(LIBNAME) -Wl,-z,defs $(NOW) \
	    -Wl,--version-script=$(LIBMAP) -o $@ $(filter %.o,$^) -lbsd -lfuse3
	@ln -sf $(LIBNAME) $(@D)/libnetjail.so
$(STACKLIB): $(call pics,$(STACKSRC))
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -Wl,-soname,$(STACKNAME) -Wl,-z,defs $(NOW) -o $@ \
	    $(filter %.o,$^) -lbsd
	@ln -sf $(STACKNAME) $(@D)/libnetjail-stack.so

$(B)/pic/%.o: %.c | $(B)/.setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(SAN),$(CFLAGS)) -fPIC -c -o $@ $<

$(B)/obj/%.o: %.c | $(B)/.setup
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

# Says which package is missing, and installs it where it may.
$(B)/.setup: setup
	@./setup build
	@mkdir -p $(@D)
	@touch $@

# tests/unit/FOLDER_NAME_test.c is linked with FOLDER and the folders below it,
# so that a layer which starts to need what is above it no longer links.
UNIT	= $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*_test.c))
upto	= $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) \
	  $(call upto,$(1),$(wordlist 2,99,$(2))))
layerof	= $(firstword $(subst _, ,$(1)))

define UNIT_RULE
$(B)/unit/$(1): $(call objs,tests/unit/$(1).c $(call core,$(call upto,$(call layerof,$(1)),$(LAYERS))))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) -lcmocka -lbsd
endef

# What of daemon/ stands alone has unit tests too: daemon_X_test.c is linked with
# X and base/.
DUNIT	= $(filter daemon_%,$(UNIT))
$(foreach t,$(filter-out daemon_%,$(UNIT)),$(eval $(call UNIT_RULE,$(t))))
$(addprefix $(B)/unit/,$(DUNIT)): $(B)/unit/daemon_%_test: \
	  $(B)/obj/tests/unit/daemon_%_test.o $(B)/obj/daemon/%.o \
	  $(call objs,$(call core,base))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -lcmocka -lbsd

# Those that let malloc(3) fail.
$(B)/unit/netjail_change_test: LDFLAGS += -Wl,--wrap=calloc
$(B)/unit/stack_nomem_test: LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,malloc \
	  calloc realloc aligned_alloc posix_memalign)

UNITS	= $(addprefix $(B)/unit/,$(UNIT))

# What only programs use is no part of the core.
$(B)/unit/netjail_metrics_test: $(call objs,netjail/metrics.c netjail/census.c \
	  netstat/fetch.c)
$(B)/unit/netjail_conf_test: $(call objs,$(addprefix netjail/, \
	  conf.c conf_parse.c conf_order.c))

# The text of netstat/'s programs against stored text: all of them but main, and
# a MIB of bytes.
GOLDEN	= $(addprefix $(B)/netstat/,golden_test net_test sockstat_test)
$(GOLDEN): $(B)/netstat/%: $(B)/obj/tests/netstat/%.o $(call objs,$(NETSTAT) \
	  tests/netstat/fake.c tests/netstat/golden.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -lcmocka -lbsd -ljansson
UNITS	+= $(GOLDEN)

# Programs made of bytes (tests/fuzz): replayed by check; fuzz builds them again
# with clang, whose search takes the place of replay.c.
FUZZ	= $(patsubst tests/fuzz/%_fuzz.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
FUZZMAIN ?= replay
FUZZ_control = $(CONTROL)
FUZZ_conf = netjail/conf.c netjail/conf_parse.c netjail/conf_order.c
FUZZ_rtmsg = $(addprefix netstat/,rtmsg.c ifrow.c xo.c out.c)
FUZZ_records = $(filter-out $(MAINS) netstat/source.c,$(wildcard netstat/*.c)) \
	  netjail/census.c tests/netstat/fake.c
FUZZ_diag = $(filter-out $(MAINS),$(wildcard daemon/*.c)) sysctl/client.c \
	  tests/fuzz/daemon.c
FUZZ_jailparam = $(FUZZ_diag)
$(B)/fuzz/records $(B)/fuzz/rtmsg: LDLIBS = -ljansson
$(B)/fuzz/diag $(B)/fuzz/jailparam: LDLIBS = -lpcap -lseccomp
define FUZZ_RULE
$(1): $(call objs,tests/fuzz/$(notdir $(1))_fuzz.c tests/fuzz/$(FUZZMAIN).c \
	  $(CORE) $(FUZZ_$(notdir $(1))))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) $$(FUZZLINK) -o $$@ $$(filter %.o,$$^) \
	    $$(LDLIBS) -lbsd
endef
$(foreach t,$(FUZZ),$(eval $(call FUZZ_RULE,$(t))))

# Programs that the tests run inside jails, and small programs that assert what
# netjail relies on from the kernel.  Never sanitized: they stand for anybody's.
TCFLAGS	= -std=gnu11 -D_GNU_SOURCE -I. -O1 -g $(WARN) -MMD -MP -pthread
RUNPROG	= $(patsubst tests/run/%.c,$(B)/run/%,$(wildcard tests/run/*.c))
PLATFORM = $(patsubst tests/platform/%.c,$(B)/platform/%, \
	  $(wildcard tests/platform/*.c))
BENCH	= $(addprefix $(B)/bench/,calls kernel)

# A program that embeds the stack, and shows it with the daemon's control socket.
CAPACITY = $(B)/bench/capacity
$(CAPACITY): $(call objs,$(wildcard bench/capacity*.c) $(CORE) \
	  $(CONTROL))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -lbsd

$(B)/run/static $(B)/run/rights $(BENCH): TCFLAGS += -static
$(RUNPROG) $(PLATFORM) $(BENCH): | $(B)/.setup
$(B)/run/%: tests/run/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TCFLAGS) -o $@ $<
$(B)/platform/%: tests/platform/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TCFLAGS) -o $@ $<
$(B)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TCFLAGS) -O2 -o $@ $<

# Programs as they are written for FreeBSD, built as pkg-config netjail says.
EMBED	= $(B)/consumer/embed
$(EMBED): tests/consumer/embed/embed.c $(STACKLIB)
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 -g -Wall -Wextra -Werror -MMD -MP -I. -o $@ $< \
	    -L$(B)/lib -Wl,-rpath,$(abspath $(B)/lib) -lnetjail-stack -lbsd

CONSUMER = $(EMBED) $(patsubst tests/consumer/%.c,$(B)/consumer/%, \
	  $(wildcard tests/consumer/*.c))
$(B)/consumer/%: tests/consumer/%.c $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 -g -Wall -Wextra -Werror -MMD -MP -Iinclude/bsd -o $@ $< \
	    -L$(B)/lib -Wl,-rpath,$(abspath $(B)/lib) -lnetjail -pthread

tests-built: all $(UNITS) $(FUZZ) $(RUNPROG) $(PLATFORM) $(CAPACITY) $(CONSUMER)

demo: all $(B)/run/static	## two jails talk, netstat shows it inside and outside
	@./setup test || echo "demo: trying without"
	@sh netjail/demo.sh $(B)

check: tests-built	## every test; ends with N passed, N failed, N skipped
	@./setup test || echo "check: tests that need it will be skipped"
	@sh tests/check $(B)

check-full: $(UNITS)	## unit tests, those against an oracle for millions of steps
	@NETJAIL_TEST_STEPS=4000000 NETJAIL_TEST_TIMEOUT=1800 \
	    sh tests/check $(B) unit

unit: $(UNITS) $(B)/bin/netstat $(B)/bin/sockstat	## the unit tests alone
	@sh tests/check $(B) unit netstat

layers:			## who may include whom
	@sh tests/check $(B) layers

# A sanitized daemon carries every test program; those that measure are left out.
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	  -fno-omit-frame-pointer
asan:			## unit tests and a short run of real programs, ASan + UBSan
	@$(MAKE) --no-print-directory B=build/asan SAN="$(SANFLAGS)" tests-built
	@./setup test || echo "asan: tests that need it will be skipped"
	@NETJAIL_TEST_SHORT=1 sh tests/check build/asan unit fuzz netstat run

.PHONY: fuzz fuzz-built
FUZZ_SECONDS ?= 60
fuzz:			## clang's fuzzer, FUZZ_SECONDS for each target
	@./setup build lint
	@$(MAKE) --no-print-directory B=build/fuzzer CC=clang FUZZMAIN=libfuzzer \
	    SAN="$(SANFLAGS) -fsanitize=fuzzer-no-link" \
	    FUZZLINK=-fsanitize=fuzzer fuzz-built
	@sh tests/fuzz/run build/fuzzer search $(FUZZ_SECONDS)
fuzz-built: $(FUZZ)

lint:			## clang -Werror, clang-tidy, cppcheck, man pages, scripts
	@./setup build lint
	@$(MAKE) --no-print-directory B=build/clang CC=clang tests-built
	@sh tests/lint $(CFLAGS)

bench: all $(BENCH) $(RUNPROG)	## one figure a line: name value unit
	@./setup test || echo "bench: figures that need it will be missing"
	@sh bench/bench $(B)

.PHONY: bench-pcb plots
bench-pcb: all $(BENCH) $(CAPACITY)	## a million sockets and more; SMALL=1: less
	@sh bench/pcb $(B)

plots:			## bench/plots from bench/plots/pcb.txt
	@./setup bench
	@sh bench/plot bench/plots/pcb.txt

# pack/install.sh says what goes where.
PREFIX	?= /usr/local
install: all		## into DESTDIR and PREFIX
	$(Q)DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh pack/install.sh $(B) $(PROGS)

uninstall:		## take exactly that away again
	$(Q)DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" sh pack/install.sh -u $(B) $(PROGS)

deb: all		## build/netjail_VERSION_ARCH.deb
	$(Q)sh pack/deb.sh $(B) $(PROGS)

names: all		## bring the list in netjail-sysctl.7 up to date
	@sh sysctl/names.sh $(B) sysctl/netjail-sysctl.7

help:			## this list
	@sed -n 's/^\([a-z-]*\):[^#]*##[[:space:]]*/\1@/p' Makefile | \
	    while IFS=@ read -r t d; do printf 'make %-10s %s\n' "$$t" "$$d"; done

clean:			## remove what was built
	rm -rf build $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: all tests-built demo check check-full unit layers asan lint bench install uninstall deb names help clean
.DEFAULT_GOAL := all
