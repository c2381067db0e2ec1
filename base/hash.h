/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): the keyed hash of every table
 * whose input a peer or a jail can choose.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash24(const uint64_t key[2], const void *data, size_t len);

#endif
