// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/bulk_entries.h"
#include "tests/bench/frame.h"

struct entries entries;

int bulk_entries_make(__u32 count)
{
	__u64 seed = 3;

	entries.count = count;
	entries.keys = malloc(count * sizeof(*entries.keys));
	entries.values = calloc(count, sizeof(*entries.values));
	if (!entries.keys || !entries.values)
		return failed(-ENOMEM, "cannot make %u entries", count);
	/* An odd factor turns the numbers into each other: no key comes twice. */
	for (__u32 i = 0; i < count; i++) {
		entries.keys[i] = i * 2654435761u;
		entries.values[i] = random_next(&seed);
	}
	return 0;
}

int bulk_entries_map(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "bench_bulk", sizeof(*entries.keys),
	                        sizeof(*entries.values), entries.count, NULL);

	if (fd < 0)
		return failed(-errno, "cannot make a map of %u entries", entries.count);
	if (!bpf_obj_pin(fd, BULK_PIN))
		return fd;
	close(fd);
	return failed(-errno, "cannot pin a map at %s", BULK_PIN);
}

int bulk_entries_put(int fd)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	__u32 count = entries.count;

	return bpf_map_update_batch(fd, entries.keys, entries.values, &count, &opts) ? -errno : 0;
}

int bulk_entries_check(int fd)
{
	__u64 value;

	for (__u32 i = 0; i < entries.count; i += 1 + entries.count / 1000)
		if (bpf_map_lookup_elem(fd, &entries.keys[i], &value) || value != entries.values[i])
			return failed(-EIO, "entry %u is not in the map", i);
	return 0;
}

static void put_hex(FILE *f, const void *bytes, size_t len)
{
	const unsigned char *from = bytes;

	for (size_t i = 0; i < len; i++)
		fprintf(f, " %02x", from[i]);
}

/* What bpftool reads, on a tmpfs. */
int entries_write_batch(void)
{
	FILE *f = fopen(BULK_FILE, "w");

	for (__u32 i = 0; f && i < entries.count; i++) {
		fputs("map update pinned " BULK_PIN " key hex", f);
		put_hex(f, &entries.keys[i], sizeof(*entries.keys));
		fputs(" value hex", f);
		put_hex(f, &entries.values[i], sizeof(*entries.values));
		fputc('\n', f);
	}
	if (!f || fclose(f))
		return failed(-errno, "cannot write %s", BULK_FILE);
	return 0;
}

void bulk_entries_tell(struct table *table)
{
	if (bench.quick)
		snprintf(table->reduced, sizeof(table->reduced), "of %u entries in a quick run",
		         entries.count);
}

void bulk_entries_free(void)
{
	unlink(BULK_FILE);
	free(entries.keys);
	free(entries.values);
}
