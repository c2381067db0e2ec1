/*
 * Who asks.  uid is as the jail sees it: 0 is the superuser of the jail (or of
 * the stack, outside jails), whatever that user is to Linux.
 */
#ifndef BASE_CRED_H
#define BASE_CRED_H

#include <stdint.h>

struct prison;

struct cred {
	uint32_t	 uid;
	struct prison	*prison;	/* never NULL; prison0 outside jails */
};

#endif
