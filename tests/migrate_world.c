// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * migrate_world - what goes on around a migration of the maps of tests/bpf/migrate_*.bpf.c: many
 * entries, an editor of the list, programs that are replaced
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/migrate.h"
#include "pinning/migrate_entries.h"
#include "tests/bpf/migrate.h"

/* clang-format off */
static const char usage[] =
	"Usage: migrate_world fill PIN N            put rules 0 to N-1 into an old map\n"
	"       migrate_world number PIN N [FROM]   put zeros under the keys 0 (FROM) to N-1\n"
	"       migrate_world hold PIN              have an array in memory until a line comes\n"
	"       migrate_world check PIN N [FROM]    find these, as they were, in a new map\n"
	"       migrate_world edit PIN N            edit N of these rules all the time until SIGTERM,\n"
	"                                           through the pin; then check the map that is there\n"
	"       migrate_world swap IFNAME skb|native ROUNDS OBJECT OBJECT\n"
	"                                           replace one by the other, merge counts and seen;\n"
	"                                           print the packets in both in the end\n";
/* clang-format on */

#define ADDED_RULES 10000000

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* A rule with a number and a version, in the shape of the old or the new map. */
union any_key {
	struct old_rule_key old;
	struct new_rule_key new;
};

union any_rule {
	struct old_rule old;
	struct new_rule new;
};

static void make_key(bool is_new, __u32 number, union any_key *key)
{
	memset(key, 0, sizeof(*key));
	if (is_new)
		key->new = (struct new_rule_key){ .addr = number * 7, .port = number % 65536 };
	else
		key->old = (struct old_rule_key){ .addr = number * 7, .port = number % 65536 };
}

static void make_rule(bool is_new, __u32 number, __u32 version, union any_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	if (is_new)
		rule->new =
			(struct new_rule){ .action = number % 60000, .weight = -(__s32)version };
	else
		rule->old = (struct old_rule){
			.action = number % 60000,
			.weight = -(__s32)version,
			.forgotten = 5,
		};
}

static int fill(const char *pin, __u32 n)
{
	int fd = bpf_obj_get(pin), err = fd < 0 ? fd : 0;
	struct old_rule_key *keys = calloc(n, sizeof(*keys));
	struct old_rule *rules = calloc(n, sizeof(*rules));
	__u32 count = n;

	if (!keys || !rules)
		return -ENOMEM;
	for (__u32 i = 0; i < n; i++) {
		union any_key key;
		union any_rule rule;

		make_key(false, i, &key);
		make_rule(false, i, 0, &rule);
		keys[i] = key.old;
		rules[i] = rule.old;
	}
	if (!err)
		err = bpf_map_update_batch(fd, keys, rules, &count, NULL);
	free(keys);
	free(rules);
	return err ? failed(err, "cannot fill %s", pin) : 0;
}

/* Keys of 4 bytes, with values of zeros. */
static int number(const char *pin, __u32 from, __u32 n)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_obj_get(pin), err = fd < 0 ? fd : bpf_obj_get_info_by_fd(fd, &info, &len);
	void *zeros = err ? NULL : calloc(1, map_value_bytes(&info));

	for (__u32 i = from; zeros && !err && i < n; i++)
		err = bpf_map_update_elem(fd, &i, zeros, BPF_NOEXIST);
	free(zeros);
	return err ? failed(err, "cannot fill %s", pin) : 0;
}

/* Have an array in memory, to write, until a line comes. */
static int hold(const char *pin)
{
	int fd = bpf_obj_get(pin), err = 0;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || memory == MAP_FAILED)
		return failed(-errno, "cannot map %s into memory", pin);
	puts("held");
	fflush(stdout);
	if (getchar() == EOF)
		err = -EIO;
	munmap(memory, 4096);
	return err;
}

/* version < 0: the rule must not be there. */
static bool has_rule(int fd, bool is_new, __u32 number, __s64 version)
{
	union any_key key;
	union any_rule rule, found;

	make_key(is_new, number, &key);
	memset(&found, 0, sizeof(found));
	if (bpf_map_lookup_elem(fd, &key, &found))
		return version < 0;
	make_rule(is_new, number, version, &rule);
	/* It is dropped on the way, and zero on the way back. */
	if (!is_new)
		rule.old.forgotten = found.old.forgotten = 0;
	if (version >= 0 && !memcmp(&rule, &found, sizeof(rule)))
		return true;
	printf("rule %u: expected version %lld, found %lld\n", number, version,
	       is_new ? -found.new.weight : -(__s64)found.old.weight);
	return false;
}

static __u32 count_entries(int fd)
{
	union any_key key, *previous = NULL;
	__u32 n = 0;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		n++;
	}
	return n;
}

static int check(const char *pin, __u32 from, __u32 n)
{
	int fd = bpf_obj_get(pin);

	if (fd < 0)
		return fd;
	for (__u32 i = from; i < n; i++) {
		if (!has_rule(fd, true, i, 0)) {
			printf("rule %u is not as it was\n", i);
			return -ENOENT;
		}
	}
	printf("%u entries\n", count_entries(fd));
	return 0;
}

/* One edit, of the map that has the name now. version < 0: delete. */
static int edit_once(const char *pin, __u32 number, __s64 version)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	union any_key key;
	union any_rule rule;
	int err, fd;

	fd = bpf_obj_get(pin);
	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	make_key(info.value_size == sizeof(rule.new), number, &key);
	make_rule(info.value_size == sizeof(rule.new), number, version, &rule);
	if (!err && version < 0)
		err = bpf_map_delete_elem(fd, &key);
	else if (!err)
		err = bpf_map_update_elem(fd, &key, &rule, BPF_ANY);
	close(fd);
	return err == -ENOENT ? 0 : err;
}

/* Again while it is refused, which a map is that gives way to another one. */
static int edit_rule(const char *pin, __u32 number, __s64 version, __u64 *refused)
{
	const struct timespec pause = { .tv_nsec = 100000 };
	int err;

	while ((err = edit_once(pin, number, version)) == -EPERM && !stopped) {
		++*refused;
		nanosleep(&pause, NULL);
	}
	return err;
}

/* Those that are added are not among the filled ones. */
static __u32 rule_number(__u32 i, __u32 n)
{
	return i < n ? i : ADDED_RULES + i;
}

/*
 * Rules 0 to n-1 are changed and deleted at random, others are added. Of the odd ones each version
 * is new; the even ones come and go with one value, so that a copy cannot be told from an edit.
 */
static int edit(const char *pin, __u32 n)
{
	__s64 *versions = calloc(2UL * n, sizeof(*versions));
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), wrong = 0, added = n;
	__u64 refused = 0;
	int err = 0, fd;
	__s64 edits;

	if (!versions)
		return -ENOMEM;
	for (__u32 i = n; i < 2 * n; i++)
		versions[i] = -1;
	for (edits = 1; !stopped && !err; edits++) {
		__u32 number = (__u32)random() % n;
		__s64 version = number % 2 ? edits : 0;

		if (edits % 16 == 0 && added < 2 * n)
			number = added++;
		if (number < n && edits % 5 >= (number % 2 ? 4 : 2))
			version = -1;
		err = edit_rule(pin, rule_number(number, n), version, &refused);
		if (!err)
			versions[number] = version;
	}
	if (err && !stopped)
		return failed(err, "cannot edit %s", pin);
	puts("stopped");
	fflush(stdout);
	/* The test says when the migration is at its end. */
	if (getchar() == EOF)
		return -EIO;
	fd = bpf_obj_get(pin);
	bpf_obj_get_info_by_fd(fd, &info, &len);
	for (__u32 i = 0; i < 2 * n && wrong < 10; i++)
		wrong += !has_rule(fd, info.value_size == sizeof(struct new_rule),
		                   rule_number(i, n), versions[i]);
	printf("%lld edits, %u wrong, refused %llu times\n", edits - 1, wrong, refused);
	free(versions);
	return wrong ? -EILSEQ : 0;
}

/* Merge one map of the old object into the one of the same name. */
static int merge_map(struct bpf_object *old, struct bpf_object *new, const char *name)
{
	struct migrate_map from, to;
	struct migration *m = NULL;
	int err;

	err = migrate_map_open(&from, bpf_object__find_map_fd_by_name(old, name));
	if (err)
		return err;
	migrate_map_define(&to, new, bpf_object__find_map_by_name(new, name));
	err = migrate_plan(&m, &from, &to, MIGRATE_COUNTER);
	/* The second time finds nothing to do, unless the old program runs still. */
	for (int i = 0; !err && i < 2; i++)
		err = migrate_merge(m);
	if (!err && (migrate_report(m)->left || migrate_report(m)->counters_left))
		err = -ENOSPC;
	migrate_free(m);
	migrate_map_close(&from);
	return err;
}

/* packets of all entries and CPUs; the first object of a swap is old, the second new. */
static __u64 packets(struct bpf_object *obj, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(obj, name);
	int fd = bpf_map__fd(map), cpus = libbpf_num_possible_cpus();
	size_t size = bpf_map__value_size(map);
	bool is_new = size == sizeof(struct new_count);
	__u64 key, sum = 0, *previous = NULL;
	char *values = calloc(cpus, size);

	while (values && !bpf_map_get_next_key(fd, previous, &key)) {
		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			sum += is_new ? ((struct new_count *)(values + cpu * size))->packets
			              : ((struct old_count *)(values + cpu * size))->packets;
	}
	free(values);
	return sum;
}

static int swap_in(int ifindex, __u32 flags, struct bpf_object *old, struct bpf_object *new)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	const char *program = "count";

	if (old)
		opts.old_prog_fd = bpf_program__fd(bpf_object__find_program_by_name(old, program));
	return bpf_xdp_attach(
		ifindex, bpf_program__fd(bpf_object__find_program_by_name(new, program)),
		flags | (old ? XDP_FLAGS_REPLACE : XDP_FLAGS_UPDATE_IF_NOEXIST), &opts);
}

static int swap(const char *ifname, const char *mode, int rounds, char **files)
{
	__u32 flags = strcmp(mode, "skb") ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
	int ifindex = (int)if_nametoindex(ifname), err = 0;
	struct bpf_object *old = NULL, *new = NULL;

	for (int i = 0; !err && i <= rounds; i++) {
		new = bpf_object__open_file(files[i % 2], NULL);
		err = new ? bpf_object__load(new) : -errno;
		if (!err)
			err = swap_in(ifindex, flags, old, new);
		if (!i) {
			puts("ready");
			fflush(stdout);
		} else if (!err) {
			err = merge_map(old, new, "counts");
			if (!err)
				err = merge_map(old, new, "seen");
		}
		bpf_object__close(old);
		old = new;
	}
	if (err)
		return failed(err, "cannot swap the programs of %s", ifname);
	puts("swapped");
	fflush(stdout);
	/* Until the last frame is sent: the test says when. */
	if (getchar() == EOF)
		return -EIO;
	printf("%llu %llu\n", packets(new, "counts"), packets(new, "seen"));
	bpf_object__close(new);
	return 0;
}

int main(int argc, char **argv)
{
	__u32 n = argc >= 4 ? (__u32)strtoul(argv[3], NULL, 10) : 0;
	int err = -EINVAL;

	log_init("migrate_world", getenv("VERBOSE"));
	signal(SIGTERM, stop);
	if (argc == 4 && !strcmp(argv[1], "fill"))
		err = fill(argv[2], n);
	else if (argc == 3 && !strcmp(argv[1], "hold"))
		err = hold(argv[2]);
	else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "number"))
		err = number(argv[2], argc == 5 ? (__u32)strtoul(argv[4], NULL, 10) : 0, n);
	else if ((argc == 4 || argc == 5) && !strcmp(argv[1], "check"))
		err = check(argv[2], argc == 5 ? (__u32)strtoul(argv[4], NULL, 10) : 0, n);
	else if (argc == 4 && !strcmp(argv[1], "edit"))
		err = edit(argv[2], n);
	else if (argc == 7 && !strcmp(argv[1], "swap"))
		err = swap(argv[2], argv[3], atoi(argv[4]), argv + 5);
	else
		fputs(usage, stderr);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
