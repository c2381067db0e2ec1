/*
 * What the records of the stack's listings share: the types they are made of,
 * and assertions that hold them to FreeBSD's layout (12 and later, LP64).
 *
 * kvaddr_t values name objects of the stack and are good for comparing only.
 */
#ifndef _NETJAIL_SYS__ABI_H_
#define _NETJAIL_SYS__ABI_H_

#include <sys/types.h>
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t ksize_t;
typedef uint64_t kvaddr_t;
typedef uint64_t inp_gen_t;
typedef uint64_t so_gen_t;

#define _ABI_SIZE(type, n)						\
	static_assert(sizeof(struct type) == (n), "ABI: size of " #type)
#define _ABI_AT(type, field, n)						\
	static_assert(offsetof(struct type, field) == (n),		\
	    "ABI: offset of " #type "." #field)

#endif
