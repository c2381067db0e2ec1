/*
 * Values as people write them: for sysctl(8) and for netjaild -o.
 */
#ifndef SYSCTL_TEXT_H
#define SYSCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cred;
struct vnet;

struct sysctl_type {
	const char	*name;		/* as sysctl -t says */
	unsigned	 size;		/* bytes of an integer; 0: it is none */
	bool		 sign;
};

/* Of a kind (CTLTYPE_ and flags). */
const struct sysctl_type *sysctl_type(uint32_t kind);

/*
 * The binary form of text: for an integer kind numbers (strtol(3), base 0)
 * separated by blanks or commas, else the text without a NUL.  *bufp is
 * malloc()ed.  EINVAL: the word in bad is no such number.  ENOMEM.
 */
int	sysctl_encode(uint32_t kind, const char *text, void **bufp,
	    size_t *lenp, char *bad, size_t badlen);

/*
 * Set what "name=value" says, with cred's rights and outside jails.  0, or an
 * errno with a message for people in msg.
 */
int	sysctl_assign(struct vnet *v, const struct cred *cred,
	    const char *text, char *msg, size_t len);

#endif
