/* What this is and which one: kern.ostype, kern.osrelease, --version. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define NETJAIL_OSTYPE	"netjail"
#define NETJAIL_VERSION	"0.1"

#endif
