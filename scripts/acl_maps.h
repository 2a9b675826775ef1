/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of xdp_acl and tc_acl, and the one store that puts another state in force. */
#ifndef SCRIPTS_ACL_MAPS_H
#define SCRIPTS_ACL_MAPS_H

#include "objects/acl.h"
#include "objects/stats.h"
#include "scripts/config.h"

struct acl_maps {
	const struct config *config;
	int settings_fd, rules_fd, hits_fd, macs_fd, prefixes4_fd, prefixes6_fd, ports_fd;
	__u64 *word; /* the settings, mapped; NULL for CONFIG_READ */
	int cpus;
	struct stats_record *each; /* room for a counter of all CPUs */
};

/* Open them. Reports its failures. Returns 0 or a negative errno; acl_maps_close() always follows.
 */
int acl_maps_open(struct acl_maps *maps, const struct config *config, enum config_access access);
void acl_maps_close(struct acl_maps *maps);

/* What is in force. Reports its failures. Returns 0 or a negative errno. */
int acl_settings_read(const struct acl_maps *maps, struct acl_settings *settings);

/* Put other settings in force, in one step; maps were opened for CONFIG_WRITE. */
void acl_settings_store(struct acl_maps *maps, const struct acl_settings *settings);

/*
 * Wait until no packet is looked up any more in a bank that was taken out of force before this
 * call.
 */
void acl_maps_wait(void);

#endif
