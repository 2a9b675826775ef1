/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bpf_links of an interface, as /proc/PID/fdinfo shows them. */
#ifndef PINNING_STATUS_LINKS_H
#define PINNING_STATUS_LINKS_H

#include "pinning/status_look.h"

/*
 * List the links that attach a program to the interface, those pinned in its directory, and the
 * tracing links on its programs. Needs CAP_SYS_ADMIN. Returns 0 or a negative errno.
 */
int status_look_at_links(struct status *st);

#endif
