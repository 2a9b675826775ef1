/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One redirect is switched on or off at a time: of what another call began and did not end, it was
 * killed. The locks of the interfaces do not say that, for they are not held while load and unload
 * run, which may need the same. These have the turn as well: one that outlives its caller keeps it.
 */
#ifndef SCRIPTS_REDIRECT_TURN_H
#define SCRIPTS_REDIRECT_TURN_H

/*
 * Wait for the turn, which this process has until it ends. Without %ifbpf, or the privilege to look
 * into it, there is none. Reports its failures. Returns 0 or a negative errno.
 */
int redirect_turn_take(void);

/* In a child, before it runs a tool. */
void redirect_turn_hand_down(void);

#endif
