/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One at a time: a prepared program has nothing but its pin until tc attaches it, and another one
 * of its name takes that. A lock that is not one of the tools', for they run while it is held; on
 * %ifbpf, whose other locks are below it.
 */
#ifndef COMPAT_PREPARED_TURN_H
#define COMPAT_PREPARED_TURN_H

#include <stdbool.h>

/*
 * Wait for the turn, but not for ever: whoever has it may have been stopped. Whoever has it for
 * more than a moment is named. make: the directory, if the first writer of all is yet to come; its
 * tools then find it begun. Returns a descriptor, or -1 if there is nothing to lock, or if it took
 * too long.
 */
int prepared_turn_wait(bool make);

void prepared_turn_end(int fd);

#endif
