// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a pinned map is not used on, and what the user can do about it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "pinning/kind.h"
#include "pinning/object_maps.h"
#include "pinning/reuse_internal.h"

int reuse_refuse_link(const struct object *object, const char *name, const struct directory *dir,
                      int map_fd)
{
	const char *prog = bpf_program__name(object->prog);
	struct bpf_prog_info next = {};
	__u32 zero = 0, len = sizeof(next), id = 0;
	const char *tc;
	int fd;

	bpf_map_lookup_elem(map_fd, &zero, &id);
	fd = bpf_prog_get_fd_by_id(id); /* not without CAP_SYS_ADMIN */
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &next, &len);
		close(fd);
	}
	rejected(-EINVAL,
	         "cannot put program %s into its row: it is %s, and what follows it there, program "
	         "%s id %u in the link '%s' of %s, is not",
	         prog, kind_name(object->prog), next.name, id, name, dir->path);
	hint("load the build of the row's kind: NAME.o, or NAME_frags.o for packets of several "
	     "buffers");
	tc = object->hook != HOOK_XDP ? "--tc " : "";
	hint("or first take what follows it out of the row: %s %s%s lists the slots, %s %s%s del N "
	     "takes the program out of slot N",
	     cli_command("chain"), tc, cli_interface(dir->ifname), cli_command("chain"), tc,
	     cli_interface(dir->ifname));
	return -EINVAL;
}

bool reuse_is_denied(int map_fd)
{
	struct bpf_map_info info;
	int fd;

	if (map_describe(map_fd, &info) || !info.btf_id)
		return false;
	fd = bpf_btf_get_fd_by_id(info.btf_id);
	if (fd < 0)
		return errno == EPERM;
	close(fd);
	return false;
}

/* Why was said. What holds for one map need not stop the others. */
int reuse_refuse_content(const char *name, __u32 type, int pin_fd, bool joins)
{
	bool denied = reuse_is_denied(pin_fd);

	if (denied)
		access_hint("CAP_SYS_ADMIN: then the types of the old map can be read, by which "
		            "its content comes over");
	hint("%stake %s in its place, the old one stays beside it: --on-mismatch %s=fresh",
	     denied ? "or " : "", joins ? "the map that the other hooks have" : "an empty map",
	     cli_word(name));
	if (!joins && shape_holds_maps(type))
		hint("what the maps inside hold, deny lists too, is out of force then, until it is "
		     "put into the new one");
	return REUSE_UNMOVABLE;
}

int reuse_refuse_difference(const struct object *object, const struct bpf_map *map,
                            const struct directory *dir, int pin_fd, bool stream, bool in_use,
                            const struct reuse_options *how, const struct shape_diffs *diffs)
{
	const char *name = object_map_name(object, map);
	char why[256];

	rejected(-EINVAL, "cannot reuse map '%s' pinned in %s: it is not what the object defines",
	         name, dir->path);
	shape_diffs_print(diffs);
	if (in_use)
		return REUSE_IN_USE;
	if (stream || carry_check(object, map, pin_fd, diffs->layout, how->classes, why,
	                          sizeof(why)) != -EOPNOTSUPP)
		return REUSE_DIFFERS;
	hint("its content cannot be carried over: %s", why);
	return reuse_refuse_content(name, bpf_map__type(map), pin_fd,
	                            reuse_would_join(object, map, dir, pin_fd, how));
}

/* A program of an entry may not run for another one, and goes with the map that has it. */
int reuse_refuse_programs(const char *name, const struct directory *dir, bool in_use,
                          const struct reuse_entry *entry)
{
	rejected(-EINVAL,
	         "cannot use map '%s' pinned in %s for another program: its entry %u has program "
	         "%u",
	         name, dir->path, entry->key, entry->prog_id);
	if (in_use)
		return REUSE_IN_USE;
	hint("entries that have a program stay in the old map: put those into the new one after "
	     "the load");
	return REUSE_DIFFERS;
}

void reuse_hint_in_use(void)
{
	if (cli_for_plugin())
		hint("filters beside each other define a map alike: replace that program, by its "
		     "pref and handle; or take it off first");
	else
		hint("replace that program in one step, without --no-attach; or take it off "
		     "first");
}

int reuse_refuse_name(const char *name, const struct directory *dir, __u32 map_id)
{
	rejected(-EBUSY,
	         "cannot prepare another map '%s' in %s: map %u has that name there, and a program "
	         "that is attached uses it",
	         name, dir->path, map_id);
	reuse_hint_in_use();
	return -EBUSY;
}
