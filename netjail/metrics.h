/*
 * A census as text for monitoring systems.
 */
#ifndef NETJAIL_METRICS_H
#define NETJAIL_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "netjail/census.h"

/*
 * Write c to f as OpenMetrics 1.0 text; with classic, in Prometheus's text
 * format 0.0.4.  Errors of f are left for the caller to ask about (ferror()).
 */
void	metrics_write(FILE *f, const struct census *c, bool classic);

/*
 * Write s as the value of a label, without the quotes: UTF-8 in which \, " and
 * newline are escaped.  A byte that belongs to no UTF-8 character is written as
 * U+FFFD.
 */
void	metrics_label(FILE *f, const char *s);

#endif
