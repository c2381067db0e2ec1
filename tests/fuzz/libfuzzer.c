/*
 * libfuzzer.c - a target as clang's fuzzer calls it.
 */
#include "tests/fuzz/input.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_one(data, len);
	return 0;
}
