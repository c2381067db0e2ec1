/*
 * The system's own header, and the record of kern.file.
 */
#ifndef _NETJAIL_SYS_FILE_H_
#define _NETJAIL_SYS_FILE_H_

#include_next <sys/file.h>

#include "xfile.h"

#endif
