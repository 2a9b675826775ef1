// SPDX-License-Identifier: GPL-2.0-or-later
/* load_state - does what is pinned for an interface belong to the program that is attached? */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/directory.h"
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/pin.h"
#include "bpffs/query.h"

static const char usage[] =
	"Usage: load_state IFNAME HOOK\n"
	"Print 'ID FILE' of the program on the hook, or 'none'; fail unless its program,\n"
	"link and maps are pinned, and nothing else of the hook, and no stage is left.\n";

static bool good = true;

__attribute__((format(printf, 1, 2))) static void wrong(const char *fmt, ...)
{
	va_list args;

	good = false;
	va_start(args, fmt);
	fputs("load_state: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

/* The id of a pinned program or of the program of a pinned link; 0 if it is neither. */
static __u32 pinned_prog(int dir_fd, const char *file, __u32 *link_id)
{
	struct bpf_link_info link = {};
	struct bpf_prog_info prog = {};
	__u32 len;
	int fd = pin_open(dir_fd, file, 0), kind;

	*link_id = 0;
	if (fd < 0)
		return 0;
	kind = pin_kind_of(fd);
	len = sizeof(prog);
	if (kind == PIN_PROG)
		bpf_obj_get_info_by_fd(fd, &prog, &len);
	len = sizeof(link);
	if (kind == PIN_LINK && !bpf_obj_get_info_by_fd(fd, &link, &len)) {
		*link_id = link.id;
		prog.id = link.prog_id;
	}
	close(fd);
	return prog.id;
}

/* %progs/<hook>/ holds the program that is attached, and no other; name is its file's. */
static void check_progs(const struct directory *dir, enum hook hook, __u32 prog_id,
                        char name[NAME_SIZE])
{
	unsigned int found = 0;
	struct dirent *entry;
	char path[NAME_SIZE];
	__u32 link_id, id;
	DIR *stream;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_PROGS, hook_name(hook));
	fd = openat(dir->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stream = fd < 0 ? NULL : fdopendir(fd);
	while (stream && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		id = pinned_prog(fd, entry->d_name, &link_id);
		if (id == prog_id) {
			found++;
			snprintf(name, NAME_SIZE, "%s", entry->d_name);
		} else {
			wrong("%s/%s is program %u, attached is %u", path, entry->d_name, id,
			      prog_id);
		}
	}
	if (stream)
		closedir(stream);
	if (found != !!prog_id)
		wrong("program %u has %u pins in %s", prog_id, found, path);
}

static void check_link(const struct directory *dir, const struct attachment *at)
{
	char path[NAME_SIZE];
	__u32 link_id, id;

	snprintf(path, sizeof(path), "%s/%s", DIRECTORY_LINKS, hook_name(at->hook));
	id = pinned_prog(dir->fd, path, &link_id);
	if (link_id != at->link_id || (link_id && id != at->prog_id))
		wrong("%s is link %u of program %u, attached is program %u by link %u", path,
		      link_id, id, at->prog_id, at->link_id);
}

static bool is_internal(const struct bpf_map_info *info)
{
	return strstr(info->name, ".rodata") || strstr(info->name, ".bss");
}

/* Each map of the program is pinned under its name, and the record has all of it. */
static void check_maps(const struct directory *dir, const struct attachments *attached,
                       const struct attachment *at)
{
	char path[NAME_SIZE];
	struct live live;
	__u32 id;

	if (!record_has_prog(&dir->record, at->hook, at->prog_id))
		wrong("the record lacks program %u", at->prog_id);
	if (live_query(&live, attached)) {
		wrong("the maps of %u cannot be listed", at->prog_id);
		return;
	}
	for (size_t i = 0; i < live.maps_len; i++) {
		const struct live_map *map = &live.maps[i];

		if (map->hook != at->hook || is_internal(&map->info))
			continue;
		snprintf(path, sizeof(path), "%s/%s", DIRECTORY_EGRESS, map->info.name);
		if ((at->hook != HOOK_TC_EGRESS || pin_map_id(dir->fd, path, &id)) &&
		    pin_map_id(dir->fd, map->info.name, &id))
			id = 0;
		if (id != map->info.id)
			wrong("%s is map %u, program %u uses %u", map->info.name, id, at->prog_id,
			      map->info.id);
		if (!record_has_map(&dir->record, at->hook, map->info.id))
			wrong("the record lacks map %u", map->info.id);
	}
	live_free(&live);
}

static void check_stages(const struct bpffs *fs)
{
	struct dirent *entry;
	DIR *stream = fs->stage_fd < 0 ? NULL : fdopendir(dup(fs->stage_fd));

	while (stream && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			wrong("stage %s is left", entry->d_name);
	if (stream)
		closedir(stream);
}

int main(int argc, char **argv)
{
	const struct attachment none = {}, *at = &none;
	struct attachments attached;
	struct interface iface;
	char name[NAME_SIZE] = "?";
	struct directory dir;
	struct bpffs fs;
	int hook;

	log_init("load_state", false);
	hook = argc == 3 ? hook_parse(argv[2]) : -1;
	if (hook < 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (interface_find(&iface, argv[1], NULL) || bpffs_open(&fs, BPFFS_WRITE) ||
	    attachments_query(&attached, &iface) || links_find(&attached, &iface))
		return EXIT_KERNEL;
	for (size_t i = 0; i < attached.len; i++)
		if (attached.list[i].hook == (enum hook)hook)
			at = &attached.list[i];
	check_stages(&fs);
	if (!directory_open(&dir, &fs, &iface)) {
		if (dir.has_record && dir.record.gen & 1)
			wrong("generation %llu is odd", (unsigned long long)dir.record.gen);
		check_progs(&dir, hook, at->prog_id, name);
		if (at->prog_id) {
			check_link(&dir, at);
			check_maps(&dir, &attached, at);
		}
		directory_close(&dir);
	} else if (at->prog_id) {
		wrong("program %u is attached, and there is no directory", at->prog_id);
	}
	if (at->prog_id)
		printf("%u %s\n", at->prog_id, name);
	else
		puts("none");
	attachments_free(&attached);
	bpffs_close(&fs);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
