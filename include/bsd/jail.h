/*
 * Names of jails, after FreeBSD's jail(3): what programs need to find the one a
 * person means.
 */
#ifndef _NETJAIL_JAIL_H_
#define _NETJAIL_JAIL_H_

#define JAIL_ERRMSGLEN	1024

/* What the last of the calls below had to say when it failed. */
extern char	jail_errmsg[JAIL_ERRMSGLEN];

#ifdef __cplusplus
extern "C" {
#endif
/* The jid of a jail by name or jid, which must exist.  -1 with errno. */
int	jail_getid(const char *);

/* The name of a jail; malloc()ed.  NULL with errno. */
char	*jail_getname(int);
#ifdef __cplusplus
}
#endif

#endif
