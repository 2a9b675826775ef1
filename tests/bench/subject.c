// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "bpffs/query.h"
#include "tests/bench/share.h"
#include "tests/bench/subject.h"

/* With nothing that would be pinned, whatever the object says. */
static int open_choice(struct subject *subject, const struct object_choice *choice)
{
	struct bpf_map *map;
	int err;

	memset(subject, 0, sizeof(*subject));
	subject->prog_fd = -1;
	err = object_open(&subject->object, choice);
	if (err)
		return err;
	bpf_object__for_each_map(map, subject->object.obj)
		bpf_map__set_pin_path(map, NULL);
	return 0;
}

static int load(struct subject *subject)
{
	int err = object_load(&subject->object);

	if (!err)
		subject->prog_fd = bpf_program__fd(subject->object.prog);
	return err;
}

int subject_load(struct subject *subject, const char *file, const char *program,
                 int (*resize)(struct bpf_object *obj, const void *arg), const void *arg)
{
	struct object_choice choice = { .file = file, .program = program, .hook = -1 };
	int err = open_choice(subject, &choice);

	if (err)
		return err;
	if (resize) {
		err = resize(subject->object.obj, arg);
		if (err)
			return failed(err, "cannot set the size of the maps of %s", file);
	}
	return load(subject);
}

static int find_program(const char *ifname, enum hook hook, __u32 *id)
{
	struct attachments attached;
	struct interface iface;
	int err = interface_find(&iface, ifname, NULL);

	if (!err)
		err = attachments_query(&attached, &iface);
	if (err)
		return err;
	*id = 0;
	for (size_t i = attached.len; i > 0; i--)
		if (attached.list[i - 1].hook == hook)
			*id = attached.list[i - 1].prog_id;
	attachments_free(&attached);
	return *id ? 0 : -ENOENT;
}

int subject_take(struct subject *subject, const char *ifname, enum hook hook, const char *file)
{
	__u32 id = 0;
	int err;

	memset(subject, 0, sizeof(*subject));
	subject->prog_fd = -1;
	subject->taken = true;
	if (file)
		snprintf(subject->object.path, sizeof(subject->object.path), "%s", file);
	err = find_program(ifname, hook, &id);
	if (!err) {
		subject->prog_fd = bpf_prog_get_fd_by_id(id);
		if (subject->prog_fd < 0)
			err = -errno;
	}
	return err ? failed(err, "cannot open the program on %s of %s", hook_name(hook), ifname)
	           : 0;
}

int subject_again(struct subject *again, const struct subject *subject)
{
	const struct bpf_program *prog = subject->object.prog;
	struct object_choice choice = { .file = subject->object.path,
		                        .program = prog ? bpf_program__name(prog) : NULL,
		                        .hook = -1 };
	int err = open_choice(again, &choice);

	if (err)
		return err;
	err = share_maps(again->object.obj, subject->prog_fd);
	if (err)
		return failed(err, "cannot load %s onto the maps that it has", choice.file);
	err = load(again);
	return err ? err : share_check(subject->prog_fd, again->prog_fd);
}

int subject_renew(struct subject *subject)
{
	struct subject again;
	int err = subject_again(&again, subject);

	if (err) {
		subject_free(&again);
		return err;
	}
	subject_free(subject);
	*subject = again;
	return 0;
}

void subject_free(struct subject *subject)
{
	if (!subject->taken)
		object_close(&subject->object);
	else if (subject->prog_fd >= 0)
		close(subject->prog_fd);
	subject->prog_fd = -1;
}

int subject_resize(struct bpf_object *obj, const char *name, unsigned int entries)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__set_max_entries(map, entries) : -ENOENT;
}

int subject_map(const struct subject *subject, const char *map)
{
	int fd = bpf_object__find_map_fd_by_name(subject->object.obj, map);

	/* Which libbpf tells as -1 of one that no program uses, and which it has not made. */
	return fd >= 0 ? fd
	               : failed(-ENOENT, "cannot find map %s in %s", map, subject->object.path);
}

const char *subject_xdp_tools(void)
{
	static char directory[PATH_MAX];
	glob_t found;

	if (directory[0])
		return directory;
	if (!glob("/usr/lib/*/bpf/xdpfilt_alw_ip.o", 0, NULL, &found) ||
	    !glob("/usr/lib/bpf/xdpfilt_alw_ip.o", 0, NULL, &found) ||
	    !glob("/usr/local/lib/bpf/xdpfilt_alw_ip.o", 0, NULL, &found)) {
		snprintf(directory, sizeof(directory), "%s", found.gl_pathv[0]);
		*strrchr(directory, '/') = '\0';
		globfree(&found);
	}
	return directory[0] ? directory : NULL;
}
