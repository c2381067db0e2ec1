/*
 * Records of security.jail.list, from include/bsd, where programs have them
 * from.
 */
#ifndef SYSCTL_XPRISON_H
#define SYSCTL_XPRISON_H

#include "include/bsd/sys/xprison.h"

#define XPRISON_ALIVE		PRISON_STATE_ALIVE
#define XPRISON_DYING		PRISON_STATE_DYING

#endif
