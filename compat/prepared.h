/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is prepared for tc to attach: 'load --no-attach' pins it and its maps, tc attaches
 * it after the plugin has returned, and by then the plugin cannot see how that ends. So it is
 * settled later: when the plugin is called again, or when tc ends.
 */
#ifndef COMPAT_PREPARED_H
#define COMPAT_PREPARED_H

#include <linux/bpf.h>
#include <linux/netlink.h>

struct prepared {
	int fd;
	char name[BPF_OBJ_NAME_LEN];
};

/*
 * Begin with a filter that is added, replaced or deleted on a hook: settle the one before, and see
 * what is in its place now. Returns 0, or -1, reported, also if one is to be added where one is: tc
 * would say so after the load.
 */
int prepared_begin(const struct nlmsghdr *request, const char *hook);

/*
 * Load a program of an object; section and program may be NULL. Returns it, valid until
 * prepared_settle(), or NULL, reported, with nothing left.
 */
struct prepared *prepared_load(const char *object, const char *section, const char *program);

/*
 * Settle what was begun. If the program is not attached, its pin goes, and so do the maps that were
 * made for it; if it is, the pin of the one goes that it took the place of, and so does that of one
 * that was deleted, unless it runs elsewhere.
 */
void prepared_settle(void);

#endif
