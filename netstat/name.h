/* Names for addresses and ports, from the system's resolver and services(5). */
#ifndef NETSTAT_NAME_H
#define NETSTAT_NAME_H

#include "netstat/view.h"

extern const struct names system_names;

#endif
