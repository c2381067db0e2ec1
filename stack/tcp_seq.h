/*
 * Sequence numbers: 32 bits on a circle (RFC 9293, 3.4).  "Less" means less
 * than half the circle behind.
 */
#ifndef STACK_TCP_SEQ_H
#define STACK_TCP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t tcp_seq;

static inline bool
SEQ_LT(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool
SEQ_LEQ(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) <= 0;
}

static inline bool
SEQ_GT(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) > 0;
}

static inline bool
SEQ_GEQ(tcp_seq a, tcp_seq b)
{
	return (int32_t)(a - b) >= 0;
}

static inline tcp_seq
SEQ_MAX(tcp_seq a, tcp_seq b)
{
	return SEQ_GT(a, b) ? a : b;
}

/* Timestamps run on the same circle (RFC 7323, 5.2). */
static inline bool
TSTMP_LT(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
