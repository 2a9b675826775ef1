// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "tests/bench/bulk_trie.h"
#include "tests/bench/command.h"
#include "tests/bench/lists.h"

#define TRIE_PIN  "/sys/fs/bpf/bench_trie"
#define TRIE_FILE "/run/tmp/bench.trie"
#define SAMPLES   1000

/* Of an LPM trie, for IPv4. */
struct trie_key {
	__u32 len;
	unsigned char address[4];
};

static struct trie_key samples[SAMPLES];
static __u32 samples_len, entries_max;

static void write_entry(FILE *f, const struct trie_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key;

	fputs("map update pinned " TRIE_PIN " key hex", f);
	for (size_t i = 0; i < sizeof(*key); i++)
		fprintf(f, " %02x", bytes[i]);
	fputs(" value hex 01 00 00 00 00 00 00 00\n", f);
}

int bulk_trie_prepare(__u32 count)
{
	struct lists lists = {};
	int err = lists_make(&lists, false, count);
	FILE *f = err ? NULL : fopen(TRIE_FILE, "w");

	entries_max = count;
	samples_len = 0;
	for (__u32 i = 0; f && i < lists.count; i++) {
		struct trie_key key = { .len = lists.prefixes[i].len };

		address_bytes(lists.prefixes[i].address, false, key.address);
		write_entry(f, &key);
		if (i % (1 + count / SAMPLES) == 0 && samples_len < SAMPLES)
			samples[samples_len++] = key;
	}
	lists_free(&lists);
	if (!err && (!f || fclose(f)))
		err = failed(-errno, "cannot write %s", TRIE_FILE);
	return err;
}

int bulk_trie_make(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int fd, err = 0;

	unlink(TRIE_PIN);
	fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "bench_trie", sizeof(struct trie_key),
	                    sizeof(__u64), entries_max, &opts);
	if (fd < 0)
		return failed(-errno, "cannot make an LPM trie of %u entries", entries_max);
	if (bpf_obj_pin(fd, TRIE_PIN))
		err = failed(-errno, "cannot pin a map at %s", TRIE_PIN);
	close(fd);
	return err;
}

int bulk_trie_fill(int map_fd)
{
	(void)map_fd;
	return command_run(NULL, "bpftool batch file " TRIE_FILE);
}

int bulk_trie_check(void)
{
	int fd = bpf_obj_get(TRIE_PIN), err = fd < 0 ? -errno : 0;
	__u64 value;

	for (__u32 i = 0; !err && i < samples_len; i++)
		if (bpf_map_lookup_elem(fd, &samples[i], &value))
			err = -errno;
	if (fd >= 0)
		close(fd);
	unlink(TRIE_PIN);
	return err ? failed(err, "a prefix is not in the LPM trie") : 0;
}

void bulk_trie_release(void)
{
	unlink(TRIE_PIN);
	unlink(TRIE_FILE);
}
