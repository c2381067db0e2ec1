/*
 * The filters of inet_diag: small programs that say of a socket whether it is
 * to be listed (INET_DIAG_REQ_BYTECODE of linux/inet_diag.h; ss(8) compiles its
 * expressions to them).
 */
#ifndef DAEMON_DIAGBC_H
#define DAEMON_DIAGBC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a program sees of a socket. */
struct diag_entry {
	uint32_t saddr, daddr;	/* IPv4, network byte order */
	uint16_t sport, dport;	/* host byte order */
	bool	 autoport;	/* nobody asked for sport by number */
};

/*
 * Is it a program that the kernel would take: operations known and complete,
 * and every jump forward, to an operation or to the end?  O(len).  More than
 * DIAGBC_MAX bytes are none.
 */
#define DIAGBC_MAX 32768
bool	diagbc_valid(const void *bc, size_t len);

/* Run a valid one: at most len / 4 steps.  0 bytes: everything matches. */
bool	diagbc_match(const void *bc, size_t len, const struct diag_entry *e);

#endif
