// SPDX-License-Identifier: GPL-2.0-or-later
/* The types of a map that exists: those that could not be read are not taken for none. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>
#include "pinning/migrate.h"

static struct bpf_object *object;

static int load(void **state)
{
	(void)state;
	object = bpf_object__open_file("build/tests/bpf/carry1.o", NULL);
	assert_non_null(object);
	assert_int_equal(bpf_object__load(object), 0);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	bpf_object__close(object);
	return 0;
}

static int map_fd(void)
{
	return bpf_object__find_map_fd_by_name(object, "deny_list");
}

static void test_they_are_read(void **state)
{
	struct migrate_map map;

	(void)state;
	assert_int_equal(migrate_map_open(&map, map_fd()), 0);
	assert_non_null(map.btf);
	assert_int_not_equal(map.value_type, 0);
	migrate_map_close(&map);
}

static void test_without_a_descriptor_for_them_there_is_an_error(void **state)
{
	struct rlimit limit, before;
	struct migrate_map map;
	int free_fd, err;

	(void)state;
	free_fd = dup(0);
	assert_true(free_fd >= 0);
	close(free_fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = free_fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	err = migrate_map_open(&map, map_fd());
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	migrate_map_close(&map);
	assert_int_equal(err, -EMFILE);
}

static void test_a_map_without_types_is_no_error(void **state)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "plain", 4, 8, 1, NULL);
	struct migrate_map map;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(migrate_map_open(&map, fd), 0);
	assert_null(map.btf);
	assert_false(map.btf_denied);
	migrate_map_close(&map);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_they_are_read),
		cmocka_unit_test(test_without_a_descriptor_for_them_there_is_an_error),
		cmocka_unit_test(test_a_map_without_types_is_no_error),
	};

	return cmocka_run_group_tests(tests, load, drop);
}
