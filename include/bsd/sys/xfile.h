/*
 * Record of kern.file: a process that holds a socket of this stack.
 *
 * Names and layout are those of FreeBSD 12 and later on LP64 and are ABI, as
 * the assertions below say; the value is an array of them.  Two fields of what
 * FreeBSD keeps in reserve are ours: who the process is need not be asked for
 * with kern.proc, whose record is ten times as long.
 *
 * Process and user are numbers as the reader knows them: in a jail those of the
 * jail's pid and user namespace.  A process that holds a socket under several
 * numbers has a record for each, and a socket that several processes hold has
 * one for each of them.  What a jail cannot see, a process outside of it, has
 * none.  Sockets of jailed programs that are the kernel's are in the list as
 * well, under the names that net.local.*.pcblist has for them; no other file is.
 *
 * The kernel does not tell how often a descriptor is shared, so xf_file,
 * xf_count, xf_msgcount and xf_offset are 0.
 */
#ifndef _NETJAIL_SYS_XFILE_H_
#define _NETJAIL_SYS_XFILE_H_

#include <stdint.h>

#include "_abi.h"

#define DTYPE_SOCKET	2	/* xf_type */
#define XF_FREAD	0x1	/* xf_flag */
#define XF_FWRITE	0x2

#define XF_COMMLEN	20	/* the terminating NUL included */

struct xfile {
	ksize_t		xf_size;	/* of this record */
	int32_t		xf_pid;
	uint32_t	xf_uid;		/* effective one of the process */
	int32_t		xf_fd;
	int32_t		xf_int_pad1;
	kvaddr_t	xf_file;
	int16_t		xf_type;
	int16_t		xf_short_pad1;
	int32_t		xf_count;
	int32_t		xf_msgcount;
	int32_t		xf_int_pad2;
	int64_t		xf_offset;
	kvaddr_t	xf_data;	/* the socket: its xso_so */
	kvaddr_t	xf_vnode;	/* 0 */
	uint32_t	xf_flag;
	int32_t		xf_int_pad3;
	/*
	 * FreeBSD's _xf_int64_pad.  The command's name is printable ASCII, what
	 * is not in it replaced by "?".  The jid is that of the jail the process
	 * is in, 0 for one that is in none.
	 */
	char		xf_comm[XF_COMMLEN];
	int32_t		xf_jid;
	int64_t		xf_int64_pad[3];
};

_ABI_SIZE(xfile, 128);
_ABI_AT(xfile, xf_pid, 8);
_ABI_AT(xfile, xf_uid, 12);
_ABI_AT(xfile, xf_fd, 16);
_ABI_AT(xfile, xf_file, 24);
_ABI_AT(xfile, xf_type, 32);
_ABI_AT(xfile, xf_count, 36);
_ABI_AT(xfile, xf_offset, 48);
_ABI_AT(xfile, xf_data, 56);
_ABI_AT(xfile, xf_flag, 72);
_ABI_AT(xfile, xf_comm, 80);

#endif
