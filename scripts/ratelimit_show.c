// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "bpffs/number.h"
#include "scripts/config_use.h"
#include "scripts/map_each.h"
#include "scripts/ratelimit_limit.h"
#include "scripts/ratelimit_show.h"
#include "scripts/source_text.h"

#define SCHEMA  "ifbpf.ratelimit/1"
#define DROPPED 10

const struct config_map ratelimit_limits = {
	.name = RATE_LIMITS_MAP,
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.key_size = sizeof(struct rate_prefix),
	.value_size = sizeof(struct rate_limit),
};

static const struct config_map dropped_map = {
	.name = RATE_DROPPED_MAP,
	.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
	.key_size = sizeof(struct source_key),
	.value_size = sizeof(struct stats_record),
};

static int append(struct ratelimit_list *list, const void *value)
{
	/* Full: twice the room, as there may be very many. */
	if (!(list->len & (list->len - 1))) {
		size_t room = list->len ? list->len * 2 : 1;
		void *values = reallocarray(list->values, room, list->size);

		if (!values)
			return -ENOMEM;
		list->values = values;
	}
	memcpy((char *)list->values + list->len++ * list->size, value, list->size);
	return 0;
}

static int add_limit(const void *key, const void *value, void *arg)
{
	(void)key;
	return append(arg, value);
}

struct dropped {
	struct source_key source;
	struct stats_record record;
};

static int add_dropped(const void *key, const void *value, void *arg)
{
	struct ratelimit_list *list = arg;
	struct dropped dropped = { .record = map_record_sum(value, list->cpus) };

	memcpy(&dropped.source, key, sizeof(dropped.source));
	return append(list, &dropped);
}

/* Read a map into a list, which the caller frees. Returns 0 or a negative errno, reported. */
static int read_list(const struct config *config, const struct config_map *map,
                     struct ratelimit_list *list,
                     int (*visit)(const void *key, const void *value, void *arg))
{
	struct bpf_map_info info;
	int fd, err;

	fd = config_open_map(config, map, CONFIG_READ, &info);
	if (fd < 0)
		return fd;
	list->cpus = map_values(&info);
	err = map_each(fd, &info, visit, list);
	if (err)
		failed(err, "cannot read map '%s' of %s", map->name, config->iface.name);
	close(fd);
	return err;
}

static int compare_limits(const void *a, const void *b)
{
	const struct rate_prefix *x = &((const struct rate_limit *)a)->prefix;
	const struct rate_prefix *y = &((const struct rate_limit *)b)->prefix;
	int order = memcmp(&x->source, &y->source, sizeof(x->source));

	return order ? order : (int)x->length - (int)y->length;
}

static void print_limit(const void *value)
{
	const struct rate_limit *limit = value;
	char text[PREFIX_TEXT_SIZE];

	printf("%s", prefix_text(&limit->prefix, text));
	if (limit->packets)
		printf("  pps %llu  burst %llu", (unsigned long long)limit->packets,
		       (unsigned long long)limit->burst_packets);
	if (limit->bytes)
		printf("  bps %llu  burst-bytes %llu", (unsigned long long)limit->bytes * 8,
		       (unsigned long long)limit->burst_bytes);
	if (!limit->packets && !limit->bytes)
		printf("  unlimited");
	printf("  per %s\n", limit->per == RATE_PER_PREFIX ? "prefix" : "source");
}

static void put_limit(struct json_object *rows, const void *value)
{
	const struct rate_limit *limit = value;
	struct json_object *row = json_object_new_object();
	char text[PREFIX_TEXT_SIZE];

	json_put_string(row, "prefix", prefix_text(&limit->prefix, text));
	json_put_id(row, "pps", limit->packets);
	json_put_id(row, "burst", limit->burst_packets);
	json_put_id(row, "bps", limit->bytes * 8);
	json_put_id(row, "burst_bytes", limit->burst_bytes);
	json_put_string(row, "per", limit->per == RATE_PER_PREFIX ? "prefix" : "source");
	json_object_array_add(rows, row);
}

/* Print rows as JSON under a name, or as text. */
static int print_list(const struct config *config, const struct ratelimit_list *list,
                      const char *name, void (*put)(struct json_object *rows, const void *value),
                      void (*print)(const void *value))
{
	struct json_object *document, *rows;

	if (!config->json) {
		for (size_t i = 0; i < list->len; i++)
			print((const char *)list->values + i * list->size);
		return 0;
	}
	document = config_json_begin(SCHEMA, config);
	rows = json_object_new_array();
	for (size_t i = 0; i < list->len; i++)
		put(rows, (const char *)list->values + i * list->size);
	json_object_object_add(document, name, rows);
	return json_end(document);
}

int ratelimit_read_limits(const struct config *config, struct ratelimit_list *list)
{
	int err;

	*list = (struct ratelimit_list){ .size = sizeof(struct rate_limit) };
	err = read_list(config, &ratelimit_limits, list, add_limit);
	if (err)
		free(list->values);
	else if (list->len)
		qsort(list->values, list->len, list->size, compare_limits);
	return err;
}

int ratelimit_list(struct config *config, char **argv, int argc)
{
	struct ratelimit_list list;
	int err;

	(void)argv;
	(void)argc;
	if (ratelimit_read_limits(config, &list))
		return EXIT_KERNEL;
	err = print_list(config, &list, "limits", put_limit, print_limit);
	free(list.values);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}

/* Most packets first; equal ones by address. */
static int compare_dropped(const void *a, const void *b)
{
	const struct dropped *x = a, *y = b;

	if (x->record.rx_packets != y->record.rx_packets)
		return x->record.rx_packets < y->record.rx_packets ? 1 : -1;
	return memcmp(&x->source, &y->source, sizeof(x->source));
}

static void print_dropped(const void *value)
{
	const struct dropped *dropped = value;
	char text[INET6_ADDRSTRLEN];

	printf("%-16s  %llu packets  %llu bytes\n", source_text(&dropped->source, text),
	       (unsigned long long)dropped->record.rx_packets,
	       (unsigned long long)dropped->record.rx_bytes);
}

static void put_dropped(struct json_object *rows, const void *value)
{
	struct json_object *row = json_object_new_object();
	const struct dropped *dropped = value;
	char text[INET6_ADDRSTRLEN];

	json_put_string(row, "address", source_text(&dropped->source, text));
	json_put_number(row, "packets", dropped->record.rx_packets);
	json_put_number(row, "bytes", dropped->record.rx_bytes);
	json_object_array_add(rows, row);
}

int ratelimit_dropped(struct config *config, char **argv, int argc)
{
	struct ratelimit_list list = { .size = sizeof(struct dropped) };
	__u64 count = DROPPED;
	int err;

	if (argc && !number_parse(argv[0], UINT64_MAX, &count)) {
		rejected(-EINVAL, "cannot use '%s' as a number of sources", argv[0]);
		number_hint(argv[0]);
		return EXIT_USAGE;
	}
	err = read_list(config, &dropped_map, &list, add_dropped);
	if (!err && list.len)
		qsort(list.values, list.len, list.size, compare_dropped);
	if (count && count < list.len)
		list.len = count;
	if (!err)
		err = print_list(config, &list, "dropped", put_dropped, print_dropped);
	free(list.values);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
