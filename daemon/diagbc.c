/*
 * diagbc.c - check and run the filters of inet_diag.
 *
 * Theory of operation.  An operation is a code with two distances, one to go on
 * by if it holds and one if it does not; what it compares with follows it.  All
 * distances are forward, so a run ends.  Reaching the end exactly means yes, a
 * jump four bytes past it means no.
 *
 * The distances taken on yes chain all operations; a jump on no must hit one of
 * the chain.  The kernel follows the chain anew for each jump; here a first
 * pass marks the chain and a second compares, so that a long program cannot
 * take the square of its length.
 *
 * Operations lie at multiples of four, but are copied out: where the program
 * is in memory is not promised.
 */
#include <limits.h>
#include <string.h>
#include <linux/inet_diag.h>
#include <sys/socket.h>
#include <arpa/inet.h>

#include "daemon/diagbc.h"

typedef struct inet_diag_bc_op bcop;

static bcop
op_at(const uint8_t *bc, size_t off)
{
	bcop op;

	memcpy(&op, bc + off, sizeof(op));
	return op;
}

/* Bytes of a condition on an address, or 0: malformed. */
static size_t
hostcond_size(const uint8_t *cond, size_t room)
{
	struct inet_diag_hostcond hc;
	size_t alen;

	if (room < sizeof(hc))
		return 0;
	memcpy(&hc, cond, sizeof(hc));
	switch (hc.family) {
	case AF_UNSPEC:
		alen = 0;
		break;
	case AF_INET:
		alen = 4;
		break;
	case AF_INET6:
		alen = 16;
		break;
	default:
		return 0;
	}
	if (room - sizeof(hc) < alen || hc.prefix_len > 8 * alen)
		return 0;
	return sizeof(hc) + alen;
}

/* Bytes of the operation at bc and what belongs to it, or 0: malformed. */
static size_t
op_size(const uint8_t *bc, size_t room)
{
	size_t more = 0, host;

	switch (bc[0]) {
	case INET_DIAG_BC_NOP:
	case INET_DIAG_BC_JMP:
	case INET_DIAG_BC_AUTO:
		break;
	case INET_DIAG_BC_S_EQ:
	case INET_DIAG_BC_S_GE:
	case INET_DIAG_BC_S_LE:
	case INET_DIAG_BC_D_EQ:
	case INET_DIAG_BC_D_GE:
	case INET_DIAG_BC_D_LE:
		more = sizeof(bcop);
		break;
	case INET_DIAG_BC_S_COND:
	case INET_DIAG_BC_D_COND:
		host = hostcond_size(bc + sizeof(bcop), room - sizeof(bcop));
		if (host == 0)
			return 0;
		more = host;
		break;
	case INET_DIAG_BC_DEV_COND:
		more = sizeof(uint32_t);
		break;
	case INET_DIAG_BC_MARK_COND:
		more = sizeof(struct inet_diag_markcond);
		break;
	case INET_DIAG_BC_CGROUP_COND:
		more = sizeof(uint64_t);
		break;
	default:
		return 0;
	}
	return sizeof(bcop) + more <= room ? sizeof(bcop) + more : 0;
}

static bool
distance_ok(size_t to, size_t least, size_t room)
{
	return to >= least && to <= room + 4 && to % 4 == 0;
}

/* Marks are a bit for each multiple of four. */
#define MARKS	(DIAGBC_MAX / 4 / CHAR_BIT)

static void
mark(uint8_t *marks, size_t off)
{
	marks[off / 4 / CHAR_BIT] |= (uint8_t)(1u << (off / 4 % CHAR_BIT));
}

static bool
marked(const uint8_t *marks, size_t off)
{
	return marks[off / 4 / CHAR_BIT] >> (off / 4 % CHAR_BIT) & 1;
}

/* Follow the chain, marking it. */
static bool
chain_ok(const uint8_t *bc, size_t len, uint8_t *marks)
{
	size_t off = 0, size;
	bcop op;

	while (off < len) {
		if (len - off < sizeof(op) ||
		    (size = op_size(bc + off, len - off)) == 0)
			return false;
		op = op_at(bc, off);
		if (!distance_ok(op.yes, size, len - off))
			return false;
		if (op.code != INET_DIAG_BC_NOP &&
		    !distance_ok(op.no, size, len - off))
			return false;
		mark(marks, off);
		off += op.yes;
	}
	return off == len;
}

bool
diagbc_valid(const void *program, size_t len)
{
	const uint8_t *bc = program;
	uint8_t marks[MARKS] = { 0 };
	size_t off, to;
	bcop op;

	if (len > DIAGBC_MAX || len % 4 != 0 || !chain_ok(bc, len, marks))
		return false;
	for (off = 0; off < len; off += op.yes) {
		op = op_at(bc, off);
		to = off + op.no;
		if (op.code != INET_DIAG_BC_NOP && to < len &&
		    !marked(marks, to))
			return false;
	}
	return true;
}

/* ---- running ---- */

static bool
same_prefix(uint32_t a, uint32_t b, unsigned bits)
{
	if (bits == 0)
		return true;
	return (ntohl(a) ^ ntohl(b)) >> (32 - bits) == 0;
}

static bool
host_matches(const uint8_t *cond, uint32_t addr, uint16_t port)
{
	struct inet_diag_hostcond hc;
	uint32_t want;

	memcpy(&hc, cond, sizeof(hc));
	if (hc.port != -1 && hc.port != port)
		return false;
	if (hc.family != AF_UNSPEC && hc.family != AF_INET)
		return false;
	if (hc.prefix_len == 0)
		return true;
	memcpy(&want, cond + sizeof(hc), sizeof(want));
	return same_prefix(addr, want, hc.prefix_len);
}

/* No socket here has a device, a mark or a control group: all are 0. */
static bool
zero_matches(const uint8_t *arg, size_t len)
{
	static const uint8_t zero[8];

	return memcmp(arg, zero, len) == 0;
}

static bool
op_holds(const uint8_t *bc, size_t off, const struct diag_entry *e)
{
	const uint8_t *arg = bc + off + sizeof(bcop);

	switch (bc[off]) {
	case INET_DIAG_BC_JMP:
		return false;
	case INET_DIAG_BC_S_EQ:
		return e->sport == op_at(arg, 0).no;
	case INET_DIAG_BC_S_GE:
		return e->sport >= op_at(arg, 0).no;
	case INET_DIAG_BC_S_LE:
		return e->sport <= op_at(arg, 0).no;
	case INET_DIAG_BC_D_EQ:
		return e->dport == op_at(arg, 0).no;
	case INET_DIAG_BC_D_GE:
		return e->dport >= op_at(arg, 0).no;
	case INET_DIAG_BC_D_LE:
		return e->dport <= op_at(arg, 0).no;
	case INET_DIAG_BC_AUTO:
		return e->autoport;
	case INET_DIAG_BC_S_COND:
		return host_matches(arg, e->saddr, e->sport);
	case INET_DIAG_BC_D_COND:
		return host_matches(arg, e->daddr, e->dport);
	case INET_DIAG_BC_DEV_COND:
	case INET_DIAG_BC_MARK_COND:	/* the mask is behind the mark */
		return zero_matches(arg, sizeof(uint32_t));
	case INET_DIAG_BC_CGROUP_COND:
		return zero_matches(arg, sizeof(uint64_t));
	}
	return true;
}

bool
diagbc_match(const void *program, size_t len, const struct diag_entry *e)
{
	const uint8_t *bc = program;
	size_t off = 0;
	bcop op;

	while (off < len) {
		op = op_at(bc, off);
		off += op_holds(bc, off, e) ? op.yes : op.no;
	}
	return off == len;
}
