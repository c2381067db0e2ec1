/*
 * Values of more than numbers and text that sysctl(8) shows for people.
 */
#ifndef SYSCTL_SHOW_STRUCT_H
#define SYSCTL_SHOW_STRUCT_H

#include <stdbool.h>
#include <stddef.h>

/* Is there a text form of what the MIB calls fmt ("S,timeval")? */
bool	show_struct_knows(const char *fmt);

/* Print it, without a newline; human: with thousands separators.  False, and
 * nothing is printed: unknown, or not of the size that fmt has. */
bool	show_struct(const char *fmt, const void *p, size_t len, bool human);

#endif
