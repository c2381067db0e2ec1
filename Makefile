# netjail: build, test, measure.  `make help' lists the targets.
#
# Sources are found by folder: everything in the core folders is linked into
# netjaild and into whatever embeds the stack; *_main.c hold the programs; TOOL
# is what only the programs outside the daemon use.  No archives: rows of the
# linker sets (base/linkerset.h) would be lost.

B	?= build
CC	?= gcc
OPT	?= -O2 -g
WARN	= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -Wpointer-arith -Wcast-qual -Wvla -Wformat=2 -Werror
CFLAGS	= -std=gnu11 -D_GNU_SOURCE -I. $(OPT) $(WARN) $(SAN) -MMD -MP
LDFLAGS	= $(SAN)

# Lowest first; a folder may include only those before it.
LAYERS	= base sysctl netjail portrange pcb stack

TOOL	= sysctl/client.c $(wildcard netjail/launch*.c)
MAINS	= $(wildcard */*_main.c)
core	= $(filter-out $(MAINS) $(TOOL),$(foreach d,$(1),$(wildcard $(d)/*.c)))
objs	= $(patsubst %.c,$(B)/obj/%.o,$(1))

CORE	= $(call core,$(LAYERS))
DAEMON	= $(CORE) $(wildcard daemon/*.c)
NETSTAT	= $(wildcard netstat/*.c) sysctl/client.c base/inaddr.c

PROGS	= $(addprefix $(B)/bin/,netjaild netjail jls jexec sysctl netstat)

all: $(PROGS)

$(B)/bin/netjaild: LDLIBS = -lbsd -lpcap -lseccomp
$(B)/bin/netjaild: $(call objs,$(DAEMON))
$(B)/bin/netjail $(B)/bin/jls $(B)/bin/jexec: LDLIBS = -lbsd
$(B)/bin/netjail: $(call objs,netjail/netjail_main.c $(TOOL) base/inaddr.c)
$(B)/bin/jls: $(call objs,netjail/jls_main.c $(TOOL) base/inaddr.c)
$(B)/bin/jexec: $(call objs,netjail/jexec_main.c $(TOOL) base/inaddr.c)
$(B)/bin/sysctl: LDLIBS = -lbsd
$(B)/bin/sysctl: $(call objs,sysctl/sysctl_main.c sysctl/client.c)
$(B)/bin/netstat: LDLIBS = -lbsd
$(B)/bin/netstat: $(call objs,$(NETSTAT))

$(PROGS):
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LDLIBS)

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

# tests/unit/FOLDER_NAME_test.c is linked with FOLDER and the folders below it,
# so that a layer which starts to need what is above it no longer links.
UNIT	= $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*_test.c))
upto	= $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) \
	  $(call upto,$(1),$(wordlist 2,99,$(2))))
layerof	= $(firstword $(subst _, ,$(1)))

define UNIT_RULE
$(B)/unit/$(1): $(call objs,tests/unit/$(1).c $(call core,$(call upto,$(call layerof,$(1)),$(LAYERS))))
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) -lcmocka -lbsd
endef
$(foreach t,$(UNIT),$(eval $(call UNIT_RULE,$(t))))

unit: $(addprefix $(B)/unit/,$(UNIT))
	@for t in $(UNIT); do echo "== $$t"; $(B)/unit/$$t || exit 1; done

clean:
	rm -rf $(B)

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: all unit clean
.DEFAULT_GOAL := all
