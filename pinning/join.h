/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a program behind the dispatcher of an interface: by libxdp, if this was built with it. */
#ifndef PINNING_JOIN_H
#define PINNING_JOIN_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include "bpffs/interface.h"

/* This was built with libxdp. */
bool join_is_built(void);

/*
 * Load an object that is open, and put one of its programs behind the dispatcher on the interface;
 * one is made if there is none. Where the kernel has no freplace, libxdp attaches the program
 * itself. mode: "native" or "skb", as libxdp calls them too; anything else: native, or skb where
 * the driver has none. libxdp takes its own lock, which the caller must not hold (bpffs/libxdp.h).
 * retry: it is tried again if something else was attached meanwhile, which is only noted. Reports
 * its failures. Returns 0, -EOPNOTSUPP if this was built without libxdp, -EBUSY if something else
 * was attached meanwhile, or another negative errno.
 */
int join_dispatcher(struct bpf_object *obj, const struct bpf_program *prog,
                    const struct interface *iface, const char *mode, bool retry);

#endif
