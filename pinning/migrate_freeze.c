// SPDX-License-Identifier: GPL-2.0-or-later
/* Closing the old map to edits (BPF_MAP_FREEZE): what is read after that is the last of it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <time.h>
#include "bpffs/pin.h"
#include "pinning/migrate_internal.h"

/* So long, in pauses of 50 microseconds, until a write by others has ended. */
#define TRIES 4000

int migrate_freeze(struct migration *m)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	int err;

	for (int i = 0; i < TRIES; i++) {
		if (!bpf_map_freeze(m->from.fd))
			return 0;
		err = -errno;
		if (map_is_frozen(m->from.fd))
			return 0;
		if (err != -EBUSY)
			return err;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}
