// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/btf_check.h"
#include "pinning/caps.h"
#include "pinning/map_refused.h"
#include "pinning/object.h"
#include "pinning/object_extern.h"
#include "pinning/object_maps.h"
#include "pinning/object_types.h"
#include "pinning/tails.h"

#define LIBBPF_WORDS 256

/* A name without a slash is looked up; the first file that exists is taken. */
static int look_for(const char *file, char path[PATH_MAX])
{
	const char *named = getenv("IFBPF_OBJECT_PATH");
	char *dirs, *dir, *save;
	int err = -ENOENT;

	if (strchr(file, '/')) {
		snprintf(path, PATH_MAX, "%s", file);
		return 0;
	}
	if (asprintf(&dirs, "%s%s%s", named ? named : "", named ? ":" : "", OBJECT_DIR) < 0)
		return -ENOMEM;
	for (dir = strtok_r(dirs, ":", &save); dir && err; dir = strtok_r(NULL, ":", &save)) {
		snprintf(path, PATH_MAX, "%s/%s", dir, file);
		if (!access(path, F_OK))
			err = 0;
		else if (snprintf(path, PATH_MAX, "%s/%s.o", dir, file) < PATH_MAX &&
		         !access(path, F_OK))
			err = 0;
	}
	free(dirs);
	return err;
}

int object_find(const char *file, char path[PATH_MAX])
{
	int err = *file ? look_for(file, path) : -ENOENT;

	if (!*file)
		return rejected(err, "cannot find an object without a name");
	if (!err)
		return 0;
	failed(err, "cannot find object %s", file);
	hint("give a path with a slash, or set IFBPF_OBJECT_PATH");
	return err;
}

/* Whether the program is what was asked for; weak: as far as it can be told by its section. */
static bool fits(const struct bpf_program *prog, const struct object_choice *choice)
{
	const char *section = bpf_program__section_name(prog);
	int hook = object_section_hook(section);
	__u32 id, key;

	if (choice->section || choice->program)
		return (!choice->section || !strcmp(section, choice->section)) &&
		       (!choice->program || !strcmp(bpf_program__name(prog), choice->program));
	if (tails_parse(section, &id, &key) || object_section_entry(section))
		return false;
	/* tc programs run on either tc hook. */
	return choice->hook < 0 || hook < 0 || (hook == HOOK_XDP) == (choice->hook == HOOK_XDP);
}

/* Those that fit, if any does; else all. */
static void list_programs(const struct object *object, const struct object_choice *choice,
                          bool fitting)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object->obj) {
		if (fitting && !fits(prog, choice))
			continue;
		const char *section = bpf_program__section_name(prog);
		const char *entry = object_section_entry(section);

		hint("it has program %s in section %s%s%s", bpf_program__name(prog), section,
		     entry ? ", for entries of a " : "", entry ? entry : "");
	}
}

static int refuse_entry(const struct object *object, const char *map)
{
	rejected(-EINVAL, "cannot choose program %s of %s: its section %s is for entries of a %s",
	         bpf_program__name(object->prog), object->path,
	         bpf_program__section_name(object->prog), map);
	hint("put it on an interface all the same: --hook xdp");
	return -EINVAL;
}

/* None fits: what was asked for and is not there. */
static void refuse_all(const struct object *object, const struct object_choice *choice)
{
	bool section = false, program = false;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object->obj) {
		section |= choice->section &&
		           !strcmp(bpf_program__section_name(prog), choice->section);
		program |= choice->program && !strcmp(bpf_program__name(prog), choice->program);
	}
	if (choice->section && !section)
		rejected(-ENOENT, "cannot choose a program of %s: it has none in a section '%s'",
		         object->path, choice->section);
	else if (choice->program && !program)
		rejected(-ENOENT, "cannot choose a program of %s: it has none called '%s'",
		         object->path, choice->program);
	else
		rejected(-ENOENT, "cannot choose a program of %s: none fits", object->path);
}

/* named: by its section it is for the hook that was asked for. Returns how many fit, and sets the
 * last of them. */
static unsigned int find(struct object *object, const struct object_choice *choice, bool named)
{
	struct bpf_program *prog;
	unsigned int found = 0;

	bpf_object__for_each_program(prog, object->obj) {
		if (!fits(prog, choice) ||
		    (named && object_section_hook(bpf_program__section_name(prog)) != choice->hook))
			continue;
		object->prog = prog;
		found++;
	}
	return found;
}

static int choose(struct object *object, const struct object_choice *choice)
{
	const char *section, *entry;
	unsigned int found;
	int hook;

	found = find(object, choice, false);
	if (found > 1 && choice->hook >= 0 && find(object, choice, true) == 1)
		found = 1;
	if (found != 1) {
		if (found)
			rejected(-EINVAL,
			         "cannot choose a program of %s: several fit, name one with "
			         "--section or --prog-name",
			         object->path);
		else
			refuse_all(object, choice);
		list_programs(object, choice, found > 0);
		return found ? -EINVAL : -ENOENT;
	}
	section = bpf_program__section_name(object->prog);
	entry = object_section_entry(section);
	if (entry && choice->hook < 0)
		return refuse_entry(object, entry);
	hook = choice->hook >= 0 ? choice->hook : object_section_hook(section);
	if (hook < 0) {
		rejected(-EINVAL, "cannot tell the hook of program %s from its section %s",
		         bpf_program__name(object->prog), section);
		hint("say it: --hook xdp, --hook tc_ingress or --hook tc_egress");
		return -EINVAL;
	}
	object->hook = hook;
	return 0;
}

/*
 * Such a section names what in the kernel its programs are for, and libbpf looks that up whatever
 * type they are given: 1.1 crashes, and later ones have the kernel refuse it.
 */
static int check_target(const struct object *object)
{
	if (!object_section_has_target(bpf_program__section_name(object->prog)))
		return 0;
	rejected(-EOPNOTSUPP,
	         "cannot use program %s of %s: its section %s is for no hook of an "
	         "interface",
	         bpf_program__name(object->prog), object->path,
	         bpf_program__section_name(object->prog));
	return -EOPNOTSUPP;
}

/* Among the maps that count for the programs chosen by now. */
static bool has_program_array(const struct object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		if (object_map_counts(map) && bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
			return true;
	}
	return false;
}

/* A program that a program array of the object may be filled with. */
static bool is_tail(const struct object *object, const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);
	int hook = object_section_hook(section);

	if (object_section_entry(section) || object_section_has_target(section))
		return false;
	return hook < 0 || (hook == HOOK_XDP) == (object->hook == HOOK_XDP);
}

/*
 * The type of the hook, whatever the section is called. All XDP programs get one expected attach
 * type: the kernel lets neither a link nor a program array mix it with none.
 */
static int set_type(const struct object *object, struct bpf_program *prog)
{
	bool xdp = object->hook == HOOK_XDP;
	enum bpf_prog_type type = xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS;
	int err = 0;

	if (bpf_program__type(prog) != type)
		err = bpf_program__set_type(prog, type);
	if (!err && xdp)
		err = bpf_program__set_expected_attach_type(prog, BPF_XDP);
	return err;
}

/* The chosen program alone, or with those that it may call. */
static int choose_programs(struct object *object, bool tails)
{
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, object->obj) {
		bool wanted = prog == object->prog ||
		              (tails && is_tail(object, prog) && object_places(object, prog));

		if (!err)
			err = bpf_program__set_autoload(prog, wanted);
		if (!err && wanted)
			err = set_type(object, prog);
	}
	if (!err)
		object_maps_choose(object);
	return err;
}

/* Only the chosen program, those that it may call, and the maps that these use. */
static int prepare(struct object *object)
{
	struct bpf_map *map;
	int err = choose_programs(object, false);

	if (!err && has_program_array(object))
		err = choose_programs(object, true);
	/* Where maps are pinned is this layout's matter, whatever the object says of pinning. */
	bpf_object__for_each_map(map, object->obj) {
		if (!err)
			err = bpf_map__set_pin_path(map, NULL);
	}
	return err;
}

/* Internal maps are called by their section: before it libbpf puts a piece of the object's name. */
static const char *plain_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	const char *dot = object_map_is_internal(map) ? strchr(name, '.') : NULL;

	return dot ? dot : name;
}

static int remember_names(struct object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		char **names =
			reallocarray(object->map_names, object->maps_len + 1, sizeof(*names));

		if (!names)
			return -ENOMEM;
		object->map_names = names;
		names[object->maps_len] = strdup(plain_name(map));
		if (!names[object->maps_len++])
			return -ENOMEM;
	}
	return 0;
}

const char *object_map_name(const struct object *object, const struct bpf_map *map)
{
	const struct bpf_map *at = NULL;

	for (size_t i = 0; i < object->maps_len; i++) {
		at = bpf_object__next_map(object->obj, at);
		if (at == map)
			return object->map_names[i];
	}
	return bpf_map__name(map);
}

/* Before libbpf looks into them: it takes types as they come. Its own refusals come later. */
static int check_btf(const char *path)
{
	struct btf *btf = btf__parse_elf(path, NULL);
	char why[96];
	int err = btf ? btf_check(btf, why) : 0;

	btf__free(btf);
	return err ? rejected(err, "cannot use object %s, whose BTF is damaged: %s", path, why) : 0;
}

/* A pipe or a device could be read for ever. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return failed(-errno, "cannot open object %s", path);
	if (S_ISREG(st.st_mode))
		return 0;
	rejected(-EINVAL, "cannot open object %s: it is %s", path,
	         S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
	return -EINVAL;
}

/* Whether the file has BTF, of which it is known by now that it can be read. */
static bool has_btf(const char *path)
{
	struct btf *btf = btf__parse_elf(path, NULL);
	bool found = btf;

	btf__free(btf);
	return found;
}

/* Its last words are about what it gave up for. */
static void keep_words(const char *text, void *arg)
{
	if (!strncmp(text, "libbpf: ", 8))
		text += 8;
	snprintf(arg, LIBBPF_WORDS, "%.*s", (int)strcspn(text, "\n"), text);
}

static int read_btf_object(const char *path, struct bpf_object **obj)
{
	char name[OBJECT_EXTERN], words[LIBBPF_WORDS] = "";
	int err = check_btf(path);

	if (err)
		return err;
	log_listen(keep_words, words);
	*obj = bpf_object__open_file(path, NULL);
	err = *obj ? 0 : -errno;
	log_listen(NULL, NULL);
	if (!err)
		return 0;
	/* The file is there: what libbpf misses is in it, and if not BTF, then where a declaration
	 * belongs. */
	if ((err == -ESRCH || (err == -ENOENT && has_btf(path))) &&
	    object_find_extern(path, name)) {
		rejected(-EINVAL, "cannot open object %s: it declares %s, and defines it nowhere",
		         path, name);
		hint("define it, or link the object that does: bpftool gen object; what is the "
		     "kernel's is declared with __ksym, and compiled with -g");
		return -EINVAL;
	}
	if (err != -ENOENT && *words)
		return rejected(err, "cannot open object %s: libbpf says: %s", path, words);
	if (err != -ENOENT)
		return failed(err, "cannot open object %s", path);
	/* What it misses is BTF, in which its maps are defined. */
	rejected(-EINVAL, "cannot open object %s: it has no BTF, which tells what its maps are",
	         path);
	hint("compile it with -g; 'llvm-strip -g' keeps BTF, 'llvm-strip' alone does not");
	return -EINVAL;
}

int object_read(const char *path, struct bpf_object **obj, struct legacy_ids *old_ids)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "legacy");
	size_t size;
	void *mem;
	int err;

	err = check_file(path);
	if (err)
		return err;
	if (!legacy_is_object(path))
		return read_btf_object(path, obj);
	detail("%s defines its maps in the old dialect", path);
	err = legacy_convert(path, &mem, &size, old_ids);
	if (err)
		return err;
	*obj = bpf_object__open_mem(mem, size, &opts);
	err = *obj ? 0 : failed(-errno, "cannot open object %s", path);
	free(mem);
	return err;
}

static void note_found(struct object *object)
{
	size_t internal = 0, count = object_maps_count(object);
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		internal += object_map_is_internal(map);
	}
	object->explanation.hook = hook_name(object->hook);
	explain(&object->explanation, EXPLAIN_FOUND, EXPLAIN_DONE,
	        "program %s in section %s for %s; %zu map%s, %zu internal",
	        bpf_program__name(object->prog), bpf_program__section_name(object->prog),
	        hook_name(object->hook), count, count == 1 ? "" : "s", internal);
}

/* libbpf 1.1 crashes when it loads such an object without the programs of its struct_ops. */
static int check_maps(const struct object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object->obj) {
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			return rejected(-EOPNOTSUPP,
			                "cannot use object %s: it has struct_ops, '%s', which are "
			                "for no hook of an interface",
			                object->path, bpf_map__name(map));
	}
	return 0;
}

int object_open(struct object *object, const struct object_choice *choice)
{
	int err;

	memset(object, 0, sizeof(*object));
	err = object_find(choice->file, object->path);
	if (err)
		return err;
	err = object_read(object->path, &object->obj, &object->old_ids);
	if (!err)
		err = check_maps(object);
	if (err) {
		explain(&object->explanation, EXPLAIN_OPEN, EXPLAIN_REFUSED, "%s",
		        log_last_failure());
		return err;
	}
	explain(&object->explanation, EXPLAIN_OPEN, EXPLAIN_DONE, "%.200s", object->path);
	err = choose(object, choice);
	if (!err)
		err = check_target(object);
	if (err)
		goto refused;
	err = prepare(object);
	if (!err)
		err = remember_names(object);
	if (!err) {
		err = tails_check(object);
		if (err)
			goto refused;
	}
	if (err) {
		failed(err, "cannot prepare program %s of %s", bpf_program__name(object->prog),
		       object->path);
		goto refused;
	}
	note_found(object);
	return 0;
refused:
	explain(&object->explanation, EXPLAIN_FOUND, EXPLAIN_REFUSED, "%s", log_last_failure());
	return err;
}

int object_set_attach_type(struct object *object, __u32 type)
{
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, object->obj) {
		if (!err && bpf_program__autoload(prog))
			err = bpf_program__set_expected_attach_type(prog, type);
	}
	return err ? failed(err, "cannot prepare program %s of %s", bpf_program__name(object->prog),
	                    object->path)
	           : 0;
}

int object_load(struct object *object)
{
	char ids[64];
	int err;

	err = explain_begin_load(&object->explanation, object->obj, object->prog);
	if (!err)
		err = object_types_expect(object);
	if (!err)
		err = bpf_object__load(object->obj);
	explain_end_load(&object->explanation, object->prog, err);
	object->loaded = !err;
	if (!err)
		return tails_fill(object);
	if (object->explanation.end == EXPLAIN_END_MAP) {
		failed(err, "cannot create map %s of %s, which program %s wants",
		       object->explanation.end_name, object->path, bpf_program__name(object->prog));
		map_refused_hint(object->explanation.end_map, err);
		return err;
	}
	failed(err, "cannot load program %s of %s", bpf_program__name(object->prog), object->path);
	if (object->explanation.checks[EXPLAIN_CAPABILITY].outcome != EXPLAIN_REFUSED)
		return err;
	if (caps_user_namespace(ids, sizeof(ids)) > 0)
		hint("leave this user namespace, in which nobody may load: capabilities count in "
		     "the initial one");
	else
		hint("run as root, or with CAP_BPF and CAP_NET_ADMIN");
	return err;
}

void object_close(struct object *object)
{
	bpf_object__close(object->obj);
	object->obj = NULL;
	for (size_t i = 0; i < object->maps_len; i++)
		free(object->map_names[i]);
	free(object->map_names);
	object->map_names = NULL;
	free(object->types);
	object->types = NULL;
	object->maps_len = 0;
	legacy_ids_free(&object->old_ids);
	explain_free(&object->explanation);
}

bool object_map_is_internal(const struct bpf_map *map)
{
	return bpf_map__is_internal(map);
}
