/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of the forward programs of one interface, and the verbs of the tool that uses them. */
#ifndef SCRIPTS_FORWARD_MAPS_H
#define SCRIPTS_FORWARD_MAPS_H

#include <linux/types.h>
#include "objects/forward.h"
#include "scripts/config.h"

#define FORWARD_SCHEMA "ifbpf.forward/1"

/* Open one of the maps: a descriptor for the caller, or a negative errno, reported. */
int forward_open_setup(const struct config *config, enum config_access access);
int forward_open_count(const struct config *config);
int forward_open_exclude(const struct config *config, enum config_access access);
int forward_open_cache4(const struct config *config);
int forward_open_cache6(const struct config *config);

/* Both report their failures, and return 0 or a negative errno. */
int forward_get_setup(const struct config *config, struct forward_settings *setup);
int forward_set_setup(const struct config *config, const struct forward_settings *setup);

/* The tick of the kernel, in ns: what jiffies count. Returns 0 only if it cannot be known. */
__u64 forward_tick_ns(void);

/* What a bound in jiffies is in ms, rounded up: entries are never older. */
__u32 forward_bound_ms(const struct forward_settings *setup);

/* Verbs of config_run(). */
int forward_status(struct config *config, char **argv, int argc);
int forward_cache(struct config *config, char **argv, int argc);
int forward_flush(struct config *config, char **argv, int argc);
int forward_list(struct config *config, char **argv, int argc);
int forward_exclude(struct config *config, char **argv, int argc);
int forward_include(struct config *config, char **argv, int argc);

#endif
