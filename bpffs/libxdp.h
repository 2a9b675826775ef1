/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What libxdp has in a BPF filesystem: a directory xdp, whose lock its users hold while they change
 * what is attached by XDP, and in it dispatch-<ifindex>-<id> for each dispatcher, with the programs
 * and links behind it as prog<n>-prog and prog<n>-link.
 */
#ifndef BPFFS_LIBXDP_H
#define BPFFS_LIBXDP_H

#include "bpffs/bpffs.h"
#include "bpffs/components.h"

/* What libxdp calls the program behind which it puts others, and how many those are at the most. */
#define LIBXDP_DISPATCHER "xdp_dispatcher"
#define LIBXDP_SLOTS      10

/*
 * Take it, while an XDP attachment is changed in which a dispatcher could come in between: flock(2)
 * on the directory xdp of the BPF filesystem that LIBXDP_BPFFS names, else of the usual one. It is
 * not made, since iproute2 wants that name too; where it is not, libxdp has no dispatcher. Waits,
 * and says so. The lock is given back by closing the descriptor. Returns it, -ENOENT if there is
 * nothing to lock (silent), or another negative errno, reported. fs: if it is that one, the long
 * way to it is not gone again.
 */
int libxdp_lock(const struct bpffs *fs);

/*
 * Add the programs that are pinned behind the dispatcher with that id: for kernels whose links do
 * not tell. Returns 0 or -ENOMEM. Silent.
 */
int libxdp_find_components(struct components *all, __u32 prog_id);

/*
 * A program was taken off an interface: say, if it was a dispatcher, that libxdp keeps it pinned
 * with all behind it, and what removes that. fs: as above.
 */
void libxdp_tell_left(const struct bpffs *fs, __u32 prog_id, const char *ifname);

#endif
