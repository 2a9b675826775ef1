// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * acl: random rules and lists on random packets, against a reference that looks at every rule, and
 * against what "acl test" says.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "scripts/acl_entry.h"
#include "tests/packet/acl_world.h"
#include "tests/packet/checksum.h"

#define SEED    20260402
#define SETS    40
#define PACKETS 1500 /* with each set of rules */
#define RULES   40

static unsigned int seed = SEED;

static unsigned int pick(unsigned int below)
{
	return rand_r(&seed) % below;
}

/* Few addresses and ports, so that rules meet packets, and each other. */
static void make_address(char *text, bool is_6)
{
	if (is_6)
		sprintf(text, "2001:db8::%x:%x", pick(2), pick(64));
	else
		sprintf(text, "10.0.%u.%u", pick(2), pick(64));
}

static void make_entry(char *text)
{
	bool is_6 = pick(2);
	char address[64];
	unsigned int port, bits;

	make_address(address, is_6);
	switch (pick(7)) {
	case 0: sprintf(text, "02:00:00:00:00:%02x", pick(24)); break;
	case 1:
		port = pick(60);
		sprintf(text, "%s/%u-%u", pick(2) ? "tcp" : "udp", port, port + pick(20));
		break;
	case 2: sprintf(text, "%s/%u", pick(2) ? "tcp" : "udp", pick(64)); break;
	case 3: strcpy(text, address); break;
	case 4:
		if (is_6)
			sprintf(text, "2001:db8::%x-2001:db8::1:%x", pick(64), pick(64));
		else
			sprintf(text, "10.0.0.%u-10.0.%u.%u", pick(32), pick(2), 32 + pick(32));
		break;
	default:
		bits = pick(6);
		if (is_6)
			sprintf(text, "2001:db8::%x:%x/%u", pick(2), pick(64) >> bits << bits,
			        128 - bits);
		else
			sprintf(text, "10.0.%u.%u/%u", pick(2), pick(64) >> bits << bits,
			        32 - bits);
		break;
	}
}

/*
 * Text as a file of rules. Of one entry there is one rule, so nothing contradicts; the reference
 * has the rules in the same order.
 */
static void make_rules(char *text, struct acl_rules *rules)
{
	static const char *const sides[] = { "", "src", "dst", "both" };
	const char *reason = NULL;
	struct acl_rule rule;
	char entry[ACL_ENTRY_TEXT], words[16];
	unsigned int count = pick(RULES);

	text += sprintf(text, "policy %s\n", pick(2) ? "pass" : "drop");
	rules->len = 0;
	for (unsigned int i = 0; i < count; i++) {
		bool known = false;

		make_entry(entry);
		assert_null(acl_entry_parse(&rule, entry, strlen(entry), ACL_NO_ENTRY));
		for (size_t j = 0; j < rules->len; j++)
			known |= rules->list[j].kind == rule.kind &&
			         rules->list[j].protocol == rule.protocol &&
			         !memcmp(rules->list[j].first, rule.first, sizeof(rule.first)) &&
			         !memcmp(rules->list[j].last, rule.last, sizeof(rule.last));
		if (known)
			continue;
		strcpy(words, sides[pick(4)]);
		acl_entry_word(&rule, words, strlen(words), &reason);
		assert_null(reason);
		rule.verdict = pick(2) ? ACL_ALLOW : ACL_DENY;
		acl_entry_defaults(&rule);
		assert_int_equal(acl_rules_append(rules, &rule, 0), 0);
		text += sprintf(text, "%s %s %s\n", words, entry, acl_verdict_name(rule.verdict));
	}
}

/* Lists of a few addresses each; the reference of their content are the entries themselves. */
struct reference_list {
	struct acl_rules entries;
	__u8 sides, verdict;
};

static void make_list(char *text, struct reference_list *list, unsigned int n)
{
	char entry[ACL_ENTRY_TEXT];
	struct acl_rule rule;
	unsigned int count = 1 + pick(4);

	list->sides = 1 + pick(3);
	list->verdict = pick(2) ? ACL_ALLOW : ACL_DENY;
	list->entries.len = 0;
	text += sprintf(text, "list l%u %s %s\n", n, acl_verdict_name(list->verdict),
	                acl_sides_name(list->sides));
	while (list->entries.len < count) {
		make_entry(entry);
		assert_null(acl_entry_parse(&rule, entry, strlen(entry), ACL_NO_ENTRY));
		if (rule.kind != ACL_RULE_IP4 && rule.kind != ACL_RULE_IP6)
			continue;
		assert_int_equal(acl_rules_append(&list->entries, &rule, 0), 0);
		text += sprintf(text, "%s\n", entry);
	}
}

static bool list_has(const struct reference_list *list, const struct acl_packet *packet)
{
	for (size_t i = 0; i < list->entries.len; i++) {
		const struct acl_rule *entry = &list->entries.list[i];

		for (int d = 0; d < ACL_DIRECTIONS; d++)
			if (list->sides & (1 << d) && packet->address[d].kind == entry->kind &&
			    memcmp(entry->first, packet->address[d].first, 16) <= 0 &&
			    memcmp(packet->address[d].first, entry->last, 16) <= 0)
				return true;
	}
	return false;
}

static void make_packet(struct frame *f)
{
	char source[64], destination[64];
	bool is_6 = pick(2);
	struct iphdr *ip;

	sprintf(source, "02:00:00:00:00:%02x", pick(64));
	sprintf(destination, "02:00:00:00:00:%02x", pick(64));
	frame_ethernet(f, source, destination);
	for (unsigned int tags = pick(4) ? 0 : 1 + pick(2); tags; tags--)
		frame_vlan(f, pick(2) ? ETH_P_8021Q : ETH_P_8021AD, pick(4096));
	make_address(source, is_6);
	make_address(destination, is_6);
	if (is_6) {
		frame_ip6(f, source, destination);
		if (!pick(4))
			frame_extension(f, IPPROTO_DSTOPTS, 8 + 8 * pick(3));
	} else {
		ip = frame_ip4_options(f, source, destination, 4 * pick(3));
		if (!pick(8))
			ip->frag_off = htons(1 + pick(100));
	}
	switch (pick(4)) {
	case 0: frame_udp(f, pick(80), pick(80)); break;
	case 1: is_6 ? frame_icmp6(f, 128, 0) : frame_icmp(f, 8, 0); break;
	default: frame_tcp(f, pick(80), pick(80)); break;
	}
	frame_payload(f, pick(20));
	frame_finish(f);
}

/* By rules and lists as they were made. */
static enum verdict expected(const struct acl_rules *rules, const struct reference_list *lists,
                             unsigned int list_count, bool policy_drop,
                             const struct acl_packet *packet)
{
	const struct acl_rule *rule = reference_rule(rules, packet);

	if (rule)
		return rule->verdict == ACL_DENY ? VERDICT_DROP : VERDICT_PASS;
	for (unsigned int i = 0; i < list_count; i++)
		if (list_has(&lists[i], packet))
			return lists[i].verdict == ACL_DENY ? VERDICT_DROP : VERDICT_PASS;
	return policy_drop ? VERDICT_DROP : VERDICT_PASS;
}

static void test_random_rules_and_packets_agree_with_the_reference(void **state)
{
	struct reference_list lists[3] = {};
	struct acl_rules reference = {}, rules;
	unsigned int dropped = 0, by_rule = 0, by_list = 0, list_count;
	struct acl_packet packet;
	struct acl_answer answer;
	static char text[1 << 16];
	struct frame f;
	struct world w;
	enum verdict v;

	(void)state;
	print_message("seed %u\n", SEED);
	world_open(&w);
	for (unsigned int set = 0; set < SETS; set++) {
		make_rules(text, &reference);
		list_count = pick(4);
		for (unsigned int i = 0; i < list_count; i++)
			make_list(text + strlen(text), &lists[i], i);
		world_load(&w, text);
		assert_int_equal(acl_rules_read(&rules, &w.session.maps), 0);
		for (unsigned int i = 0; i < PACKETS; i++) {
			make_packet(&f);
			packet_of_frame(&packet, &f);
			v = twins_run(&w.twins, &f, NULL);
			if (v != expected(&reference, lists, list_count, text[7] == 'd', &packet))
				fail_msg("set %u, packet %u: verdict %d with\n%s", set, i, v, text);
			acl_decide(&w.session, &rules, &packet, &answer);
			if ((answer.verdict == ACL_DENY) != (v == VERDICT_DROP))
				fail_msg("set %u, packet %u: the tool differs with\n%s", set, i,
				         text);
			dropped += v == VERDICT_DROP;
			by_rule += answer.rule != NULL;
			by_list += answer.list != NULL;
		}
		acl_rules_free(&rules);
	}
	print_message("%u packets: %u dropped, %u by rules, %u by lists\n", SETS * PACKETS, dropped,
	              by_rule, by_list);
	/* The test is worth something only if all of it happens often. */
	assert_in_range(dropped, SETS * PACKETS / 4, SETS * PACKETS * 3 / 4);
	assert_in_range(by_rule, SETS * PACKETS / 4, SETS * PACKETS);
	assert_in_range(by_list, SETS * PACKETS / 100, SETS * PACKETS);
	acl_rules_free(&reference);
	for (unsigned int i = 0; i < 3; i++)
		acl_rules_free(&lists[i].entries);
	world_close(&w);
}

/* Nothing is known of their verdicts, but that all programs have the same. */
static void test_spoilt_packets_get_one_verdict_from_all_programs(void **state)
{
	struct frame f;
	struct world w;

	(void)state;
	print_message("seed %u\n", seed);
	world_open(&w);
	world_load(&w, "10.0.0.0/26\n2001:db8::/120\ntcp/0-30 both\nudp/5-50 allow\nlist a both\n"
	               "10.0.1.0/27\n2001:db8::1:0/122\n");
	for (unsigned int i = 0; i < 100000; i++) {
		make_packet(&f);
		for (unsigned int n = 1 + pick(4); n; n--)
			f.bytes[pick(f.len < 80 ? f.len : 80)] ^= 1 << pick(8);
		if (!pick(3))
			f.len = 14 + pick(f.len - 13);
		twins_run(&w.twins, &f, NULL);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_rules_and_packets_agree_with_the_reference),
		cmocka_unit_test(test_spoilt_packets_get_one_verdict_from_all_programs),
	};

	return cmocka_run_group_tests_name("acl_random", tests, NULL, NULL);
}
