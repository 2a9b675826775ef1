// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bpffs/log.h"
#include "scripts/acl_maps.h"

static const struct config_map kinds[] = {
	{ ACL_SETTINGS, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct acl_settings) },
	{ ACL_RULES, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct acl_rule) },
	{ ACL_RULE_HITS, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(__u32), sizeof(struct stats_record) },
	{ ACL_MACS, BPF_MAP_TYPE_HASH, sizeof(struct acl_mac_key), sizeof(__u16) },
	{ ACL_PREFIXES4, BPF_MAP_TYPE_LPM_TRIE, sizeof(struct acl_key4), sizeof(__u16) },
	{ ACL_PREFIXES6, BPF_MAP_TYPE_LPM_TRIE, sizeof(struct acl_key6), sizeof(__u16) },
	{ ACL_PORTS, BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(struct acl_ports) },
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static int *fd_of(struct acl_maps *maps, size_t kind)
{
	int *fds[KINDS] = { &maps->settings_fd, &maps->rules_fd,     &maps->hits_fd,
		            &maps->macs_fd,     &maps->prefixes4_fd, &maps->prefixes6_fd,
		            &maps->ports_fd };

	return fds[kind];
}

int acl_maps_open(struct acl_maps *maps, const struct config *config, enum config_access access)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fds[KINDS], err;

	memset(maps, 0, sizeof(*maps));
	maps->config = config;
	err = config_open_maps(config, kinds, KINDS, access, fds, NULL);
	for (size_t i = 0; i < KINDS; i++)
		*fd_of(maps, i) = fds[i];
	if (err)
		return err;
	maps->cpus = libbpf_num_possible_cpus();
	if (maps->cpus < 0)
		return failed(maps->cpus, "cannot tell how many CPUs there are");
	maps->each = calloc(maps->cpus, sizeof(*maps->each));
	if (!maps->each)
		return failed(-ENOMEM, "cannot read counters");
	if (access == CONFIG_READ)
		return 0;
	maps->word = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, maps->settings_fd, 0);
	if (maps->word == MAP_FAILED) {
		maps->word = NULL;
		return failed(-errno, "cannot map '%s' of %s", ACL_SETTINGS, config->iface.name);
	}
	return 0;
}

void acl_maps_close(struct acl_maps *maps)
{
	if (maps->word)
		munmap(maps->word, sysconf(_SC_PAGESIZE));
	for (size_t i = 0; i < KINDS; i++)
		if (*fd_of(maps, i) >= 0)
			close(*fd_of(maps, i));
	free(maps->each);
}

int acl_settings_read(const struct acl_maps *maps, struct acl_settings *settings)
{
	__u32 slot = 0;

	if (bpf_map_lookup_elem(maps->settings_fd, &slot, settings))
		return failed(-errno, "cannot read '%s' of %s", ACL_SETTINGS,
		              maps->config->iface.name);
	return 0;
}

void acl_settings_store(struct acl_maps *maps, const struct acl_settings *settings)
{
	__u64 word;

	memcpy(&word, settings, sizeof(word));
	__atomic_store_n(maps->word, word, __ATOMIC_RELEASE);
}

void acl_maps_wait(void)
{
	/* It waits for all that runs in RCU sections, as BPF programs do. Kernels whose CPUs run
	 * without a tick refuse it: there a packet would have to take longer than it takes to
	 * start this tool. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}
