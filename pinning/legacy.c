// SPDX-License-Identifier: GPL-2.0-or-later
/* An object in the old dialect, copied to memory and rewritten there. */
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "pinning/legacy_internal.h"

int legacy_unreadable(const struct conversion *c, int err, const char *why)
{
	return failed(err, "cannot read the old map definitions of %s: %s", c->path, why);
}

static int find_sections(struct conversion *c)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(c->elf, &names))
		return -EINVAL;
	while ((scn = elf_nextscn(c->elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			return -EINVAL;
		name = elf_strptr(c->elf, names, shdr.sh_name);
		if (name && !strcmp(name, "maps")) {
			c->maps = scn;
			c->maps_index = elf_ndxscn(scn);
		} else if (shdr.sh_type == SHT_SYMTAB) {
			c->symtab = scn;
			c->strtab_index = shdr.sh_link;
		}
	}
	return c->maps ? 0 : -ENOENT;
}

bool legacy_is_object(const char *path)
{
	struct conversion c = { .path = path };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	c.elf = elf_begin(fd, ELF_C_READ, NULL);
	found = c.elf && elf_kind(c.elf) == ELF_K_ELF && !find_sections(&c);
	elf_end(c.elf);
	close(fd);
	return found;
}

/* A copy of the file in memory, which libelf can write to. */
static int copy_file(const char *path)
{
	struct stat st;
	int in, out, err = 0;

	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return -errno;
	out = memfd_create("object", MFD_CLOEXEC);
	if (out < 0 || fstat(in, &st))
		err = -errno;
	for (off_t done = 0; !err && done < st.st_size;) {
		ssize_t n = sendfile(out, in, &done, st.st_size - done);

		if (n <= 0)
			err = n < 0 ? -errno : -EIO;
	}
	close(in);
	if (err && out >= 0)
		close(out);
	return err ? err : out;
}

static int read_back(int fd, void **object, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	*object = malloc(st.st_size);
	if (!*object)
		return -ENOMEM;
	*size = st.st_size;
	if (pread(fd, *object, st.st_size, 0) == st.st_size)
		return 0;
	free(*object);
	return -EIO;
}

static int convert(struct conversion *c, int fd)
{
	int err;

	c->elf = elf_begin(fd, ELF_C_RDWR, NULL);
	if (!c->elf || find_sections(c))
		return legacy_unreadable(c, -EINVAL, "no such section");
	err = legacy_find_maps(c);
	if (!err)
		err = legacy_make_btf(c);
	if (err)
		return err;
	err = legacy_rewrite_sections(c);
	if (!err && elf_update(c->elf, ELF_C_WRITE) < 0)
		err = -EINVAL;
	return err ? legacy_unreadable(c, err, elf_errmsg(-1)) : 0;
}

int legacy_convert(const char *path, void **object, size_t *size, struct legacy_ids *ids)
{
	struct conversion c = { .path = path, .ids = ids };
	int fd, err;

	elf_version(EV_CURRENT);
	fd = copy_file(path);
	if (fd < 0)
		return failed(fd, "cannot read object %s", path);
	err = convert(&c, fd);
	elf_end(c.elf);
	if (!err) {
		err = read_back(fd, object, size);
		if (err)
			failed(err, "cannot rewrite object %s", path);
	}
	btf__free(c.btf);
	free(c.maps_bytes);
	free(c.section_names);
	close(fd);
	return err;
}
