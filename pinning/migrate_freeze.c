// SPDX-License-Identifier: GPL-2.0-or-later
/* Closing the old map to edits (BPF_MAP_FREEZE): what is read after that is the last of it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "pinning/migrate_internal.h"

/* So long, in pauses of 50 microseconds, until a write by others has ended. */
#define TRIES 4000

/* Only /proc says it; the kernel answers EPERM to a second BPF_MAP_FREEZE, or EBUSY. */
static bool is_frozen(int fd)
{
	char path[64], line[128];
	bool frozen = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && !frozen && fgets(line, sizeof(line), file))
		frozen = !strcmp(line, "frozen:\t1\n");
	if (file)
		fclose(file);
	return frozen;
}

int migrate_freeze(struct migration *m)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	int err;

	for (int i = 0; i < TRIES; i++) {
		if (!bpf_map_freeze(m->from.fd))
			return 0;
		err = -errno;
		if (is_frozen(m->from.fd))
			return 0;
		if (err != -EBUSY)
			return err;
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}
