// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/config_use.h"
#include "scripts/map_each.h"
#include "scripts/top_sample.h"

static const struct config_map protocols_map = {
	.name = PARSE_PROTOCOLS_MAP,
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct stats_record),
};

static const struct config_map sources_map = {
	.name = PARSE_SOURCES_MAP,
	.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
	.key_size = sizeof(struct source_key),
	.value_size = sizeof(struct stats_record),
};

struct reading {
	struct top_sample *sample;
	size_t room;
	int cpus;
};

static __u64 clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static struct top_count sum(const void *value, int cpus)
{
	const struct stats_record record = map_record_sum(value, cpus);

	return (struct top_count){ .packets = record.rx_packets, .bytes = record.rx_bytes };
}

static int read_protocol(const void *key, const void *value, void *arg)
{
	const struct reading *reading = arg;
	struct top_sample *sample = reading->sample;
	struct top_count count = sum(value, reading->cpus);
	__u32 slot;

	memcpy(&slot, key, sizeof(slot));
	if (slot >= PARSE_SLOTS)
		return 0;
	sample->protocols[slot] = count;
	sample->all.packets += count.packets;
	sample->all.bytes += count.bytes;
	return 0;
}

static int read_source(const void *key, const void *value, void *arg)
{
	struct reading *reading = arg;
	struct top_sample *sample = reading->sample;
	struct top_source *list = sample->sources;

	if (sample->len == reading->room) {
		reading->room = reading->room ? 2 * reading->room : 256;
		list = reallocarray(list, reading->room, sizeof(*list));
		if (!list)
			return -ENOMEM;
		sample->sources = list;
	}
	list = &list[sample->len++];
	memcpy(&list->key, key, sizeof(list->key));
	list->count = sum(value, reading->cpus);
	return 0;
}

static int read_map(struct top_sample *sample, const struct config *config,
                    const struct config_map *map, __u32 *id,
                    int (*visit)(const void *key, const void *value, void *arg))
{
	struct reading reading = { .sample = sample };
	struct bpf_map_info info;
	int fd, err;

	fd = config_open_map(config, map, CONFIG_READ, &info);
	if (fd < 0)
		return fd;
	*id = info.id;
	sample->room = info.max_entries;
	reading.cpus = map_values(&info);
	err = reading.cpus < 0 ? reading.cpus : map_each(fd, &info, visit, &reading);
	close(fd);
	if (err)
		failed(err, "cannot read map '%s' of %s", map->name, config->iface.name);
	return err;
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(&((const struct top_source *)a)->key, &((const struct top_source *)b)->key,
	              sizeof(struct source_key));
}

/* A source that was dropped from the map and came back has counted anew since. */
static void add_rate(struct top_count *now, const struct top_count *before, double seconds)
{
	bool anew = !before || now->packets < before->packets || now->bytes < before->bytes;

	now->pps = (double)(now->packets - (anew ? 0 : before->packets)) / seconds;
	now->bps = (double)(now->bytes - (anew ? 0 : before->bytes)) / seconds * 8;
}

static void add_rates(struct top_sample *sample, const struct top_sample *before)
{
	double seconds = (double)(sample->elapsed_ns - before->elapsed_ns) / 1e9;

	if (sample->elapsed_ns <= before->elapsed_ns || sample->sources_id != before->sources_id ||
	    sample->protocols_id != before->protocols_id)
		return;
	sample->has_rates = true;
	for (size_t i = 0; i < sample->len; i++) {
		const struct top_source *was =
			before->len ? bsearch(&sample->sources[i], before->sources, before->len,
		                              sizeof(*before->sources), compare_keys)
				    : NULL;

		add_rate(&sample->sources[i].count, was ? &was->count : NULL, seconds);
	}
	for (__u32 slot = 0; slot < PARSE_SLOTS; slot++)
		add_rate(&sample->protocols[slot], &before->protocols[slot], seconds);
	add_rate(&sample->all, &before->all, seconds);
}

int top_take(struct top_sample *sample, const struct config *config,
             const struct top_sample *before)
{
	int err;

	memset(sample, 0, sizeof(*sample));
	config_use_renew(config);
	sample->time_ns = clock_ns(CLOCK_REALTIME);
	sample->elapsed_ns = clock_ns(CLOCK_MONOTONIC);
	err = read_map(sample, config, &protocols_map, &sample->protocols_id, read_protocol);
	if (!err)
		err = read_map(sample, config, &sources_map, &sample->sources_id, read_source);
	if (err)
		return err;
	if (sample->len)
		qsort(sample->sources, sample->len, sizeof(*sample->sources), compare_keys);
	if (before)
		add_rates(sample, before);
	sample->busiest = calloc(sample->len + 1, sizeof(*sample->busiest));
	if (!sample->busiest)
		return failed(-ENOMEM, "cannot sort the sources of %s", config->iface.name);
	for (size_t i = 0; i < sample->len; i++)
		sample->busiest[i] = &sample->sources[i];
	return 0;
}

void top_free(struct top_sample *sample)
{
	free(sample->sources);
	free(sample->busiest);
	memset(sample, 0, sizeof(*sample));
}

static const struct top_source *source_at(const void *element)
{
	return *(const struct top_source *const *)element;
}

/* The greater one comes first; equal ones by address. */
static int by_packets(const void *a, const void *b)
{
	const struct top_source *x = source_at(a), *y = source_at(b);

	if (x->count.packets != y->count.packets)
		return x->count.packets < y->count.packets ? 1 : -1;
	return compare_keys(x, y);
}

static int by_bytes(const void *a, const void *b)
{
	const struct top_source *x = source_at(a), *y = source_at(b);

	if (x->count.bytes != y->count.bytes)
		return x->count.bytes < y->count.bytes ? 1 : -1;
	return compare_keys(x, y);
}

static int by_rate(const void *a, const void *b)
{
	const struct top_source *x = source_at(a), *y = source_at(b);

	if (x->count.pps > y->count.pps || x->count.pps < y->count.pps)
		return x->count.pps < y->count.pps ? 1 : -1;
	return by_packets(a, b);
}

void top_sort(struct top_sample *sample, enum top_sort by)
{
	static int (*const orders[])(const void *a, const void *b) = {
		[TOP_PACKETS] = by_packets,
		[TOP_BYTES] = by_bytes,
		[TOP_RATE] = by_rate,
	};

	qsort(sample->busiest, sample->len, sizeof(*sample->busiest), orders[by]);
}

const char *top_protocol(__u32 slot)
{
	static const char *const names[256] = {
		[IPPROTO_ICMP] = "ICMP",
		[IPPROTO_IGMP] = "IGMP",
		[IPPROTO_IPIP] = "IPIP",
		[IPPROTO_TCP] = "TCP",
		[IPPROTO_UDP] = "UDP",
		[IPPROTO_DCCP] = "DCCP",
		[IPPROTO_IPV6] = "IPv6",
		[IPPROTO_GRE] = "GRE",
		[IPPROTO_ESP] = "ESP",
		[IPPROTO_AH] = "AH",
		[IPPROTO_ICMPV6] = "ICMPv6",
		[IPPROTO_SCTP] = "SCTP",
		[89] = "OSPF",
		[112] = "VRRP",
	};
	const char *version = slot < PARSE_SLOT_IP6 ? "IPv4" : "IPv6";
	static char text[32];

	switch (slot) {
	case PARSE_SLOT_ARP: return "ARP";
	case PARSE_SLOT_OTHER: return "other";
	case PARSE_SLOT_TRUNCATED: return "truncated";
	case PARSE_SLOT_MALFORMED: return "malformed";
	default: break;
	}
	if (names[slot % 256])
		snprintf(text, sizeof(text), "%s %s", version, names[slot % 256]);
	else
		snprintf(text, sizeof(text), "%s protocol %u", version, slot % 256);
	return text;
}
