/* Bytes between a stream face and its socket.  See pump.c. */
#ifndef DAEMON_PUMP_H
#define DAEMON_PUMP_H

#include <stdint.h>

struct face;

/* epoll said something about an OPEN face's daemon end. */
void	pump_event(struct face *f, uint32_t events);

/* Move what can be moved, both ways.  May free f. */
void	pump_run(struct face *f);

#endif
