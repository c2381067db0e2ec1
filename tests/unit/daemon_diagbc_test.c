/*
 * Filters of inet_diag: against what the kernel's own words of them say, done
 * naively, over programs that are random or nearly right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "daemon/diagbc.h"

typedef struct inet_diag_bc_op bcop;

static const struct diag_entry here = {
	.sport = 80, .dport = 4000, .autoport = false,
};

static struct diag_entry
entry(const char *s, const char *d)
{
	struct diag_entry e = here;

	e.saddr = inet_addr(s);
	e.daddr = inet_addr(d);
	return e;
}

/* ---- one operation at a time ---- */

static bool
run_port(unsigned code, uint16_t port)
{
	const bcop prog[2] = { { (uint8_t)code, 8, 12 }, { 0, 0, port } };

	assert_true(diagbc_valid(prog, sizeof(prog)));
	return diagbc_match(prog, sizeof(prog), &here);
}

static void
ports_are_compared(void **st)
{
	(void)st;
	assert_true(run_port(INET_DIAG_BC_S_EQ, 80));
	assert_false(run_port(INET_DIAG_BC_S_EQ, 81));
	assert_true(run_port(INET_DIAG_BC_S_GE, 80));
	assert_false(run_port(INET_DIAG_BC_S_GE, 81));
	assert_true(run_port(INET_DIAG_BC_S_LE, 80));
	assert_false(run_port(INET_DIAG_BC_S_LE, 79));
	assert_true(run_port(INET_DIAG_BC_D_EQ, 4000));
	assert_true(run_port(INET_DIAG_BC_D_GE, 4000));
	assert_false(run_port(INET_DIAG_BC_D_GE, 4001));
	assert_true(run_port(INET_DIAG_BC_D_LE, 4000));
	assert_false(run_port(INET_DIAG_BC_D_LE, 3999));
}

/* struct inet_diag_hostcond, with as many words of address as are used. */
struct hostop {
	bcop	 op;
	uint8_t	 family, prefix_len;
	uint16_t pad;
	int	 port;
	uint32_t addr[4];
};
#define HOSTOP_LEN(words) (offsetof(struct hostop, addr) + 4 * (words))

static bool
run_host(unsigned code, const char *addr, unsigned bits, int port)
{
	const struct diag_entry e = entry("10.0.10.1", "10.0.20.2");
	const struct hostop prog = {
		{ (uint8_t)code, HOSTOP_LEN(1), HOSTOP_LEN(1) + 4 },
		AF_INET, (uint8_t)bits, 0, port, { inet_addr(addr) },
	};

	assert_true(diagbc_valid(&prog, HOSTOP_LEN(1)));
	return diagbc_match(&prog, HOSTOP_LEN(1), &e);
}

static void
hosts_are_compared_by_prefix_and_port(void **st)
{
	(void)st;
	assert_true(run_host(INET_DIAG_BC_S_COND, "10.0.10.1", 32, -1));
	assert_true(run_host(INET_DIAG_BC_S_COND, "10.0.10.1", 32, 80));
	assert_false(run_host(INET_DIAG_BC_S_COND, "10.0.10.1", 32, 81));
	assert_false(run_host(INET_DIAG_BC_S_COND, "10.0.10.2", 32, -1));
	assert_true(run_host(INET_DIAG_BC_S_COND, "10.0.10.0", 31, -1));
	assert_true(run_host(INET_DIAG_BC_S_COND, "10.0.8.0", 21, -1));
	assert_false(run_host(INET_DIAG_BC_S_COND, "10.0.0.0", 21, -1));
	assert_true(run_host(INET_DIAG_BC_S_COND, "1.2.3.4", 0, -1));
	assert_true(run_host(INET_DIAG_BC_D_COND, "10.0.20.2", 32, 4000));
	assert_false(run_host(INET_DIAG_BC_D_COND, "10.0.10.1", 32, -1));
}

static void
an_ipv6_condition_matches_no_ipv4_socket(void **st)
{
	const struct hostop prog = {
		{ INET_DIAG_BC_S_COND, HOSTOP_LEN(4), HOSTOP_LEN(4) + 4 },
		AF_INET6, 0, 0, -1, { 0 },
	};

	(void)st;
	assert_true(diagbc_valid(&prog, sizeof(prog)));
	assert_false(diagbc_match(&prog, sizeof(prog), &here));
}

static void
no_filter_matches_everything(void **st)
{
	(void)st;
	assert_true(diagbc_valid(NULL, 0));
	assert_true(diagbc_match(NULL, 0, &here));
}

static void
jumps_that_stand_still_or_go_astray_are_refused(void **st)
{
	const bcop still = { INET_DIAG_BC_JMP, 4, 0 };
	const bcop still_yes = { INET_DIAG_BC_NOP, 0, 4 };
	const bcop odd = { INET_DIAG_BC_JMP, 4, 6 };
	const bcop far = { INET_DIAG_BC_JMP, 4, 12 };
	/* Into the middle of the comparison. */
	const bcop inside[4] = {
		{ INET_DIAG_BC_JMP, 4, 8 },
		{ INET_DIAG_BC_S_EQ, 8, 12 }, { 0, 0, 80 },
		{ INET_DIAG_BC_NOP, 4, 0 },
	};

	(void)st;
	assert_false(diagbc_valid(&still, sizeof(still)));
	assert_false(diagbc_valid(&still_yes, sizeof(still_yes)));
	assert_false(diagbc_valid(&odd, sizeof(odd)));
	assert_false(diagbc_valid(&far, sizeof(far)));
	assert_false(diagbc_valid(inside, sizeof(inside)));
}

static void
a_program_that_is_too_long_is_refused(void **st)
{
	static bcop prog[DIAGBC_MAX / 4 + 1];
	unsigned i;

	(void)st;
	for (i = 0; i < DIAGBC_MAX / 4 + 1; i++)
		prog[i] = (bcop) { INET_DIAG_BC_NOP, 4, 0 };
	assert_true(diagbc_valid(prog, DIAGBC_MAX));
	assert_false(diagbc_valid(prog, sizeof(prog)));
}

/* ---- against the kernel's way ---- */

static bool
oracle_reaches(const uint8_t *bc, int len, int left)
{
	while (len >= 0) {
		const bcop *op = (const void *)bc;

		if (left > len)
			return false;
		if (left == len)
			return true;
		if (op->yes < 4 || op->yes & 3)
			return false;
		len -= op->yes;
		bc += op->yes;
	}
	return false;
}

static int
oracle_size(const uint8_t *bc, int len)
{
	const struct inet_diag_hostcond *hc = (const void *)(bc + 4);
	int alen;

	switch (bc[0]) {
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		if (len < 4 + (int)sizeof(*hc))
			return -1;
		alen = hc->family == AF_INET ? 4 : hc->family == AF_INET6 ? 16 :
		    hc->family == AF_UNSPEC ? 0 : -1;
		if (alen < 0 || len < 4 + (int)sizeof(*hc) + alen ||
		    hc->prefix_len > 8 * alen)
			return -1;
		return 4 + (int)sizeof(*hc) + alen;
	case INET_DIAG_BC_NOP:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		return 4;
	case INET_DIAG_BC_MARK_COND:
	case INET_DIAG_BC_CGROUP_COND:
		return len < 12 ? -1 : 12;
	default:
		return bc[0] > INET_DIAG_BC_CGROUP_COND || len < 8 ? -1 : 8;
	}
}

static bool
oracle_valid(const uint8_t *bytecode, int total)
{
	const uint8_t *bc = bytecode;
	int len = total, size;

	while (len > 0) {
		const bcop *op = (const void *)bc;

		if (len < 4 || (size = oracle_size(bc, len)) < 0)
			return false;
		if (op->code != INET_DIAG_BC_NOP) {
			if (op->no < size || op->no > len + 4 || op->no & 3)
				return false;
			if (op->no < len && !oracle_reaches(bytecode, total,
			    len - op->no))
				return false;
		}
		if (op->yes < size || op->yes > len + 4 || op->yes & 3)
			return false;
		bc += op->yes;
		len -= op->yes;
	}
	return len == 0;
}

static void
random_op(uint32_t *w, unsigned room)
{
	bcop op = {
		.code = (uint8_t)(rand() % 15),
		.yes = (uint8_t)(4 * (rand() % 8)),
		.no = (uint16_t)(4 * (rand() % 12)),
	};

	if (rand() % 40 == 0)
		op.yes++;
	if (rand() % 40 == 0)
		op.no += 2;
	memcpy(w, &op, sizeof(op));
	if (room > 1 && (op.code == INET_DIAG_BC_S_COND ||
	    op.code == INET_DIAG_BC_D_COND))
		w[1] = (uint32_t)(rand() % 2 ? AF_INET : 0) |
		    (uint32_t)(rand() % 40) << 8;
}

static void
the_same_programs_are_valid_as_for_the_kernel(void **st)
{
	unsigned i, k, n, good = 0;
	uint32_t prog[16];

	(void)st;
	srand(1);
	for (i = 0; i < 2000000; i++) {
		n = 1 + (unsigned)rand() % 12;
		for (k = 0; k < n; k++)
			random_op(&prog[k], n - k);
		assert_int_equal(diagbc_valid(prog, 4 * n),
		    oracle_valid((const uint8_t *)prog, (int)(4 * n)));
		if (!diagbc_valid(prog, 4 * n))
			continue;
		good++;
		(void)diagbc_match(prog, 4 * n, &here);
	}
	assert_true(good > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_are_compared),
		cmocka_unit_test(hosts_are_compared_by_prefix_and_port),
		cmocka_unit_test(an_ipv6_condition_matches_no_ipv4_socket),
		cmocka_unit_test(no_filter_matches_everything),
		cmocka_unit_test(
		    jumps_that_stand_still_or_go_astray_are_refused),
		cmocka_unit_test(a_program_that_is_too_long_is_refused),
		cmocka_unit_test(the_same_programs_are_valid_as_for_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
