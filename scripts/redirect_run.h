/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of redirect. */
#ifndef SCRIPTS_REDIRECT_RUN_H
#define SCRIPTS_REDIRECT_RUN_H

#include "scripts/redirect_maps.h"

struct redirect_options {
	struct config_options config;
	bool both;      /* the other direction as well */
	bool plain;     /* bpf_redirect() rather than the devmap */
	bool with_stub; /* put a program where a veth needs one */
	/* For JSON: what is off was on an interface that is gone; else NULL. */
	const struct interface *left;
	char *again; /* while switching on: the command with --with-stub, for a hint, or NULL */
	/* For JSON, of an edit that is done with: "on" or "off", and its exit status; or NULL. */
	const char *verb;
	int status;
};

/* Each returns an exit status. pairs: "SOURCE=DESTINATION"; none: all stations that are known. */
int redirect_on(const char *from, const char *to, char **pairs, int len,
                const struct redirect_options *options);
int redirect_off(const char *from, const struct redirect_options *options);
int redirect_show(const char *from, const struct redirect_options *options);
int redirect_list(const struct redirect_options *options);

#endif
