/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One at a time: a prepared program has nothing but its pin until tc attaches it, and another one
 * of its name takes that. A lock that is not one of the tools', for they run while it is held; on
 * %ifbpf, whose other locks are below it.
 */
#ifndef COMPAT_PREPARED_TURN_H
#define COMPAT_PREPARED_TURN_H

/*
 * Wait for the turn, but not for ever: a batch keeps it until its next filter, which may be long in
 * coming. Whoever has it for more than a moment is named. Returns a descriptor, or -1 if there is
 * nothing to lock, or if it took too long.
 */
int prepared_turn_wait(void);

void prepared_turn_end(int fd);

#endif
