// SPDX-License-Identifier: GPL-2.0-or-later
/* What lies in the cache of next hops. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "bpffs/log.h"
#include "scripts/config_use.h"
#include "scripts/forward_maps.h"

/* An entry of either cache. */
struct entry {
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
	__u16 sport, dport;
	__u8 protocol;
	__u32 from; /* ifindex */
	int cpu;
	const struct forward_hop *hop;
};

struct list {
	struct forward_settings setup;
	__u64 now;                /* jiffies, or 0 if they are not known */
	struct json_object *json; /* an array, or NULL for text */
};

/* The kernel's jiffies, as /proc/timer_list has them for root; 0 if it does not. */
static __u64 jiffies_now(void)
{
	unsigned long long jiffies = 0;
	char line[256];
	FILE *f = fopen("/proc/timer_list", "re");

	if (!f)
		return 0;
	while (!jiffies && fgets(line, sizeof(line), f))
		sscanf(line, "jiffies: %llu", &jiffies);
	fclose(f);
	return jiffies;
}

static const char *name_of(__u32 ifindex)
{
	static struct interface iface;

	return interface_by_index(&iface, ifindex) ? "?" : iface.name;
}

/* May still be used; what cannot be told is listed. */
static bool is_alive(const struct list *list, const struct forward_hop *hop)
{
	if (!hop->ifindex || hop->generation != list->setup.generation)
		return false;
	return !list->now || hop->jiffies > list->now ||
	       list->now - hop->jiffies < list->setup.cache_jiffies;
}

static long long age_ms(const struct list *list, const struct forward_hop *hop)
{
	if (!list->now)
		return -1;
	return hop->jiffies > list->now
	               ? 0
	               : (long long)((list->now - hop->jiffies) * forward_tick_ns() / 1000000);
}

static void print_text(const struct list *list, const struct entry *entry)
{
	const __u8 *mac = entry->hop->destination;
	long long age = age_ms(list, entry->hop);

	printf("%s %u -> %s %u  protocol %u  from %s", entry->source, entry->sport,
	       entry->destination, entry->dport, entry->protocol, name_of(entry->from));
	printf("  to %s %02x:%02x:%02x:%02x:%02x:%02x", name_of(entry->hop->ifindex), mac[0],
	       mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (age >= 0)
		printf("  %lld ms old", age);
	printf("  CPU %d\n", entry->cpu);
}

static void add_json(const struct list *list, const struct entry *entry)
{
	struct json_object *json = json_object_new_object();
	const __u8 *mac = entry->hop->destination;
	long long age = age_ms(list, entry->hop);
	char text[18];

	json_put_string(json, "source", entry->source);
	json_put_string(json, "destination", entry->destination);
	json_put_number(json, "sport", entry->sport);
	json_put_number(json, "dport", entry->dport);
	json_put_number(json, "protocol", entry->protocol);
	json_put_id(json, "from_ifindex", entry->from);
	json_put_id(json, "to_ifindex", entry->hop->ifindex);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
	         mac[3], mac[4], mac[5]);
	json_put_string(json, "mac", text);
	json_put_number(json, "mtu", entry->hop->mtu);
	json_object_object_add(json, "age_ms", age < 0 ? NULL : json_object_new_uint64((__u64)age));
	json_put_number(json, "cpu", (__u64)entry->cpu);
	json_object_array_add(list->json, json);
}

static void show(const struct list *list, const struct entry *entry)
{
	if (list->json)
		add_json(list, entry);
	else
		print_text(list, entry);
}

/* Fill in what both keys have, and show it unless it is too old. */
#define SHOW(list, family, e, from_address, to_address, on_cpu)                                    \
	do {                                                                                       \
		struct entry entry = {                                                             \
			.sport = ntohs((e)->key.sport),                                            \
			.dport = ntohs((e)->key.dport),                                            \
			.protocol = (e)->key.protocol,                                             \
			.from = (e)->key.ifindex,                                                  \
			.cpu = (on_cpu),                                                           \
			.hop = &(e)->hop,                                                          \
		};                                                                                 \
                                                                                                   \
		inet_ntop(family, from_address, entry.source, sizeof(entry.source));               \
		inet_ntop(family, to_address, entry.destination, sizeof(entry.destination));       \
		if (is_alive(list, entry.hop))                                                     \
			show(list, &entry);                                                        \
	} while (0)

static void show4(const struct list *list, const void *value, int cpu)
{
	const struct forward_entry4 *e = value;

	SHOW(list, AF_INET, e, &e->key.source, &e->key.destination, cpu);
}

static void show6(const struct list *list, const void *value, int cpu)
{
	const struct forward_entry6 *e = value;

	SHOW(list, AF_INET6, e, e->key.source, e->key.destination, cpu);
}

/* Every slot of every CPU. Closes the map. */
static int walk(int fd, __u32 entries, size_t size, const struct list *list,
                void (*visit)(const struct list *list, const void *value, int cpu))
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	char *values;

	if (fd < 0)
		return fd;
	values = cpus < 0 ? NULL : calloc((size_t)cpus, size);
	if (!values)
		err = -ENOMEM;
	for (__u32 slot = 0; !err && slot < entries; slot++) {
		err = bpf_map_lookup_elem(fd, &slot, values);
		for (int cpu = 0; !err && cpu < cpus; cpu++)
			visit(list, values + (size_t)cpu * size, cpu);
	}
	free(values);
	close(fd);
	return err ? failed(err, "cannot read the cache") : 0;
}

int forward_list(struct config *config, char **argv, int argc)
{
	struct json_object *document;
	struct list list = {};

	(void)argv;
	(void)argc;
	if (forward_get_setup(config, &list.setup))
		return EXIT_KERNEL;
	list.now = jiffies_now();
	if (config->json)
		list.json = json_object_new_array();
	if (list.setup.cache_jiffies && (walk(forward_open_cache4(config), FORWARD_CACHE4_ENTRIES,
	                                      sizeof(struct forward_entry4), &list, show4) ||
	                                 walk(forward_open_cache6(config), FORWARD_CACHE6_ENTRIES,
	                                      sizeof(struct forward_entry6), &list, show6))) {
		json_object_put(list.json);
		return EXIT_KERNEL;
	}
	if (!config->json)
		return EXIT_SUCCESS;
	document = config_json_begin(FORWARD_SCHEMA, config);
	json_object_object_add(document, "cache", list.json);
	return json_end(document) ? EXIT_KERNEL : EXIT_SUCCESS;
}
