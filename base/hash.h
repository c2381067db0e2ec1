/*
 * SipHash (Aumasson and Bernstein, 2012), a keyed hash: where the input is
 * chosen by others, they cannot choose the output.
 *
 * siphash13, with half the rounds, is for tables: what they would give away is
 * at most which entries share a bucket.  siphash24 is for values that are seen
 * (random numbers, sequence numbers).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash13(const uint64_t key[2], const void *data, size_t len);
uint64_t siphash24(const uint64_t key[2], const void *data, size_t len);

#endif
