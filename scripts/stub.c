// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "bpffs/namespaces.h"
#include "objects/redirect.h"
#include "scripts/tool_run.h"
#include "scripts/xdp_target.h"

/* A native program that takes one buffer only needs all of a frame in a page, with its headroom. */
#define ONE_BUFFER_MTU 3000

int stub_load(const struct interface *veth, const struct veth_peer *peer, __u32 *prog_id)
{
	struct link_facts facts;
	struct veth_peer after;
	char object[PATH_MAX];
	/* Only where nothing is by then: nobody's program makes way for it. */
	char *argv[] = { NULL, "--netns", NULL, "--mode", "native", "--expect",
		         "0",  "--",      NULL, object,   NULL };
	int err = link_facts_get(veth->ifindex, &facts);

	if (err)
		return failed(err, "cannot look at %s", veth->name);
	argv[8] = (char *)peer->facts.name;
	tool_object(facts.mtu > ONE_BUFFER_MTU ? "xdp_stub_frags.o" : "xdp_stub.o", object);
	err = tool_run("load", peer->netns_fd, argv);
	if (err)
		return err;
	err = veth_peer_get(&facts, &after);
	if (err)
		return failed(err, "cannot look at the other end of %s", veth->name);
	close(after.netns_fd);
	*prog_id = after.native_prog;
	return 0;
}

/* The name of a program as the kernel has it. Returns 0 or a negative errno. */
static int find_name(__u32 prog_id, char name[BPF_OBJ_NAME_LEN])
{
	int fd = bpf_prog_get_fd_by_id(prog_id), err;
	struct bpf_prog_info info = {};
	__u32 maps[PROG_MAPS];

	if (fd < 0)
		return fd;
	err = prog_describe(fd, &info, maps);
	close(fd);
	memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	return err;
}

void stub_hint_taken(const struct veth_peer *peer)
{
	char name[BPF_OBJ_NAME_LEN + 1] = " ";

	if (find_name(peer->skb_prog, name + 1))
		*name = '\0';
	hint("no stub takes the place of program%s, id %u, which is there in skb mode: load that "
	     "in native mode, in the network namespace of %s: %s --mode native %s OBJECT",
	     name, peer->skb_prog, peer->facts.name, cli_command("load"),
	     cli_word(peer->facts.name));
}

/* 1, 0, or a negative errno. */
static int is_stub(__u32 prog_id)
{
	char name[BPF_OBJ_NAME_LEN];
	int err = find_name(prog_id, name);

	return err ? err : !strcmp(name, "xdp_stub");
}

/* What of it cannot be told counts as being there: nobody forgets it then. */
static int failed_to_look(const struct interface *veth, int err)
{
	failed(err, "cannot look at the other end of %s, to take the stub off", veth->name);
	if (err == -EPERM)
		access_hint("CAP_SYS_ADMIN");
	return err;
}

static int unload_at(int netns_fd, const char *ifname, __u32 prog_id)
{
	char id[16];
	char *argv[] = { NULL,   "--netns", NULL, "--hook",       "xdp",
		         "--id", id,        "--", (char *)ifname, NULL };

	snprintf(id, sizeof(id), "%u", prog_id);
	return tool_run("unload", netns_fd, argv);
}

struct search {
	__u32 prog_id;
	char ifname[IF_NAMESIZE]; /* where it was found */
};

/* In the present network namespace: returns 1 if the program runs there natively. */
static int look_for(void *arg)
{
	struct if_nameindex *names = if_nameindex();
	struct search *search = arg;
	int found = 0;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; !found && names[i].if_index; i++) {
		LIBBPF_OPTS(bpf_xdp_query_opts, opts);

		found = !bpf_xdp_query((int)names[i].if_index, 0, &opts) &&
		        opts.drv_prog_id == search->prog_id;
		if (found)
			snprintf(search->ifname, sizeof(search->ifname), "%s", names[i].if_name);
	}
	if_freenameindex(names);
	return found;
}

/* From the namespace at `first` on. Returns the one in which it runs, or NULL. */
static const struct namespace *find_in(struct search *search, const struct namespaces *all,
                                       size_t first)
{
	for (size_t i = first; i < all->len; i++)
		if (netns_visit(all->list[i].fd, look_for, search) > 0)
			return &all->list[i];
	return NULL;
}

/*
 * The veth was not found: if it is gone, so is the other end. Else that is in some other network
 * namespace, and has the program.
 */
static int unload_elsewhere(__u32 prog_id)
{
	int fd = bpf_prog_get_fd_by_id(prog_id), err;
	struct search search = { .prog_id = prog_id };
	const struct namespace *found;
	struct namespaces all;
	size_t seen;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0) {
		failed(fd, "cannot look for the stub, program id %u, to take it off", prog_id);
		if (fd == -EPERM)
			access_hint("CAP_SYS_ADMIN");
		return fd;
	}
	close(fd);
	err = namespaces_find(&all);
	if (err)
		return failed(err, "cannot look for the stub, program id %u", prog_id);
	found = find_in(&search, &all, 0);
	seen = all.len;
	if (!found && !namespaces_add_held(&all))
		found = find_in(&search, &all, seen);
	if (found)
		err = unload_at(found->fd, search.ifname, prog_id);
	namespaces_free(&all);
	return err;
}

int stub_unload(const struct interface *veth, __u32 prog_id)
{
	struct link_facts facts;
	struct veth_peer peer;
	int err = link_facts_get(veth->ifindex, &facts), is = 0;

	if (err == -ENODEV)
		return unload_elsewhere(prog_id);
	if (!err)
		err = veth_peer_get(&facts, &peer);
	if (err)
		/* Both ends of a veth go at once. */
		return err == -ENODEV ? 0 : failed_to_look(veth, err);
	if (prog_id == REDIRECT_STUB_COMING && peer.native_prog)
		is = is_stub(peer.native_prog);
	if (is < 0 && is != -ENOENT) {
		close(peer.netns_fd);
		return failed_to_look(veth, is);
	}
	if (is > 0)
		prog_id = peer.native_prog;
	if (peer.native_prog == prog_id)
		err = unload_at(peer.netns_fd, peer.facts.name, prog_id);
	close(peer.netns_fd);
	return err;
}
