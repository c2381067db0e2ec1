/*
 * For programs: which range the ports come from that the stack chooses for a
 * socket (bind() to port 0, connect() or sendto() without bind()).
 *
 *	int range = IP_PORTRANGE_HIGH;
 *	setsockopt(s, IPPROTO_IP, IP_PORTRANGE, &range, sizeof(range));
 *
 * EINVAL: no such range.  The option may be set at any time and counts for the
 * next choice.  IP_PORTRANGE_LOW wants privilege then: bind() fails with EPERM.
 * The ranges are net.inet.ip.portrange.{first,last,hifirst,hilast,lowfirst,
 * lowlast} of sysctl(8).  As FreeBSD's ip(4), but for the option's number: 19,
 * FreeBSD's, is IP_TRANSPARENT on Linux.
 */
#ifndef _NETINET_IP_PORTRANGE_H_
#define _NETINET_IP_PORTRANGE_H_

#define IP_PORTRANGE		0x4e19
#define IP_PORTRANGE_DEFAULT	0
#define IP_PORTRANGE_HIGH	1
#define IP_PORTRANGE_LOW	2

#endif
