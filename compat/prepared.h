/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is prepared for a filter: 'load --no-attach' pins it and its maps, and once the
 * kernel has answered to the filter, what is pinned for nothing goes. All of that is one turn,
 * which ends before tc goes on: it may be long until it reads the next line of a batch.
 */
#ifndef COMPAT_PREPARED_H
#define COMPAT_PREPARED_H

#include <linux/bpf.h>
#include <linux/netlink.h>
#include <stdbool.h>

struct prepared {
	int fd;
	char name[BPF_OBJ_NAME_LEN];
};

/*
 * Begin with a filter that is added, replaced or deleted on a hook: see what is in its place now.
 * It is to be ended by prepared_settle(), unless this fails. Returns 0, or -1, reported, also if
 * one is to be added where one is: tc would say so after the load.
 */
int prepared_begin(const struct nlmsghdr *request, const char *hook);

/*
 * Load a program of an object; section and program may be NULL. Returns it, valid until
 * prepared_settle(), or NULL, reported.
 */
struct prepared *prepared_load(const char *object, const char *section, const char *program);

/*
 * See, right before the request is sent, that all is as it was when the program was loaded: its
 * pin, and what is in the filter's place. Others wait, but not for one that was stopped. Returns 0,
 * or -1, reported.
 */
int prepared_check(const struct nlmsghdr *request);

/*
 * Settle what was begun; done: the kernel said that it did what the request was for. If the program
 * is not attached, its pin goes, and so do the maps that were made for it; if it is, the pin of the
 * one goes that it took the place of, and so does that of one that was deleted, unless it runs
 * elsewhere.
 */
void prepared_settle(bool done);

#endif
