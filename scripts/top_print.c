// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include "bpffs/cli.h"
#include "bpffs/json.h"
#include "scripts/config_use.h"
#include "scripts/rate_text.h"
#include "scripts/source_text.h"
#include "scripts/top_print.h"

static size_t shown(const struct top_sample *sample, size_t count)
{
	return count && count < sample->len ? count : sample->len;
}

static void print_line(const char *ifname, const char *kind, int width, const char *what,
                       const struct top_sample *sample, const struct top_count *count)
{
	printf("%s  %-8s  %-*s  %12llu packets  %14llu bytes", ifname, kind, width, what,
	       (unsigned long long)count->packets, (unsigned long long)count->bytes);
	if (sample->has_rates)
		printf("  %s", rate_text(count->pps, count->bps));
	putchar('\n');
}

void top_print(const struct config *config, const struct top_sample *sample, size_t count)
{
	char text[INET6_ADDRSTRLEN];
	int width = 16, len;

	for (size_t i = 0; i < shown(sample, count); i++) {
		len = (int)strlen(source_text(&sample->busiest[i]->key, text));
		width = len > width ? len : width;
	}
	for (size_t i = 0; i < shown(sample, count); i++)
		print_line(cli_text(config->iface.name), "source", width,
		           source_text(&sample->busiest[i]->key, text), sample,
		           &sample->busiest[i]->count);
	for (__u32 slot = 0; slot < PARSE_SLOTS; slot++)
		if (sample->protocols[slot].packets)
			print_line(cli_text(config->iface.name), "protocol", width,
			           top_protocol(slot), sample, &sample->protocols[slot]);
	print_line(cli_text(config->iface.name), "all", width, "", sample, &sample->all);
}

static void put_rate(struct json_object *to, const char *key, double rate)
{
	char text[400];

	snprintf(text, sizeof(text), "%.3f", rate);
	json_object_object_add(to, key, json_object_new_double_s(rate, text));
}

static void put_count(struct json_object *to, const struct top_sample *sample,
                      const struct top_count *count)
{
	json_put_number(to, "packets", count->packets);
	json_put_number(to, "bytes", count->bytes);
	if (!sample->has_rates)
		return;
	put_rate(to, "pps", count->pps);
	put_rate(to, "bps", count->bps);
}

static void put_sources(struct json_object *list, const struct top_sample *sample, size_t count)
{
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < shown(sample, count); i++) {
		struct json_object *source = json_object_new_object();

		json_put_string(source, "address", source_text(&sample->busiest[i]->key, text));
		put_count(source, sample, &sample->busiest[i]->count);
		json_object_array_add(list, source);
	}
}

static void put_protocols(struct json_object *list, const struct top_sample *sample)
{
	for (__u32 slot = 0; slot < PARSE_SLOTS; slot++) {
		struct json_object *protocol;

		if (!sample->protocols[slot].packets)
			continue;
		protocol = json_object_new_object();
		json_put_string(protocol, "protocol", top_protocol(slot));
		if (slot < PARSE_SLOT_ARP) {
			json_put_number(protocol, "version", slot < PARSE_SLOT_IP6 ? 4 : 6);
			json_put_number(protocol, "number", slot % PARSE_SLOT_IP6);
		}
		put_count(protocol, sample, &sample->protocols[slot]);
		json_object_array_add(list, protocol);
	}
}

int top_print_json(const struct config *config, const struct top_sample *sample, size_t count)
{
	struct json_object *document = config_json_begin("ifbpf.top/1", config);
	struct json_object *sources = json_object_new_array();
	struct json_object *protocols = json_object_new_array();

	json_put_number(document, "time_ns", sample->time_ns);
	put_count(document, sample, &sample->all);
	json_put_number(document, "sources_kept", sample->len);
	json_put_number(document, "sources_room", sample->room);
	put_sources(sources, sample, count);
	json_object_object_add(document, "sources", sources);
	put_protocols(protocols, sample);
	json_object_object_add(document, "protocols", protocols);
	return json_end(document);
}
