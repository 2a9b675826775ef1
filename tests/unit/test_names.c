// SPDX-License-Identifier: GPL-2.0-or-later
/* Names in the layout, as bpffs/name.h promises them. */
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "bpffs/map_path.h"
#include "bpffs/name.h"

typedef int convert(const char *from, char *to, size_t size);

struct pair {
	const char *name, *file;
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static void expect(convert *how, const char *from, const char *expected)
{
	char to[NAME_SIZE];

	assert_int_equal(how(from, to, sizeof(to)), 0);
	assert_string_equal(to, expected);
}

static void expect_refused(convert *how, const char *from)
{
	char to[NAME_SIZE];

	assert_int_equal(how(from, to, sizeof(to)), -EINVAL);
}

static void expect_pairs(convert *encode, convert *decode, const struct pair *pairs, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		expect(encode, pairs[i].name, pairs[i].file);
		expect(decode, pairs[i].file, pairs[i].name);
	}
}

/* What ifbpf-bpffs(7) lists. */
static bool is_written_as_itself(int byte, bool leading)
{
	return byte > 0x20 && byte < 0x7f && !strchr(".%\\;='\"`", byte) &&
	       !(leading && byte == '-');
}

static void every_byte(convert *encode, convert *decode, bool slash)
{
	for (int byte = 1; byte < 256; byte++) {
		const char name[] = { (char)byte, 'x', (char)byte, '\0' };
		char file[NAME_SIZE], expected[NAME_SIZE];
		int len = 0;

		if (byte == '/' && !slash) {
			expect_refused(encode, name);
			continue;
		}
		for (int i = 0; i < 3; i++)
			len += sprintf(expected + len,
			               i == 1 || is_written_as_itself(byte, !i) ? "%c" : "%%%02X",
			               (unsigned char)name[i]);
		assert_int_equal(encode(name, file, sizeof(file)), 0);
		assert_string_equal(file, expected);
		expect(decode, file, name);
	}
}

static void test_every_byte_comes_back(void **state)
{
	(void)state;
	every_byte(ifname_encode, ifname_decode, false);
	every_byte(mapname_encode, mapname_decode, false);
	every_byte(value_encode, value_decode, true);
}

static void test_interface_names(void **state)
{
	static const struct pair pairs[] = {
		{ "eth0", "eth0" },       { "eth0.100", "eth0%2E100" },
		{ "-x", "%2Dx" },         { "x-", "x-" },
		{ ".", "%2E" },           { "a;netns=9", "a%3Bnetns%3D9" },
		{ "v0%2E1", "v0%252E1" }, { "br\xc3\xbc", "br%C3%BC" },
		{ "a b", "a%20b" },       { "~{}[]()|&$!*?<>#@^_+,:", "~{}[]()|&$!*?<>#@^_+,:" },
	};

	(void)state;
	expect_pairs(ifname_encode, ifname_decode, pairs, LEN(pairs));
}

static void test_reserved_interface_names(void **state)
{
	static const struct pair pairs[] = {
		{ "tc", "%74c" },           { "xdp", "%78dp" },       { "ip", "%69p" },
		{ "globals", "%67lobals" }, { "snap", "%73nap" },     { "cilium", "%63ilium" },
		{ "calico", "%63alico" },   { "bpfman", "%62pfman" }, { "tc0", "tc0" },
		{ "xdp.1", "xdp%2E1" },     { "TC", "TC" },
	};

	(void)state;
	expect_pairs(ifname_encode, ifname_decode, pairs, LEN(pairs));
}

static void test_reserved_map_names(void **state)
{
	static const struct pair pairs[] = {
		{ "tc", "%74c" },
		{ "xdp", "%78dp" },
		{ "ip", "%69p" },
		{ "globals", "%67lobals" },
		/* Nobody else makes these in an interface's directory. */
		{ "cilium", "cilium" },
		{ "snap", "snap" },
		{ "tc_stats_map", "tc_stats_map" },
		{ "xdp.data", "xdp%2Edata" },
	};

	(void)state;
	expect_pairs(mapname_encode, mapname_decode, pairs, LEN(pairs));
}

static void test_values_have_no_reserved_words(void **state)
{
	static const struct pair pairs[] = {
		{ "tc", "tc" },
		{ "a/b", "a/b" },
		{ "a;b=c", "a%3Bb%3Dc" },
	};

	(void)state;
	expect_pairs(value_encode, value_decode, pairs, LEN(pairs));
}

static void test_no_name_begins_as_ours_do(void **state)
{
	static const char *const ours[] = { "%ifbpf", "%meta",  "%egress", "%progs",
		                            "%links", "%carry", "%root" };

	(void)state;
	for (size_t i = 0; i < LEN(ours); i++) {
		expect_refused(ifname_decode, ours[i]);
		expect_refused(mapname_decode, ours[i]);
	}
}

static void test_other_spellings_are_refused(void **state)
{
	static const char *const files[] = {
		"",    ".",     "..",       "eth0.100", "eth0%2e100", "%65th0", "a%41", "%",
		"a%",  "a%2",   "a%G0",     "a%2G",     "%00",        "a%00",   "%2F",  "a%2Fb",
		"-x",  "a%2D",  "a\\b",     "a b",      "a=b",        "a;b",    "a\"b", "a'b",
		"a`b", "a\x7f", "\xc3\xbc", "a%2525%",  "tc",         "xdp",    "ip",   "globals",
	};

	(void)state;
	for (size_t i = 0; i < LEN(files); i++) {
		expect_refused(ifname_decode, files[i]);
		expect_refused(mapname_decode, files[i]);
	}
	expect_refused(ifname_decode, "cilium");
}

static void test_empty_names_are_refused(void **state)
{
	(void)state;
	expect_refused(ifname_encode, "");
	expect_refused(mapname_encode, "");
	expect_refused(value_encode, "");
}

static void test_lengths_are_exact(void **state)
{
	char ifname[IF_NAMESIZE], file[NAME_SIZE];

	(void)state;
	assert_int_equal(ifname_encode("a.b", file, 6), 0);
	assert_int_equal(ifname_encode("a.b", file, 5), -ENAMETOOLONG);
	assert_int_equal(ifname_encode("abcd", file, 4), -ENAMETOOLONG);
	assert_int_equal(ifname_decode("123456789012345", ifname, sizeof(ifname)), 0);
	assert_string_equal(ifname, "123456789012345");
	assert_int_equal(ifname_decode("1234567890123456", ifname, sizeof(ifname)), -ENAMETOOLONG);
	/* Each of 15 bytes encoded: the longest file name of an interface. */
	assert_int_equal(ifname_encode("...............", file, sizeof(file)), 0);
	assert_int_equal(strlen(file), 45);
	expect(ifname_decode, file, "...............");
}

static void expect_parsed(const char *file, const char *map, __u32 old_id)
{
	char name[NAME_SIZE];
	__u32 id = 99;

	assert_int_equal(mapname_parse(file, name, sizeof(name), &id), 0);
	assert_string_equal(name, map);
	assert_int_equal(id, old_id);
}

static void test_old_maps(void **state)
{
	char file[NAME_SIZE];

	(void)state;
	expect_parsed("flows", "flows", 0);
	expect_parsed("flows%old-117", "flows", 117);
	expect_parsed("flows%old-4294967295", "flows", 4294967295U);
	expect_parsed("%74c%old-9", "tc", 9);
	expect_parsed("a%2Eb%old-9", "a.b", 9);
	/* A map of that very name is written otherwise. */
	expect_parsed("flows%25old-117", "flows%old-117", 0);
	expect_parsed("flows%25old-117%old-5", "flows%old-117", 5);

	assert_int_equal(mapname_old("flows", 117, file, sizeof(file)), 0);
	assert_string_equal(file, "flows%old-117");
	assert_int_equal(mapname_old("flows", 117, file, 14), 0);
	assert_int_equal(mapname_old("flows", 117, file, 13), -ENAMETOOLONG);
}

static void expect_path(const char *map, bool egress, __u32 old_id, const char *expected)
{
	char path[MAP_PATH_SIZE];

	assert_int_equal(map_path(map, egress, old_id, path, sizeof(path)), 0);
	assert_string_equal(path, expected);
	assert_int_equal(map_path(map, egress, old_id, path, strlen(expected) + 1), 0);
	assert_int_equal(map_path(map, egress, old_id, path, strlen(expected)), -ENAMETOOLONG);
}

static void test_paths_below_the_directory(void **state)
{
	char path[MAP_PATH_SIZE];

	(void)state;
	expect_path("flows", false, 0, "flows");
	expect_path("flows", true, 0, "%egress/flows");
	expect_path("flows", false, 117, "flows%old-117");
	expect_path("tc", true, 9, "%egress/%74c%old-9");
	assert_int_equal(map_path("a/b", false, 0, path, sizeof(path)), -EINVAL);
}

static void test_other_spellings_of_old_maps_are_refused(void **state)
{
	static const char *const files[] = {
		"%meta",
		"%egress",
		"%old-5",
		"flows%old-",
		"flows%old-0",
		"flows%old-01",
		"flows%old--1",
		"flows%old-+1",
		"flows%old- 1",
		"flows%old-1x",
		"flows%old-1%",
		"flows%old-4294967296",
		"flows%old",
		"flows%Old-1",
		"tc%old-9",
		"flows%old-18446744073709551617",
		"flows%old-4294967297",
		"a.b%old-9",
		"%old-1%old-2",
		"flows%old-1%old-2",
	};
	char name[NAME_SIZE];
	__u32 id;

	(void)state;
	for (size_t i = 0; i < LEN(files); i++)
		assert_int_equal(mapname_parse(files[i], name, sizeof(name), &id), -EINVAL);
}

static void test_two_names_never_share_a_file(void **state)
{
	/* All names of one byte and of two: as many files, and none that looks like ours. */
	static char files[255 * 256][8];
	size_t len = 0;

	(void)state;
	for (int a = 1; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			const char name[] = { (char)a, (char)b, '\0' };
			char back[NAME_SIZE];

			if (a == '/' || b == '/')
				continue;
			assert_int_equal(ifname_encode(name, files[len], sizeof(files[len])), 0);
			/* Injective, for the reverse gives each its own. */
			assert_int_equal(ifname_decode(files[len], back, sizeof(back)), 0);
			assert_string_equal(back, name);
			assert_null(strchr(files[len], '.'));
			len++;
		}
	}
	assert_int_equal(len, 254 * 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_comes_back),
		cmocka_unit_test(test_interface_names),
		cmocka_unit_test(test_reserved_interface_names),
		cmocka_unit_test(test_reserved_map_names),
		cmocka_unit_test(test_values_have_no_reserved_words),
		cmocka_unit_test(test_no_name_begins_as_ours_do),
		cmocka_unit_test(test_other_spellings_are_refused),
		cmocka_unit_test(test_empty_names_are_refused),
		cmocka_unit_test(test_lengths_are_exact),
		cmocka_unit_test(test_old_maps),
		cmocka_unit_test(test_paths_below_the_directory),
		cmocka_unit_test(test_other_spellings_of_old_maps_are_refused),
		cmocka_unit_test(test_two_names_never_share_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
