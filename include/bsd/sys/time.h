/*
 * The system's own header, and what FreeBSD's has beyond it that this stack
 * knows: the record of kern.clockrate.
 */
#ifndef _NETJAIL_SYS_TIME_H_
#define _NETJAIL_SYS_TIME_H_

#include_next <sys/time.h>

#include "clockinfo.h"

#endif
