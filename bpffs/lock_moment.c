// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Apart from the rest of lock.h, as lock_holder.c is. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/file.h>
#include "bpffs/lock.h"

/* Long enough for one to load and settle, until it is worth a word, and for all that come before.
 */
#define MOMENT_PATIENCE_MS 2000
#define MOMENT_SAY_MS      1000
#define MOMENT_LIMIT_MS    30000
#define MOMENT_RETRY_MS    10

int lock_wait_moment(int dir_fd, void (*say)(int holder))
{
	int holder = 0;

	for (int ms = 0, all = 0; flock(dir_fd, LOCK_EX | LOCK_NB);) {
		int err = errno, now = lock_holder(dir_fd);

		if (err != EWOULDBLOCK && err != EINTR)
			return -err;
		/* Those before this one go on: it is not kept waiting by one alone. */
		if (now && now != holder) {
			holder = now;
			ms = 0;
		}
		if (ms >= MOMENT_PATIENCE_MS || all >= MOMENT_LIMIT_MS)
			return -ETIMEDOUT;
		if (ms == MOMENT_SAY_MS)
			say(holder);
		poll(NULL, 0, MOMENT_RETRY_MS);
		ms += MOMENT_RETRY_MS;
		all += MOMENT_RETRY_MS;
	}
	return 0;
}
