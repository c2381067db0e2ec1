/*
 * replay.c - a target without a fuzzer: replay N [file...]
 *
 * The files first, then N inputs of up to 4 KB from a generator with a fixed
 * seed: bytes, runs of equal bytes, and pieces of the files.  For make check,
 * where every run must be the same, and to repeat what make fuzz found.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/input.h"

#define MAXLEN	4096
#define MAXFILE	(1 << 20)

static uint64_t state = 1;

/* xorshift64*: good enough to be unlike what a person writes. */
static uint32_t
rnd(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % n;
}

static uint8_t	*seed[256];
static size_t	 seedlen[256];
static unsigned	 nseeds;

/* Run a file, and keep it for what is made from pieces. */
static void
run_file(const char *path)
{
	uint8_t *buf = malloc(MAXFILE);
	FILE *f = fopen(path, "rb");
	size_t len;

	if (buf == NULL || f == NULL)
		err(1, "%s", path);
	len = fread(buf, 1, MAXFILE, f);
	fclose(f);
	fuzz_one(buf, len);
	if (nseeds < sizeof(seed) / sizeof(seed[0]) && len > 0) {
		seed[nseeds] = buf;
		seedlen[nseeds++] = len;
	} else
		free(buf);
}

static size_t
generate(uint8_t *buf)
{
	size_t len = rnd(MAXLEN), at = 0;

	while (at < len) {
		size_t n = 1 + rnd(64);

		if (n > len - at)
			n = len - at;
		if (nseeds > 0 && rnd(2) == 0) {
			unsigned s = rnd(nseeds);
			size_t from = rnd((uint32_t)seedlen[s]);

			if (n > seedlen[s] - from)
				n = seedlen[s] - from;
			memcpy(buf + at, seed[s] + from, n);
		} else if (rnd(4) == 0)
			memset(buf + at, (int)rnd(256), n);
		else
			for (size_t i = 0; i < n; i++)
				buf[at + i] = (uint8_t)rnd(256);
		at += n;
	}
	return len;
}

int
main(int argc, char **argv)
{
	static uint8_t buf[MAXLEN];
	int n;

	if (argc < 2)
		errx(2, "usage: replay N [file...]");
	n = atoi(argv[1]);
	for (int i = 2; i < argc; i++)
		run_file(argv[i]);
	for (int i = 0; i < n; i++)
		fuzz_one(buf, generate(buf));
	for (unsigned i = 0; i < nseeds; i++)
		free(seed[i]);
	return 0;
}
