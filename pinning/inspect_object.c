// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/inspect_internal.h"

int inspect_need(struct inspect_needs *needs, unsigned int version, const char *fmt, ...)
{
	struct inspect_need need = { .version = version }, *list;
	va_list args;

	va_start(args, fmt);
	vsnprintf(need.what, sizeof(need.what), fmt, args);
	va_end(args);
	for (size_t i = 0; i < needs->len; i++)
		if (!strcmp(needs->list[i].what, need.what))
			return 0;
	list = reallocarray(needs->list, needs->len + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	needs->list = list;
	list[needs->len++] = need;
	return 0;
}

unsigned int inspect_kernel(const struct inspect_needs *needs)
{
	unsigned int version = 0;

	for (size_t i = 0; i < needs->len; i++)
		if (needs->list[i].version > version)
			version = needs->list[i].version;
	return version;
}

const char *inspect_kernel_name(unsigned int version, char text[16])
{
	if (version)
		snprintf(text, 16, "%u.%u", version >> 8 & 0xff, version & 0xff);
	else
		strcpy(text, "-");
	return text;
}

/* The latest first. */
static int compare(const void *a, const void *b)
{
	const struct inspect_need *one = a, *other = b;

	if (one->version != other->version)
		return one->version < other->version ? 1 : -1;
	return strcmp(one->what, other->what);
}

int inspect(struct inspection *in, const char *path)
{
	int err;

	memset(in, 0, sizeof(*in));
	in->path = path;
	in->fd = -1;
	err = inspect_read_elf(in);
	if (err)
		return err;
	inspect_read_libbpf(in);
	inspect_read_code(in);
	if (in->needs.len)
		qsort(in->needs.list, in->needs.len, sizeof(*in->needs.list), compare);
	inspect_judge(in);
	inspect_take_notes(in);
	return in->no_memory ? failed(-ENOMEM, "cannot list all that is in %s", path) : 0;
}

void inspect_free(struct inspection *in)
{
	bpf_object__close(in->obj);
	for (size_t i = 0; i < in->progs_len; i++)
		free(in->progs[i].needs.list);
	for (size_t i = 0; i < in->notes_len; i++)
		free(in->notes[i]);
	free(in->progs);
	free(in->maps);
	free(in->needs.list);
	free(in->notes);
	elf_end(in->elf);
	if (in->fd >= 0)
		close(in->fd);
	memset(in, 0, sizeof(*in));
	in->fd = -1;
}
