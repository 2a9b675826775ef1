// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pinning/doctor_findings.h"

const char *doctor_level_name(enum doctor_level level)
{
	static const char *const names[] = {
		[DOCTOR_OK] = "ok",
		[DOCTOR_INFO] = "info",
		[DOCTOR_WARNING] = "warning",
		[DOCTOR_PROBLEM] = "problem",
	};

	return names[level];
}

void doctor_run(struct doctor *d, const struct doctor_probe *probes)
{
	for (; probes->name; probes++) {
		d->probe = probes->name;
		probes->look(d);
	}
}

size_t doctor_count(const struct doctor *d, enum doctor_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < d->len; i++)
		count += d->list[i].level == level;
	return count;
}

void found(struct doctor *d, enum doctor_level level, const char *fmt, ...)
{
	struct finding *list = reallocarray(d->list, d->len + 1, sizeof(*list)), *finding;
	va_list args;

	if (!list) {
		d->no_memory = true;
		return;
	}
	d->list = list;
	finding = &list[d->len++];
	memset(finding, 0, sizeof(*finding));
	finding->level = level;
	finding->probe = d->probe;
	va_start(args, fmt);
	vsnprintf(finding->what, sizeof(finding->what), fmt, args);
	va_end(args);
}

void evidence(struct doctor *d, const char *fmt, ...)
{
	va_list args;

	if (d->no_memory)
		return;
	va_start(args, fmt);
	vsnprintf(d->list[d->len - 1].evidence, sizeof(d->list->evidence), fmt, args);
	va_end(args);
}

void remedy(struct doctor *d, const char *fmt, ...)
{
	va_list args;

	if (d->no_memory)
		return;
	va_start(args, fmt);
	vsnprintf(d->list[d->len - 1].type, sizeof(d->list->type), fmt, args);
	va_end(args);
}

int doctor_read(const char *path, char *line, size_t size)
{
	FILE *in = fopen(path, "re");
	int err = 0;

	if (!in)
		return -errno;
	if (fgets(line, (int)size, in))
		line[strcspn(line, "\n")] = '\0';
	else
		err = ferror(in) ? -EIO : -ENODATA;
	fclose(in);
	return err;
}
