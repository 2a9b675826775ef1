// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/* Apart from the rest of lock.h, since plugins, which have no libbpf, ask for it as well. */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "bpffs/lock.h"

int lock_holder(int dir_fd)
{
	unsigned int major, minor;
	unsigned long ino;
	char line[256];
	struct stat st;
	int pid, holder = 0;
	FILE *locks;

	if (fstat(dir_fd, &st))
		return 0;
	locks = fopen("/proc/locks", "re");
	if (!locks)
		return 0;
	while (!holder && fgets(line, sizeof(line), locks)) {
		if (sscanf(line, "%*u: FLOCK %*s WRITE %d %x:%x:%lu", &pid, &major, &minor, &ino) ==
		            4 &&
		    makedev(major, minor) == st.st_dev && ino == st.st_ino)
			holder = pid;
	}
	fclose(locks);
	return holder;
}
