/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Locks on directories of bpffs, by flock(2). A descriptor closed, or its holder killed, frees it.
 */
#ifndef BPFFS_LOCK_H
#define BPFFS_LOCK_H

/*
 * Take the exclusive lock of an open directory, waiting for it; a wait of more than a moment is
 * said, with the holder's pid where /proc/locks shows it. path is for messages.
 * Returns 0 or a negative errno, which is reported.
 */
int lock_wait(int dir_fd, const char *path);

/* Take it if it is free. Returns 0, or -EWOULDBLOCK while another holds it. */
int lock_try(int dir_fd);

/*
 * Take a lock that nobody has for more than a moment, unless it was stopped: after a second say()
 * gets the pid of that one, or 0, and after two there is no more waiting for it. Returns 0,
 * -ETIMEDOUT or another negative errno; silent.
 */
int lock_wait_moment(int dir_fd, void (*say)(int holder));

/* In the environment of tools that the plugin of tc runs in its turn, which is a lock on %ifbpf. */
#define LOCK_TURN_TAKEN "IFBPF_TURN"

/* The pid that holds the lock of this directory, or 0: nobody, or that cannot be told. */
int lock_holder(int dir_fd);

#endif
