/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status over all the interfaces that were asked for. */
#ifndef PINNING_STATUS_RUN_H
#define PINNING_STATUS_RUN_H

#include <stdbool.h>

struct status_options {
	bool json;
	bool links; /* text: the links alone, as fdinfo shows them */
	const char *netns;
};

/* Print each interface, or every one that has a program or a directory. Returns an exit status. */
int status_run(const struct status_options *options, char *const *ifnames, int len);

#endif
