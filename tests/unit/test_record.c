// SPDX-License-Identifier: GPL-2.0-or-later
/* Records, as bpffs/record.h promises them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "bpffs/record.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const struct interface eth0 = {
	.name = "eth0",
	.ifindex = 2,
	.netns = { .cookie = 3, .ino = 4026531833 },
	.mac = "02:00:00:00:00:01",
};

#define ETH0 "v=1;gen=42;name=eth0;ifindex=2;netns=3;nsino=4026531833;mac=02:00:00:00:00:01"

static void expect_text(const struct record *rec, const char *expected)
{
	char text[RECORD_SIZE];

	assert_int_equal(record_format(rec, text), 0);
	assert_string_equal(text, expected);
}

/* A text that we would write ourselves. */
static void expect_same(const char *text)
{
	struct record rec;

	assert_int_equal(record_parse(text, &rec), 0);
	expect_text(&rec, text);
}

static void test_a_record_is_written_as_documented(void **state)
{
	struct record rec;

	(void)state;
	record_init(&rec, &eth0);
	rec.gen = 42;
	expect_text(&rec, ETH0);
	rec.group = 0;
	record_add_prog(&rec, HOOK_XDP, 117);
	record_add_map(&rec, HOOK_XDP, 12);
	record_add_map(&rec, HOOK_XDP, 13);
	record_add_map(&rec, HOOK_TC_EGRESS, 14);
	expect_text(&rec, ETH0 ";group=0;xdp=prog:117,map:12,map:13;tc_egress=map:14");
}

static void test_a_record_is_read_back(void **state)
{
	struct record rec;

	(void)state;
	assert_int_equal(record_parse(ETH0 ";group=1000;tc_ingress=prog:7,prog:8,map:9", &rec), 0);
	assert_int_equal(rec.gen, 42);
	assert_int_equal(rec.group, 1000);
	assert_string_equal(rec.iface.name, "eth0");
	assert_string_equal(rec.iface.mac, "02:00:00:00:00:01");
	assert_true(record_same_interface(&rec, &eth0));
	assert_true(record_has_prog(&rec, HOOK_TC_INGRESS, 7));
	assert_true(record_has_prog(&rec, HOOK_TC_INGRESS, 8));
	assert_true(record_has_map(&rec, HOOK_TC_INGRESS, 9));
	assert_false(record_has_map(&rec, HOOK_TC_INGRESS, 7));
	assert_false(record_has_prog(&rec, HOOK_TC_EGRESS, 7));
	assert_string_equal(rec.other, "");
}

static void test_what_was_written_is_read_back(void **state)
{
	(void)state;
	expect_same("v=1;gen=0");
	expect_same("v=1;gen=18446744073709551615;netns=18446744073709551615;nsino=4026531833");
	expect_same(ETH0 ";group=4294967294;xdp=prog:4294967295,map:4294967295");
	expect_same("v=1;gen=1;name=a%3Bnetns%3D9;ifindex=2");
	expect_same("v=1;gen=1;name=tc");
	expect_same(ETH0 ";xdp=prog:1;tc_ingress=prog:2;tc_egress=map:3,more");
}

static void test_the_group_is_none_unless_given(void **state)
{
	struct record rec;

	(void)state;
	assert_int_equal(record_parse(ETH0, &rec), 0);
	assert_int_equal(rec.group, RECORD_NO_GROUP);
}

static void test_another_version_is_refused_as_such(void **state)
{
	static const char *const texts[] = { "v=2",        "v=",         "v=10;gen=1",
		                             "v=01;gen=1", "v=1x;gen=1", "v=2;what ever" };
	struct record rec;

	(void)state;
	for (size_t i = 0; i < LEN(texts); i++)
		assert_int_equal(record_parse(texts[i], &rec), -EPROTONOSUPPORT);
}

static void test_a_text_that_is_no_record_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"v",
		".",
		"/sys/fs/bpf/eth0",
		"gen=42;v=1",
		"v=1;v=1;gen=42",
		"v=1;gen=42;v=2",
		"v=1;gen=42;gen=44",
		"v=1;gen=42;xdp=prog:1;xdp=prog:2",
		"v=1;gen=42;later=1;later=2",
		"v=1;gen",
		"v=1;gen=",
		"v=1;gen=x",
		"v=1;gen=-1",
		"v=1;gen= 1",
		"v=1;gen=1x",
		"v=1;gen=18446744073709551616",
		"v=1;ifindex=4294967296",
		"v=1;ifindex=",
		"v=1;group=4294967296",
		"v=1;netns=0x3",
		"v=1;name=",
		"v=1;name=eth0.100",
		"v=1;name=%2e",
		"v=1;name=1234567890123456",
		"v=1;xdp=117",
		"v=1;xdp=prog:",
		"v=1;xdp=prog:1x",
		"v=1;xdp=prog:4294967296",
		"v=1;xdp=link:1",
	};
	struct record rec;

	(void)state;
	for (size_t i = 0; i < LEN(texts); i++)
		assert_int_equal(record_parse(texts[i], &rec), -EINVAL);
}

static void test_a_mac_of_any_length_fits(void **state)
{
	char text[RECORD_SIZE] = "v=1;gen=1;mac=00", longer[RECORD_SIZE];
	struct record rec;

	(void)state;
	for (int i = 1; i < 32; i++)
		strcat(text, ":00");
	expect_same(text);
	snprintf(longer, sizeof(longer), "%s:00", text);
	assert_int_equal(record_parse(longer, &rec), -EINVAL);
}

static void test_unknown_fields_are_kept(void **state)
{
	struct record rec;
	char value[64];

	(void)state;
	expect_same(ETH0 ";mode=native;tag=a%3Bb;xdp=prog:1");
	assert_int_equal(record_parse("v=1;new=x%3Dy;gen=7;later=%2E;xdp=prog:1", &rec), 0);
	expect_text(&rec, "v=1;gen=7;new=x%3Dy;later=%2E;xdp=prog:1");
	assert_int_equal(record_get_other(&rec, "new", value, sizeof(value)), 0);
	assert_string_equal(value, "x=y");
	assert_int_equal(record_get_other(&rec, "later", value, sizeof(value)), 0);
	assert_string_equal(value, ".");
	assert_int_equal(record_get_other(&rec, "ne", value, sizeof(value)), -ENOENT);
	assert_int_equal(record_get_other(&rec, "gen", value, sizeof(value)), -ENOENT);
}

static void test_a_field_of_ones_own(void **state)
{
	struct record rec, again;
	char text[RECORD_SIZE], value[64], big[sizeof(rec.other)];

	(void)state;
	record_init(&rec, &eth0);
	rec.gen = 42;
	assert_int_equal(record_set_other(&rec, "dir", "%ifbpf/ns/3/a;b=c"), 0);
	assert_int_equal(record_set_other(&rec, "verb", "pin"), 0);
	assert_int_equal(record_format(&rec, text), 0);
	assert_int_equal(record_parse(text, &again), 0);
	assert_int_equal(record_get_other(&again, "dir", value, sizeof(value)), 0);
	assert_string_equal(value, "%ifbpf/ns/3/a;b=c");
	assert_int_equal(record_get_other(&again, "verb", value, sizeof(value)), 0);
	assert_string_equal(value, "pin");

	/* Too much is refused, and what there was stays whole. */
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(record_set_other(&rec, "big", big), -E2BIG);
	expect_text(&rec, text);
}

static void test_an_id_is_noted_once(void **state)
{
	struct record rec;

	(void)state;
	record_init(&rec, NULL);
	record_add_map(&rec, HOOK_XDP, 5);
	record_add_map(&rec, HOOK_XDP, 5);
	record_add_prog(&rec, HOOK_XDP, 5);
	expect_text(&rec, "v=1;gen=0;xdp=prog:5,map:5");
}

static void test_more_ids_than_there_is_room_for_are_marked(void **state)
{
	struct record rec;

	(void)state;
	record_init(&rec, NULL);
	for (__u32 id = 1; id <= RECORD_IDS; id++)
		record_add_map(&rec, HOOK_XDP, id);
	assert_false(rec.hooks[HOOK_XDP].cut);
	record_add_map(&rec, HOOK_XDP, RECORD_IDS);
	assert_false(rec.hooks[HOOK_XDP].cut);
	record_add_map(&rec, HOOK_XDP, RECORD_IDS + 1);
	assert_true(rec.hooks[HOOK_XDP].cut);
	assert_false(record_has_map(&rec, HOOK_XDP, RECORD_IDS + 1));
	assert_true(record_has_map(&rec, HOOK_XDP, RECORD_IDS));
}

/* Fill a record with the longest ids. */
static void fill(struct record *rec, unsigned int progs, unsigned int maps)
{
	record_init(rec, &eth0);
	for (int hook = 0; hook < HOOKS; hook++) {
		for (__u32 i = 0; i < progs; i++)
			record_add_prog(rec, hook, 4000000000U + i);
		for (__u32 i = 0; i < maps; i++)
			record_add_map(rec, hook, 4100000000U + i);
	}
}

static void test_lists_that_do_not_fit_are_cut(void **state)
{
	struct record rec, cut;
	char text[RECORD_SIZE];

	(void)state;
	fill(&rec, 10, RECORD_IDS);
	assert_int_equal(record_format(&rec, text), 0);
	assert_int_equal(record_parse(text, &cut), 0);
	assert_true(record_same_interface(&cut, &eth0));
	for (int hook = 0; hook < HOOKS; hook++) {
		assert_true(cut.hooks[hook].cut);
		assert_int_equal(cut.hooks[hook].progs_len, 10);
		assert_in_range(cut.hooks[hook].maps_len, 1, RECORD_IDS - 1);
		assert_true(record_has_map(&cut, hook, 4100000000U));
	}
	expect_same(text);
}

static void test_programs_are_cut_last(void **state)
{
	struct record rec, back;
	char text[RECORD_SIZE];

	(void)state;
	fill(&rec, RECORD_IDS, RECORD_IDS);
	assert_int_equal(record_format(&rec, text), 0);
	assert_int_equal(record_parse(text, &back), 0);
	assert_true(back.hooks[HOOK_XDP].cut);
	assert_true(back.hooks[HOOK_XDP].progs_len > 0);
	assert_int_equal(back.hooks[HOOK_XDP].maps_len, 0);
}

static void test_the_same_interface_is_ifindex_and_netns(void **state)
{
	struct interface other = eth0;
	struct record rec;

	(void)state;
	record_init(&rec, &eth0);
	strcpy(other.name, "eth1");
	strcpy(other.mac, "");
	assert_true(record_same_interface(&rec, &other));
	other.ifindex++;
	assert_false(record_same_interface(&rec, &other));
	other = eth0;
	other.netns.cookie++;
	assert_false(record_same_interface(&rec, &other));
	/* An inode only counts where one of both has no cookie. */
	other.netns.cookie = 0;
	assert_true(record_same_interface(&rec, &other));
	other.netns.ino++;
	assert_false(record_same_interface(&rec, &other));
}

static void test_a_field_that_has_no_room_leaves_what_was_there(void **state)
{
	char value[RECORD_OTHER], read[RECORD_OTHER];
	struct record rec;

	(void)state;
	record_init(&rec, &eth0);
	assert_int_equal(record_set_other(&rec, "xdp_left", "1.2"), 0);
	assert_int_equal(record_set_other(&rec, "mode", "skb"), 0);
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	while (record_set_other(&rec, "filler", value))
		value[strlen(value) - 1] = '\0';
	assert_int_equal(record_set_other(&rec, "xdp_left", "1.2.30000"), -E2BIG);
	assert_int_equal(record_get_other(&rec, "xdp_left", read, sizeof(read)), 0);
	assert_string_equal(read, "1.2");
	assert_int_equal(record_get_other(&rec, "mode", read, sizeof(read)), 0);
	assert_string_equal(read, "skb");
}

static void test_a_record_lives_in_a_symlink(void **state)
{
	char dir[] = "/tmp/test_record.XXXXXX";
	struct record rec, read;
	int fd, file_fd;

	(void)state;
	record_init(&rec, &eth0);
	rec.gen = 42;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);

	assert_int_equal(record_read(fd, "%meta", &read), -ENOENT);
	assert_int_equal(record_create(fd, "%meta", &rec), 0);
	assert_int_equal(record_create(fd, "%meta", &rec), -EEXIST);
	assert_int_equal(record_read(fd, "%meta", &read), 0);
	expect_text(&read, ETH0);

	file_fd = openat(fd, "file", O_CREAT | O_WRONLY, 0600);
	assert_true(file_fd >= 0);
	assert_int_equal(record_read(fd, "file", &read), -EINVAL);
	assert_int_equal(symlinkat("v=2", fd, "newer"), 0);
	assert_int_equal(record_read(fd, "newer", &read), -EPROTONOSUPPORT);
	assert_int_equal(symlinkat("eth0", fd, "symlink"), 0);
	assert_int_equal(record_read(fd, "symlink", &read), -EINVAL);

	unlinkat(fd, "%meta", 0);
	unlinkat(fd, "file", 0);
	unlinkat(fd, "newer", 0);
	unlinkat(fd, "symlink", 0);
	close(file_fd);
	close(fd);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record_is_written_as_documented),
		cmocka_unit_test(test_a_record_is_read_back),
		cmocka_unit_test(test_what_was_written_is_read_back),
		cmocka_unit_test(test_the_group_is_none_unless_given),
		cmocka_unit_test(test_another_version_is_refused_as_such),
		cmocka_unit_test(test_a_text_that_is_no_record_is_refused),
		cmocka_unit_test(test_a_mac_of_any_length_fits),
		cmocka_unit_test(test_unknown_fields_are_kept),
		cmocka_unit_test(test_a_field_of_ones_own),
		cmocka_unit_test(test_an_id_is_noted_once),
		cmocka_unit_test(test_more_ids_than_there_is_room_for_are_marked),
		cmocka_unit_test(test_lists_that_do_not_fit_are_cut),
		cmocka_unit_test(test_programs_are_cut_last),
		cmocka_unit_test(test_the_same_interface_is_ifindex_and_netns),
		cmocka_unit_test(test_a_field_that_has_no_room_leaves_what_was_there),
		cmocka_unit_test(test_a_record_lives_in_a_symlink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
