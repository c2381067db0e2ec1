/*
 * Text and JSON of this folder's programs, byte for byte: tests/netstat/golden.
 */
#ifndef TESTS_NETSTAT_GOLDEN_H
#define TESTS_NETSTAT_GOLDEN_H

#include "netstat/proto.h"
#include "netstat/view.h"
#include "netstat/xo.h"

#define NUMERIC .numeric_addr = true, .numeric_port = true

extern const struct xo_style text_style;

/* What show() prints of fake_mib; *statusp is what it returns.  malloc()ed. */
char	*shown_as(const struct xo_style *style, const struct view *v,
	    const struct protox *only, int *statusp);
char	*shown(const struct view *v, const struct protox *only, int *statusp);

/* text must be what is in golden/NAME.FORM. */
void	compare(const char *name, const char *form, const char *text);

/* It must be JSON with no name twice, as any reader takes it. */
void	check_json(const char *text);

/* Show everything v asks for; it must be what is in the files, in both
 * forms. */
void	golden(const char *name, struct view v);

/* cmocka's: empties fake_mib. */
int	golden_teardown(void **state);

#endif
