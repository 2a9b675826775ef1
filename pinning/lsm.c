// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "pinning/lsm.h"

#ifndef SYS_lsm_list_modules /* 6.8 */
#define SYS_lsm_list_modules 461
#endif

#define MODULES_MAX 32

/* LSM_ID_* of linux/lsm.h. */
static const struct {
	__u64 id;
	const char *name;
} modules[] = {
	{ 100, "capability" }, { 101, "selinux" }, { 102, "smack" },    { 103, "tomoyo" },
	{ 104, "apparmor" },   { 105, "yama" },    { 106, "loadpin" },  { 107, "safesetid" },
	{ 108, "lockdown" },   { 109, "bpf" },     { 110, "landlock" }, { 111, "ima" },
	{ 112, "evm" },        { 113, "ipe" },
};

static const char *module_name(__u64 id, char number[24])
{
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		if (modules[i].id == id)
			return modules[i].name;
	snprintf(number, 24, "%llu", (unsigned long long)id);
	return number;
}

static int ask_kernel(char *out, size_t size)
{
	__u64 ids[MODULES_MAX];
	__u32 bytes = sizeof(ids);
	char number[24];
	size_t len = 0;
	long count = syscall(SYS_lsm_list_modules, ids, &bytes, 0);

	if (count < 0)
		return -errno;
	*out = '\0';
	for (long i = 0; i < count && len < size; i++)
		len += snprintf(out + len, size - len, "%s%s", len ? "," : "",
		                module_name(ids[i], number));
	return 0;
}

int lsm_list(char *out, size_t size)
{
	FILE *in = fopen(LSM_FILE, "re");
	int err = in ? 0 : -errno;

	if (!in)
		return ask_kernel(out, size) ? err : 0;
	if (fgets(out, (int)size, in))
		out[strcspn(out, "\n")] = '\0';
	else
		err = -ENODATA;
	fclose(in);
	return err;
}
