// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/memory_limit.h"

/* Without one, version 1 shows the greatest number of pages. */
#define UNLIMITED (1ULL << 60)

struct hierarchy {
	const char *type, *limit; /* of its filesystem, and the file with the limit */
	char path[PATH_MAX];      /* of our cgroup, from the root of the hierarchy; or "" */
};

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (; list; list = strchr(list, ','), list += !!list)
		if (!strncmp(list, word, len) && strchr(",\n", list[len]))
			return true;
	return false;
}

/* "4:memory:/services/router": a line for each hierarchy, that of version 2 without controllers. */
static void find_paths(struct hierarchy *v1, struct hierarchy *v2)
{
	FILE *in = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *controllers, *path;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		controllers = strchr(line, ':');
		path = controllers ? strchr(++controllers, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		if (!*controllers)
			snprintf(v2->path, sizeof(v2->path), "%s", path);
		else if (has_word(controllers, "memory"))
			snprintf(v1->path, sizeof(v1->path), "%s", path);
	}
	free(line);
	if (in)
		fclose(in);
}

static void read_limit(const char *dir, const char *name, unsigned long long *bytes,
                       char file[PATH_MAX])
{
	unsigned long long found;
	char path[PATH_MAX];
	FILE *in;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return;
	in = fopen(path, "re");
	/* "max" is no number. */
	if (in && fscanf(in, "%llu", &found) == 1 && found < UNLIMITED && found < *bytes) {
		*bytes = found;
		strcpy(file, path);
	}
	if (in)
		fclose(in);
}

/* From our cgroup up to what is mounted there. */
static void read_limits(const struct hierarchy *h, const char *root, const char *mount,
                        unsigned long long *bytes, char file[PATH_MAX])
{
	size_t len = strcmp(root, "/") != 0 ? strlen(root) : 0, base = strlen(mount);
	char dir[PATH_MAX];

	if (strncmp(h->path, root, len) != 0 ||
	    snprintf(dir, sizeof(dir), "%s%s", mount, h->path + len) >= (int)sizeof(dir))
		return;
	while (strlen(dir) >= base) {
		char *slash = strrchr(dir, '/');

		read_limit(dir, h->limit, bytes, file);
		if (!slash)
			return;
		*slash = '\0';
	}
}

bool memory_limit_find(unsigned long long *bytes, char file[PATH_MAX])
{
	struct hierarchy v1 = { "cgroup", "memory.limit_in_bytes", "" };
	struct hierarchy v2 = { "cgroup2", "memory.max", "" };
	char *line = NULL, root[PATH_MAX], mount[PATH_MAX], type[32], options[256];
	FILE *in = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;

	*bytes = UNLIMITED;
	find_paths(&v1, &v2);
	while (in && getline(&line, &size, in) > 0) {
		const char *end = strstr(line, " - ");

		if (!end || sscanf(line, "%*s %*s %*s %4095s %4095s", root, mount) != 2 ||
		    sscanf(end, " - %31s %*s %255s", type, options) != 2)
			continue;
		if (*v2.path && !strcmp(type, v2.type))
			read_limits(&v2, root, mount, bytes, file);
		else if (*v1.path && !strcmp(type, v1.type) && strstr(options, "memory"))
			read_limits(&v1, root, mount, bytes, file);
	}
	free(line);
	if (in)
		fclose(in);
	return *bytes < UNLIMITED;
}
