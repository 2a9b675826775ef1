// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions of the kernel that a program calls by name: are they in the kernel that runs? */
#include <bpf/btf.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include "pinning/inspect_internal.h"

#define BTF_DIR "/sys/kernel/btf"

static bool has_function(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

static bool module_has(const char *module, struct btf *kernel, const char *name)
{
	char path[300];
	struct btf *btf;
	bool found;

	snprintf(path, sizeof(path), BTF_DIR "/%s", module);
	btf = btf__parse_split(path, kernel);
	found = btf && has_function(btf, name);
	btf__free(btf);
	return found;
}

/* Without BTF of the kernel nothing is known, and nothing can be called. */
bool inspect_kernel_has(const char *name)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	DIR *dir = opendir(BTF_DIR);
	struct dirent *entry;
	bool found = kernel && has_function(kernel, name);

	while (kernel && dir && !found && (entry = readdir(dir)))
		if (*entry->d_name != '.' && strcmp(entry->d_name, "vmlinux") != 0)
			found = module_has(entry->d_name, kernel, name);
	if (dir)
		closedir(dir);
	btf__free(kernel);
	return found;
}
