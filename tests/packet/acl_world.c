// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "scripts/acl_entry.h"
#include "scripts/acl_rulefile.h"
#include "tests/packet/acl_world.h"
#include "tests/packet/checksum.h"

static int map(struct world *w, const char *name)
{
	int fd = dup(twins_map(&w->twins, name));

	assert_true(fd >= 0);
	return fd;
}

void world_open(struct world *w)
{
	struct acl_maps *maps = &w->session.maps;
	struct acl_lists *lists = &w->session.lists;

	memset(w, 0, sizeof(*w));
	twins_open(&w->twins, "acl");
	strcpy(w->config.iface.name, "none");
	w->session.config = &w->config;
	w->session.has_lists = true;
	maps->config = &w->config;
	maps->settings_fd = map(w, ACL_SETTINGS);
	maps->rules_fd = map(w, ACL_RULES);
	maps->hits_fd = map(w, ACL_RULE_HITS);
	maps->macs_fd = map(w, ACL_MACS);
	maps->prefixes4_fd = map(w, ACL_PREFIXES4);
	maps->prefixes6_fd = map(w, ACL_PREFIXES6);
	maps->ports_fd = map(w, ACL_PORTS);
	maps->cpus = libbpf_num_possible_cpus();
	maps->each = calloc(maps->cpus, sizeof(*maps->each));
	assert_non_null(maps->each);
	maps->word = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
	                  maps->settings_fd, 0);
	assert_ptr_not_equal(maps->word, MAP_FAILED);
	lists->maps = maps;
	lists->records_fd = map(w, ACL_LISTS_MAP);
	lists->hits_fd = map(w, ACL_LIST_HITS);
	lists->maps4.tops_fd = map(w, ACL_TOPS4);
	lists->maps4.sets_fd = map(w, ACL_SETS4);
	lists->maps4.fronts_fd = map(w, ACL_FRONTS4);
	lists->sets6_fd = map(w, ACL_SETS6);
}

void world_close(struct world *w)
{
	acl_session_close(&w->session);
	twins_close(&w->twins);
}

void world_load(struct world *w, const char *text)
{
	struct line_file file = { .name = "text", .text = strdup(text), .len = strlen(text) };
	struct acl_lists *lists = &w->session.lists;
	struct acl_rulefile from;

	assert_int_equal(acl_rulefile_read(&from, &file), 0);
	assert_int_equal(file.bad, 0);
	assert_int_equal(acl_settings_read(&w->session.maps, &lists->settings), 0);
	for (int i = 0; i < ACL_LISTS; i++)
		if (lists->record[i].verdict)
			assert_int_equal(acl_list_remove(lists, lists->record[i].name), 0);
	for (int i = 0; i < from.section_count; i++)
		assert_int_equal(acl_list_replace(lists, &from.sections[i]->wish,
		                                  &from.sections[i]->content),
		                 0);
	from.rules.settings.flags = from.policy;
	from.rules.settings.lists = lists->settings.lists;
	assert_int_equal(acl_rules_publish(&from.rules, &w->session.maps), 0);
	acl_rulefile_free(&from);
	line_file_close(&file);
}

__u64 world_hits(struct world *w, size_t n)
{
	struct stats_record hits;
	struct acl_rules rules;

	assert_int_equal(acl_rules_read(&rules, &w->session.maps), 0);
	assert_true(n < rules.len);
	assert_int_equal(acl_rule_hits(&w->session.maps, &rules.list[n], &hits), 0);
	acl_rules_free(&rules);
	return hits.rx_packets;
}

static bool is_between(const struct acl_rule *rule, const __u8 *value, size_t size)
{
	return memcmp(rule->first, value, size) <= 0 && memcmp(value, rule->last, size) <= 0;
}

/* Of the prefixes about the address that lie in the range: the length of the shortest. */
static unsigned int piece_length(const struct acl_rule *rule, const __u8 *address)
{
	size_t size = acl_address_size(rule->kind);
	__u8 first[16], last[16];
	unsigned int length;

	for (length = 0; length < size * 8; length++) {
		memcpy(first, address, size);
		memcpy(last, address, size);
		for (unsigned int bit = length; bit < size * 8; bit++) {
			first[bit / 8] &= ~(0x80 >> bit % 8);
			last[bit / 8] |= 0x80 >> bit % 8;
		}
		if (memcmp(first, rule->first, size) >= 0 && memcmp(last, rule->last, size) <= 0)
			break;
	}
	return length;
}

/* The lower the better; of equal ones the first. */
static unsigned int rank(const struct acl_rule *rule, const struct acl_rule *met)
{
	if (rule->kind == ACL_RULE_MAC)
		return 0;
	if (rule->kind == ACL_RULE_PORTS)
		return (rule->last[0] << 8 | rule->last[1]) -
		       (rule->first[0] << 8 | rule->first[1]);
	return (128 - piece_length(rule, met->first)) * 2 + (acl_prefix_length(rule) < 0);
}

static size_t size_of(__u8 kind)
{
	switch (kind) {
	case ACL_RULE_MAC: return 6;
	case ACL_RULE_PORTS: return 2;
	default: return acl_address_size(kind);
	}
}

static const struct acl_rule *best(const struct acl_rules *rules, const struct acl_rule *met,
                                   __u8 direction)
{
	const struct acl_rule *found = NULL;

	for (size_t i = 0; met->kind && i < rules->len; i++) {
		const struct acl_rule *rule = &rules->list[i];

		if (rule->kind != met->kind || rule->protocol != met->protocol ||
		    !(rule->sides & (1 << direction)) ||
		    !is_between(rule, met->first, size_of(met->kind)))
			continue;
		if (!found || rank(rule, met) < rank(found, met))
			found = rule;
	}
	return found;
}

const struct acl_rule *reference_rule(const struct acl_rules *rules,
                                      const struct acl_packet *packet)
{
	const struct acl_rule *order[] = { &packet->mac[0],     &packet->mac[1],
		                           &packet->address[0], &packet->address[1],
		                           &packet->port[0],    &packet->port[1] };
	const struct acl_rule *found = NULL;

	for (int i = 0; i < 6 && !found; i++)
		found = best(rules, order[i], i % 2);
	return found;
}

static void set(struct acl_rule *met, __u8 kind, const void *bytes)
{
	met->kind = kind;
	memcpy(met->first, bytes, size_of(kind));
	memcpy(met->last, bytes, size_of(kind));
}

void packet_of_frame(struct acl_packet *packet, struct frame *f)
{
	struct headers h;

	memset(packet, 0, sizeof(*packet));
	headers_find(&h, f->bytes, f->len);
	if (!h.eth)
		return;
	set(&packet->mac[ACL_SOURCE], ACL_RULE_MAC, h.eth->h_source);
	set(&packet->mac[ACL_DESTINATION], ACL_RULE_MAC, h.eth->h_dest);
	if (h.ip4) {
		set(&packet->address[ACL_SOURCE], ACL_RULE_IP4, &h.ip4->saddr);
		set(&packet->address[ACL_DESTINATION], ACL_RULE_IP4, &h.ip4->daddr);
	} else if (h.ip6) {
		set(&packet->address[ACL_SOURCE], ACL_RULE_IP6, &h.ip6->saddr);
		set(&packet->address[ACL_DESTINATION], ACL_RULE_IP6, &h.ip6->daddr);
	}
	if (!h.tcp && !h.udp)
		return;
	for (int i = 0; i < ACL_DIRECTIONS; i++) {
		set(&packet->port[i], ACL_RULE_PORTS, h.l4 + 2 * i);
		packet->port[i].protocol = h.tcp ? IPPROTO_TCP : IPPROTO_UDP;
	}
}
