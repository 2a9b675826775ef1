// SPDX-License-Identifier: GPL-2.0-or-later
/* migrate - the steps of pinning/migrate.h one by one, on pinned maps */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/migrate.h"

/* clang-format off */
static const char usage[] =
	"Usage: migrate load OBJECT DIR             pin its maps in a new directory\n"
	"       migrate class OBJECT MAP            of which class it is\n"
	"       migrate plan OLD NEW CLASS          between two pins\n"
	"       migrate define OLD OBJECT MAP CLASS the same for a map that is not made yet\n"
	"       migrate run OLD NEW CLASS STEP...   then print the report\n"
	"STEP: copy, reconcile, use, freeze, merge, snapshot=PIN, resume, resume=PIN, touch=FILE, wait=FILE\n";
/* clang-format on */

static int load(const char *file, const char *dir)
{
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	int err = obj ? bpf_object__load(obj) : -errno;

	if (!err && mkdir(dir, 0700))
		err = -errno;
	if (!err)
		err = bpf_object__pin_maps(obj, dir);
	if (err)
		failed(err, "cannot load %s and pin its maps in %s", file, dir);
	bpf_object__close(obj);
	return err;
}

static int print_class(const char *file, const char *name)
{
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct bpf_map *map = obj ? bpf_object__find_map_by_name(obj, name) : NULL;

	if (!map)
		return failed(-ENOENT, "cannot find map %s of %s", name, file);
	puts(migrate_class_name(migrate_class_of(bpf_object__btf(obj), name, bpf_map__type(map))));
	bpf_object__close(obj);
	return 0;
}

static int open_map(struct migrate_map *map, const char *pin)
{
	int fd = bpf_obj_get(pin);

	if (fd < 0)
		return failed(fd, "cannot open %s", pin);
	return migrate_map_open(map, fd);
}

/* migrate_plan() with the rows on stdout. */
static int make_plan(struct migration **m, const struct migrate_map *from,
                     const struct migrate_map *to, const char *class)
{
	int number = migrate_class_parse(class), err;

	*m = NULL;
	if (number < 0)
		return failed(number, "no class %s", class);
	err = migrate_plan(m, from, to, number);
	if (*m)
		migrate_print(*m, stdout);
	if (err)
		return failed(err, "cannot plan the migration");
	printf("bound: %s\n", migrate_bound(*m));
	return 0;
}

static int define(const char *old, const char *file, const char *name, const char *class)
{
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct bpf_map *map = obj ? bpf_object__find_map_by_name(obj, name) : NULL;
	struct migrate_map from, to;
	struct migration *m;
	int err;

	if (!map || open_map(&from, old))
		return failed(-ENOENT, "cannot find map %s of %s", name, file);
	migrate_map_define(&to, obj, map);
	err = make_plan(&m, &from, &to, class);
	migrate_free(m);
	close(from.fd);
	migrate_map_close(&from);
	migrate_map_close(&to);
	bpf_object__close(obj);
	return err;
}

static int touch(const char *file)
{
	int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : close(fd);
}

static int await(const char *file)
{
	while (access(file, F_OK))
		usleep(1000);
	return 0;
}

static int snapshot(struct migration *m, const char *pin)
{
	int fd = migrate_snapshot(m);

	return fd < 0 ? fd : bpf_obj_pin(fd, pin);
}

static int resume(struct migration *m, const char *pin)
{
	int fd = pin ? bpf_obj_get(pin) : -1, err;

	if (pin && fd < 0)
		return fd;
	err = migrate_resume(m, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

static int step(struct migration *m, const char *word)
{
	const char *equals = strchr(word, '='), *argument = equals ? equals + 1 : NULL;
	size_t len = equals ? (size_t)(equals - word) : strlen(word);

	if (!strcmp(word, "copy"))
		return migrate_copy(m);
	if (!strcmp(word, "reconcile"))
		return migrate_reconcile(m);
	if (!strcmp(word, "use")) {
		migrate_set_in_use(m);
		return 0;
	}
	if (!strcmp(word, "freeze"))
		return migrate_freeze(m);
	if (!strcmp(word, "merge"))
		return migrate_merge(m);
	if (!strncmp(word, "resume", len))
		return resume(m, argument);
	if (argument && !strncmp(word, "snapshot", len))
		return snapshot(m, argument);
	if (argument && !strncmp(word, "touch", len))
		return touch(argument);
	if (argument && !strncmp(word, "wait", len))
		return await(argument);
	return -EINVAL;
}

static void print_report(const struct migrate_report *r)
{
	printf("entries=%llu moved=%llu created=%llu left=%llu\n", r->entries, r->moved, r->created,
	       r->left);
	printf("added=%llu changed=%llu deleted=%llu conflicts=%llu counted=%llu "
	       "overwritten=%llu\n",
	       r->added, r->changed, r->deleted, r->conflicts, r->counts_in_both, r->overwritten);
	printf("counters_left=%llu cpus_left=%u fields_left=%llu keys_stay=%llu\n",
	       r->counters_left, r->cpus_left, r->fields_left, r->keys_stay);
	for (unsigned int i = 0; i < r->problem_count; i++)
		printf("left: %s: %s\n", r->problems[i].key, r->problems[i].why);
}

static void on_progress(void *context, __u64 done, __u64 total)
{
	(void)total;
	*(__u64 *)context = done;
}

static int run(char **words, int count)
{
	struct migrate_map from, to;
	struct migration *m;
	__u64 progress = 0;
	int err;

	if (open_map(&from, words[0]) || open_map(&to, words[1]))
		return -ENOENT;
	err = make_plan(&m, &from, &to, words[2]);
	if (m)
		migrate_set_progress(m, on_progress, &progress);
	for (int i = 3; !err && i < count; i++) {
		err = step(m, words[i]);
		if (err)
			failed(err, "step %s", words[i]);
	}
	if (m)
		print_report(migrate_report(m));
	printf("progress=%llu\n", progress);
	migrate_free(m);
	close(from.fd);
	close(to.fd);
	migrate_map_close(&from);
	migrate_map_close(&to);
	return err;
}

int main(int argc, char **argv)
{
	int err = -EINVAL;

	log_init("migrate", getenv("VERBOSE"));
	if (argc == 4 && !strcmp(argv[1], "load"))
		err = load(argv[2], argv[3]);
	else if (argc == 4 && !strcmp(argv[1], "class"))
		err = print_class(argv[2], argv[3]);
	else if (argc == 5 && !strcmp(argv[1], "plan"))
		err = run(argv + 2, 3);
	else if (argc == 6 && !strcmp(argv[1], "define"))
		err = define(argv[2], argv[3], argv[4], argv[5]);
	else if (argc > 5 && !strcmp(argv[1], "run"))
		err = run(argv + 2, argc - 2);
	else
		fputs(usage, stderr);
	return err ? EXIT_KERNEL : EXIT_SUCCESS;
}
