// SPDX-License-Identifier: GPL-2.0-or-later
/* reader - read an interface's maps through bpffs/view.h, as a reader of counters does */
#include <bpf/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bpffs/log.h"
#include "bpffs/view.h"

static const char usage[] =
	"Usage: reader list IFNAME\n"
	"       reader watch IFNAME MAP...\n"
	"list prints 'NAME ID FIRST_VALUE' for each map; watch looks until SIGTERM\n"
	"that the first values and the sizes of these maps agree, and that all are published.\n";

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* The value of key 0, which must be 8 bytes; 0 if it is not. */
static __u64 first_value(const struct view_map *map)
{
	__u64 value = 0;
	__u32 key = 0;

	if (map->info.type != BPF_MAP_TYPE_ARRAY || map->info.value_size != sizeof(value))
		return 0;
	bpf_map_lookup_elem(map->fd, &key, &value);
	return value;
}

static int list(const struct directory *dir)
{
	struct view view;

	if (view_open(&view, dir, NULL, 0, BPF_F_RDONLY))
		return EXIT_KERNEL;
	printf("gen %llu\n", view.has_record ? (unsigned long long)view.record.gen : 0);
	for (size_t i = 0; i < view.len; i++) {
		const struct view_map *map = &view.maps[i];

		printf("%s%s", map->egress ? "%egress/" : "", map->name);
		if (map->old_id)
			printf("%%old-%u", map->old_id);
		printf(" %u %llu\n", map->info.id, (unsigned long long)first_value(map));
	}
	view_close(&view);
	return EXIT_SUCCESS;
}

static bool published(const struct record *rec, __u32 map_id)
{
	for (int hook = 0; hook < HOOKS; hook++)
		if (record_has_map(rec, hook, map_id))
			return true;
	return false;
}

/* The current map of that name, or NULL. */
static const struct view_map *find(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->len; i++)
		if (!view->maps[i].old_id && !strcmp(view->maps[i].name, name))
			return &view->maps[i];
	return NULL;
}

/* One look; false with a message if the maps do not belong together. */
static bool consistent(const struct view *view, char *const *names, int count)
{
	unsigned long long gen = view->record.gen;
	__u32 entries = 0;
	__u64 wanted = 0;

	for (size_t i = 0; i < view->len; i++) {
		const struct view_map *map = &view->maps[i];

		if (!map->old_id && !published(&view->record, map->info.id)) {
			printf("torn: the record of generation %llu lacks map %u, %s\n", gen,
			       map->info.id, map->name);
			return false;
		}
	}
	for (int i = 0; i < count; i++) {
		const struct view_map *map = find(view, names[i]);
		__u64 value = map ? first_value(map) : 0;

		/* The two of one set are of one size as well. */
		if (map && i && map->info.max_entries != entries) {
			printf("torn: %s has %u entries, %s has %u, in generation %llu\n", names[0],
			       entries, names[i], map->info.max_entries, gen);
			return false;
		}
		if (!map || (i && value != wanted)) {
			printf("torn: %s has %llu, %s has %llu, in generation %llu\n", names[0],
			       (unsigned long long)wanted, names[i], (unsigned long long)value,
			       gen);
			return false;
		}
		wanted = value;
		entries = map->info.max_entries;
	}
	return true;
}

static int watch(const struct directory *dir, char *const *names, int count)
{
	unsigned long looks = 0, generations = 0;
	bool good = true;
	__u64 last = 0;

	for (; good && !stopped; looks++) {
		struct view view;

		if (view_open(&view, dir, NULL, 0, BPF_F_RDONLY))
			return EXIT_KERNEL;
		good = consistent(&view, names, count);
		generations += view.record.gen != last;
		last = view.record.gen;
		view_close(&view);
	}
	printf("%lu looks, %lu generations\n", looks, generations);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct directory dir;
	struct interface iface;
	struct bpffs fs;
	bool watching;
	int status;

	log_init("reader", false);
	watching = argc > 3 && !strcmp(argv[1], "watch");
	if (!watching && (argc != 3 || strcmp(argv[1], "list"))) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	signal(SIGTERM, stop);
	if (interface_find(&iface, argv[2], NULL) || bpffs_open(&fs, BPFFS_READ))
		return EXIT_KERNEL;
	if (directory_open(&dir, &fs, &iface)) {
		bpffs_close(&fs);
		return EXIT_KERNEL;
	}
	status = watching ? watch(&dir, argv + 3, argc - 3) : list(&dir);
	directory_close(&dir);
	bpffs_close(&fs);
	return status;
}
