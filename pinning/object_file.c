// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding the file of an object, and having libbpf read it. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "pinning/btf_check.h"
#include "pinning/object.h"
#include "pinning/object_extern.h"

#define LIBBPF_WORDS 256

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISDIR(st.st_mode);
}

/* In the directories of objects, with and without .o; the first file that exists is taken. */
static int look_for(const char *file, char path[PATH_MAX])
{
	const char *named = getenv("IFBPF_OBJECT_PATH");
	char *dirs, *dir, *save;
	int err = -ENOENT;

	if (asprintf(&dirs, "%s%s%s", named ? named : "", named ? ":" : "", OBJECT_DIR) < 0)
		return -ENOMEM;
	for (dir = strtok_r(dirs, ":", &save); dir && err; dir = strtok_r(NULL, ":", &save)) {
		snprintf(path, PATH_MAX, "%s/%s", dir, file);
		if (is_file(path))
			err = 0;
		else if (snprintf(path, PATH_MAX, "%s/%s.o", dir, file) < PATH_MAX && is_file(path))
			err = 0;
	}
	free(dirs);
	return err;
}

static bool is_same(const char *one, const char *other)
{
	struct stat a, b;

	return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Once for a name, however often it is opened. */
static void tell_taken(const char *file, const char *path)
{
	static char told[NAME_MAX + 1];

	if (!strcmp(told, file))
		return;
	snprintf(told, sizeof(told), "%s", file);
	note("object %s is %s; the one in this directory is ./%s", file, path, cli_word(file));
}

int object_find(const char *file, char path[PATH_MAX])
{
	int err;

	if (!*file)
		return rejected(-ENOENT, "cannot find an object without a name");
	if (strchr(file, '/')) {
		snprintf(path, PATH_MAX, "%s", file);
		return 0;
	}
	err = look_for(file, path);
	if (!err && is_file(file) && !is_same(file, path))
		tell_taken(file, path);
	if (err == -ENOENT && is_file(file)) {
		snprintf(path, PATH_MAX, "./%s", file);
		return 0;
	}
	if (!err)
		return 0;
	failed(err, "cannot find object %s", file);
	hint("it is neither in this directory nor among the objects: give its path, or set "
	     "IFBPF_OBJECT_PATH");
	return err;
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
