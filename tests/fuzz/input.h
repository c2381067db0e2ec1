/*
 * What a fuzzer's targets share: bytes read as decisions.
 *
 * A target is a program with one function, fuzz_one(), that makes what it needs
 * from bytes, uses it, and takes it down again; a crash, a failed assertion or
 * something left over is what is looked for.  Nothing but the bytes decides
 * what happens, so an input that failed once fails again.
 *
 * Built with clang's -fsanitize=fuzzer (make fuzz) the bytes come from its
 * search; with replay.c (make check) from files and a generator.
 */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One run.  The bytes are borrowed. */
void	fuzz_one(const uint8_t *data, size_t len);

struct input {
	const uint8_t	*p;
	size_t		 left;
};

/* The next byte; 0 where there is none. */
static inline unsigned
take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

/* A number below n > 0. */
static inline unsigned
take_below(struct input *in, unsigned n)
{
	unsigned high = take(in);

	return (high << 8 | take(in)) % n;
}

/* The next len bytes, or what there is; returns how many. */
static inline size_t
take_bytes(struct input *in, void *buf, size_t len)
{
	if (len > in->left)
		len = in->left;
	memcpy(buf, in->p, len);
	in->p += len;
	in->left -= len;
	return len;
}

#endif
