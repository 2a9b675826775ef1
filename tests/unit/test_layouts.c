// SPDX-License-Identifier: GPL-2.0-or-later
/* What is noted of the types of maps, as bpffs/layouts.h promises it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "bpffs/directory.h"
#include "bpffs/layouts.h"

static char path[32];

static int make_dir(void **state)
{
	static int fd;

	strcpy(path, "/tmp/layouts.XXXXXX");
	if (!mkdtemp(path))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY);
	*state = &fd;
	return fd < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
	int fd = *(int *)*state;

	unlinkat(fd, DIRECTORY_LAYOUTS, 0);
	close(fd);
	return rmdir(path);
}

static void expect_noted(int fd, __u32 map_id, __u32 expected)
{
	struct layouts layouts;
	__u32 print = 0;

	assert_int_equal(layouts_read(&layouts, fd), 0);
	assert_true(layouts_find(&layouts, map_id, &print));
	assert_int_equal(print, expected);
	layouts_free(&layouts);
}

static void expect_text(int fd, const char *expected)
{
	char text[RECORD_SIZE] = "";

	assert_true(readlinkat(fd, DIRECTORY_LAYOUTS, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, expected);
}

static bool is_odd(__u32 map_id, const void *arg)
{
	(void)arg;
	return map_id & 1;
}

static void test_it_is_written_as_documented_and_read_back(void **state)
{
	int fd = *(int *)*state;
	struct layouts layouts = {};

	assert_int_equal(layouts_note(&layouts, 118, 0x9f3a01bc), 0);
	assert_int_equal(layouts_note(&layouts, 130, 0x05d2c3e7), 0);
	assert_int_equal(layouts_note(&layouts, 117, 1), 0);
	assert_int_equal(layouts_note(&layouts, 117, 0x9f3a01bc), 0);
	assert_int_equal(layouts_stage(&layouts, fd), 0);
	expect_text(fd, "v=1;05d2c3e7=130;9f3a01bc=117,118");
	expect_noted(fd, 117, 0x9f3a01bc);
	expect_noted(fd, 118, 0x9f3a01bc);
	expect_noted(fd, 130, 0x05d2c3e7);
	layouts_free(&layouts);
	/* What was read need not be written again. */
	assert_int_equal(layouts_read(&layouts, fd), 0);
	assert_int_equal(layouts_stage(&layouts, fd), 0);
	layouts_keep(&layouts, is_odd, NULL);
	assert_int_equal(layouts.len, 1);
	layouts_free(&layouts);
}

static void test_hundreds_of_maps_have_room(void **state)
{
	int fd = *(int *)*state;
	struct layouts layouts = {};

	/* Each of them with types of its own: the worst case. */
	for (__u32 i = 0; i < 230; i++)
		assert_int_equal(layouts_note(&layouts, 1000000 + i, i * 0x01000193), 0);
	assert_int_equal(layouts_stage(&layouts, fd), 0);
	for (__u32 i = 0; i < 230; i++)
		expect_noted(fd, 1000000 + i, i * 0x01000193);
	assert_int_equal(unlinkat(fd, DIRECTORY_LAYOUTS, 0), 0);
	/* What is too much is left out, and the rest is right. */
	for (__u32 i = 230; i < 1000; i++)
		assert_int_equal(layouts_note(&layouts, 1000000 + i, i * 0x01000193), 0);
	assert_int_equal(layouts_stage(&layouts, fd), 0);
	layouts_free(&layouts);
	assert_int_equal(layouts_read(&layouts, fd), 0);
	assert_true(layouts.len >= 230);
	for (size_t i = 0; i < layouts.len; i++)
		assert_int_equal(layouts.list[i].print,
		                 (layouts.list[i].map_id - 1000000) * 0x01000193);
	layouts_free(&layouts);
}

static void test_a_text_of_another_kind_says_nothing(void **state)
{
	static const char *const texts[] = {
		"v=2;9f3a01bc=117", "v=1;9f3a=117", "v=1;9f3a01bc=x", "v=1", "117",
		"v=1;;9f3a01bc=117"
	};
	int fd = *(int *)*state;
	struct layouts layouts;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(symlinkat(texts[i], fd, DIRECTORY_LAYOUTS), 0);
		assert_int_equal(layouts_read(&layouts, fd), 0);
		assert_int_equal(layouts.len, 0);
		layouts_free(&layouts);
		assert_int_equal(unlinkat(fd, DIRECTORY_LAYOUTS, 0), 0);
	}
	assert_int_equal(layouts_read(&layouts, fd), 0);
	assert_int_equal(layouts.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_it_is_written_as_documented_and_read_back,
		                                make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_hundreds_of_maps_have_room, make_dir,
		                                remove_dir),
		cmocka_unit_test_setup_teardown(test_a_text_of_another_kind_says_nothing, make_dir,
		                                remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
