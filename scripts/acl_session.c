// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "bpffs/cli.h"
#include "bpffs/log.h"
#include "scripts/acl_session.h"

int acl_session_open(struct acl_session *session, const struct config *config,
                     enum config_access access)
{
	int err;

	session->config = config;
	acl_lists_none(&session->lists);
	session->has_lists = false;
	err = acl_maps_open(&session->maps, config, access);
	if (err)
		return err;
	err = acl_lists_open(&session->lists, &session->maps, access);
	session->has_lists = !err;
	return err == -ENOENT ? 0 : err;
}

void acl_session_close(struct acl_session *session)
{
	acl_lists_close(&session->lists);
	acl_maps_close(&session->maps);
}

int acl_session_need_lists(const struct acl_session *session)
{
	const char *ifname = session->config->iface.name;

	if (session->has_lists)
		return 0;
	rejected(-ENOENT, "cannot find the lists of %s", ifname);
	hint("what ip and tc without libbpf load has rules only; all of it: %s %s %s",
	     cli_command("load"), cli_interface(ifname), cli_object("xdp_acl.o"));
	return -ENOENT;
}
