// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/access.h"
#include "bpffs/cli.h"
#include "bpffs/links.h"
#include "bpffs/log.h"
#include "compat/libbpf.h"
#include "pinning/attach.h"
#include "pinning/attach_meanwhile.h"
#include "pinning/attach_native.h"
#include "pinning/tracewords.h"

static __u32 tcx_type(enum hook hook)
{
	return hook == HOOK_TC_INGRESS ? BPF_TCX_INGRESS : BPF_TCX_EGRESS;
}

bool attach_has_tcx(const struct interface *iface)
{
	__u32 count = 0;

	return compat_prog_query((int)iface->ifindex, BPF_TCX_INGRESS, NULL, NULL, &count, NULL) !=
	       -EINVAL;
}

static void forget_words(struct attaching *a)
{
	memset(&a->answer, 0, sizeof(a->answer));
	a->link_words_missed = false;
}

/* Report a refusal; the kernel's words say more than its number. */
static int refused(int err, struct attaching *a, const char *what, enum hook hook)
{
	const char *words = a->answer.words;

	snprintf(a->refusal, sizeof(a->refusal), "%s%s%s", words, *words ? ", " : "",
	         strerror(-err));
	failed(err, "cannot %s on %s of %s%s%s%s", what, hook_name(hook), a->iface->name,
	       *words ? " (the kernel says: " : "", words, *words ? ")" : "");
	if (err == -EPERM)
		access_hint("CAP_NET_ADMIN and CAP_BPF");
	else if (a->link_words_missed && tracewords_exist())
		hint("what the kernel says of a link it says in a tracepoint; to have it here, "
		     "mount "
		     "tracefs: mount -t tracefs tracefs " TRACEWORDS_TRACEFS);
	return err;
}

/* The same, of a change to what was attached. */
static int refused_change(int err, struct attaching *a, const char *what,
                          const struct attachment *old)
{
	char now[ATTACH_MEANWHILE_SIZE];

	if (a->answer.unsure || !attach_meanwhile(a->iface, old, now))
		return refused(err, a, what, old->hook);
	snprintf(a->refusal, sizeof(a->refusal), "%s", now);
	rejected(err, "cannot %s on %s of %s: %s, where program %u was", what, hook_name(old->hook),
	         a->iface->name, now, old->prog_id);
	hint("somebody else changed it meanwhile; look first, and run this again: %s %s",
	     cli_command("status"), cli_word(a->iface->name));
	return err;
}

static int link_create(struct attaching *a, __u32 type, __u32 flags, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	struct tracewords words;
	int fd;

	tracewords_begin(&words);
	fd = bpf_link_create(prog_fd, a->iface->ifindex, type, flags ? &opts : NULL);
	if (fd < 0)
		fd = -errno;
	tracewords_end(&words, a->answer.words, sizeof(a->answer.words));
	a->link_words_missed = fd < 0 && type == BPF_XDP && words.unmounted;
	return fd;
}

static int xdp_new(struct attaching *a, enum xdp_mode mode, bool link, int prog_fd, int *link_fd)
{
	if (!link)
		return attach_netlink_xdp(a->iface, a->netlink, mode, prog_fd, -1, &a->answer);
	*link_fd = link_create(a, BPF_XDP, attach_xdp_flags(mode), prog_fd);
	return *link_fd < 0 ? *link_fd : 0;
}

/*
 * The driver's own refusal: it has no XDP, or not with this MTU (EINVAL, ERANGE), these queues
 * (ENOMEM), these offloads (EOPNOTSUPP). Not: another program is there, or nobody may.
 */
static bool driver_refuses(int err)
{
	return err == -EOPNOTSUPP || err == -EINVAL || err == -ENOMEM || err == -ERANGE ||
	       err == -ENOSPC;
}

/* A mode that was asked for, or native and, where the driver cannot, skb. */
static int xdp_attach(struct attaching *a, struct attach_how *how, int prog_fd, int *link_fd)
{
	enum xdp_mode mode = how->mode == XDP_MODE_NONE ? XDP_MODE_NATIVE : how->mode;
	int err = xdp_new(a, mode, how->link, prog_fd, link_fd);

	if (driver_refuses(err) && !a->answer.unsure && how->mode == XDP_MODE_NONE) {
		if (*a->answer.words) {
			note("native mode is refused (the kernel says: %s): taking skb",
			     a->answer.words);
			attach_hint_native(a->iface);
		}
		*a->answer.words = '\0';
		mode = XDP_MODE_SKB;
		err = xdp_new(a, mode, how->link, prog_fd, link_fd);
	}
	how->mode = mode;
	return err;
}

/* Where a filter of ours goes, or went. */
static struct attachment filter_place(const struct attach_how *how)
{
	if (how->like)
		return *how->like;
	return (struct attachment){
		.hook = how->hook,
		.by = ATTACH_CLSACT,
		.pref = ATTACH_TC_PREF,
		.handle = ATTACH_TC_HANDLE,
		.protocol = ETH_P_ALL,
	};
}

static int clsact_new(struct attaching *a, const struct attach_how *how, int prog_fd)
{
	const struct attachment place = filter_place(how);
	/* A qdisc that is there already is somebody else's, and stays. */
	int err = attach_netlink_qdisc(a->iface, a->netlink, &a->answer);

	return err ? err : attach_netlink_filter(a->iface, a->netlink, &place, prog_fd, &a->answer);
}

int attach_new(struct attaching *a, struct attach_how *how, int prog_fd, int *link_fd)
{
	int err;

	*link_fd = -1;
	forget_words(a);
	switch (how->by) {
	case ATTACH_XDP: err = xdp_attach(a, how, prog_fd, link_fd); break;
	case ATTACH_CLSACT: err = clsact_new(a, how, prog_fd); break;
	default:
		if (how->link)
			err = *link_fd = link_create(a, tcx_type(how->hook), 0, prog_fd);
		else
			err = compat_tcx_attach(a->iface->ifindex, tcx_type(how->hook), prog_fd,
			                        -1);
		break;
	}
	if (err >= 0)
		return 0;
	*link_fd = -1;
	refused(err, a, "attach the program", how->hook);
	if (err == -EOPNOTSUPP && how->by == ATTACH_XDP)
		hint("its driver has no such XDP mode; take the kernel's own: --mode skb");
	else if (driver_refuses(err) && *a->answer.words && how->mode == XDP_MODE_NATIVE)
		attach_hint_native(a->iface);
	return err;
}

int attach_take_back(struct attaching *a, const struct attach_how *how, int prog_fd, __u32 prog_id,
                     int link_fd)
{
	struct attachment place;
	int err;

	forget_words(a);
	if (link_fd >= 0) {
		err = bpf_link_detach(link_fd) ? -errno : 0;
	} else if (how->by == ATTACH_XDP) {
		err = attach_netlink_xdp(a->iface, a->netlink, how->mode, -1, prog_fd, &a->answer);
	} else if (how->by == ATTACH_CLSACT) {
		place = filter_place(how);
		place.prog_id = prog_id;
		err = attach_netlink_unfilter(a->iface, a->netlink, &place, &a->answer);
	} else {
		err = compat_tcx_detach(a->iface->ifindex, tcx_type(how->hook), prog_fd);
	}
	return err ? refused(err, a, "take the program back", how->hook) : 0;
}

static int link_replace(const struct attach_old *old, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE,
	            .old_prog_fd = old->prog_fd);

	return bpf_link_update(old->link_fd, prog_fd, &opts) ? -errno : 0;
}

/* tc has no compare-and-swap: the program's id is matched just before. */
static int clsact_match(const struct interface *iface, const struct attachment *old)
{
	struct attachments now;
	int err;

	/* Who asks for that is told before. */
	if (old->chain)
		return -EOPNOTSUPP;
	err = attachments_query(&now, iface);
	if (err)
		return err;
	err = -EEXIST;
	for (size_t i = 0; i < now.len; i++) {
		const struct attachment *at = &now.list[i];

		if (at->hook == old->hook && at->by == ATTACH_CLSACT && at->pref == old->pref &&
		    at->handle == old->handle && at->prog_id == old->prog_id)
			err = 0;
	}
	attachments_free(&now);
	return err;
}

static int clsact_replace(struct attaching *a, const struct attach_old *old, int prog_fd)
{
	struct attachment place = *old->at;
	int err = clsact_match(a->iface, old->at);

	place.indirect = old->going_back && place.indirect;
	return err ? err
	           : attach_netlink_refilter(a->iface, a->netlink, &place, prog_fd, &a->answer);
}

int attach_replace(struct attaching *a, const struct attach_old *old, int prog_fd)
{
	const struct attachment *at = old->at;
	int err;

	forget_words(a);
	if (at->link_id)
		err = link_replace(old, prog_fd);
	else if (at->by == ATTACH_XDP)
		err = attach_netlink_xdp(a->iface, a->netlink, at->mode, prog_fd, old->prog_fd,
		                         &a->answer);
	else if (at->by == ATTACH_CLSACT)
		err = clsact_replace(a, old, prog_fd);
	else
		err = compat_tcx_attach(a->iface->ifindex, tcx_type(at->hook), prog_fd,
		                        old->prog_fd);
	return err ? refused_change(err, a, "replace the program", at) : 0;
}

static int clsact_remove(struct attaching *a, const struct attachment *old)
{
	int err = clsact_match(a->iface, old);

	return err ? err : attach_netlink_unfilter(a->iface, a->netlink, old, &a->answer);
}

int attach_remove(struct attaching *a, const struct attach_old *old)
{
	const struct attachment *at = old->at;
	int err;

	forget_words(a);
	if (at->link_id)
		err = bpf_link_detach(old->link_fd) ? -errno : 0;
	else if (at->by == ATTACH_XDP)
		err = attach_netlink_xdp(a->iface, a->netlink, at->mode, -1, old->prog_fd,
		                         &a->answer);
	else if (at->by == ATTACH_CLSACT)
		err = clsact_remove(a, at);
	else
		err = compat_tcx_detach(a->iface->ifindex, tcx_type(at->hook), old->prog_fd);
	return err ? refused_change(err, a, "remove the program", at) : 0;
}

/* The link is the one that holds this attachment: the kernel says so. */
static __u32 link_of(const struct interface *iface, const struct attachment *at, int link_fd)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);

	if (at->by != ATTACH_XDP || link_fd < 0 || bpf_obj_get_info_by_fd(link_fd, &info, &len) ||
	    info.type != BPF_LINK_TYPE_XDP || info.xdp.ifindex != iface->ifindex ||
	    info.prog_id != at->prog_id)
		return at->link_id;
	return info.id;
}

int attach_verify(const struct interface *iface, enum hook hook, __u32 prog_id, int link_fd,
                  struct netlink *netlink, struct attachment *found)
{
	struct attachments now;
	int err;

	err = attachments_query_hook(&now, iface, netlink, hook);
	if (err)
		return err;
	err = -ENOENT;
	for (size_t i = 0; i < now.len && err; i++) {
		if (now.list[i].hook == hook && now.list[i].prog_id == prog_id) {
			*found = now.list[i];
			found->link_id = link_of(iface, found, link_fd);
			err = 0;
		}
	}
	attachments_free(&now);
	return err;
}
