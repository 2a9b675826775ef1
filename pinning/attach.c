// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bpffs/links.h"
#include "bpffs/log.h"
#include "compat/libbpf.h"
#include "pinning/attach.h"
#include "pinning/tracewords.h"

static __u32 xdp_flags(enum xdp_mode mode)
{
	switch (mode) {
	case XDP_MODE_SKB: return XDP_FLAGS_SKB_MODE;
	case XDP_MODE_HW: return XDP_FLAGS_HW_MODE;
	default: return XDP_FLAGS_DRV_MODE;
	}
}

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

/* What the kernel said of the last link that it refused, or "". */
static char link_words[256];

/* The kernel said it where it could not be read: no tracefs is mounted. */
static bool link_words_missed;

/* Why the kernel refused last, or "". */
static char refusal[320];

const char *attach_refusal(void)
{
	static char words[sizeof(refusal)];

	strcpy(words, refusal);
	*refusal = '\0';
	return words;
}

static void forget_words(void)
{
	*link_words = '\0';
	link_words_missed = false;
	log_kernel_words();
}

/* Report a refusal; the kernel's words say more than its number. */
static int refused(int err, const struct interface *iface, const char *what, enum hook hook)
{
	const char *words = *link_words ? link_words : log_kernel_words();

	snprintf(refusal, sizeof(refusal), "%s%s%s", words ? words : "", words ? ", " : "",
	         strerror(-err));
	failed(err, "cannot %s on %s of %s%s%s%s", what, hook_name(hook), iface->name,
	       words ? " (the kernel says: " : "", words ? words : "", words ? ")" : "");
	if (err == -EPERM)
		hint("run as root, or with CAP_NET_ADMIN and CAP_BPF");
	else if (link_words_missed && tracewords_exist())
		hint("what the kernel says of a link it says in a tracepoint; to have it here, "
		     "mount "
		     "tracefs: mount -t tracefs tracefs " TRACEWORDS_TRACEFS);
	return err;
}

static int link_create(const struct interface *iface, __u32 type, __u32 flags, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	struct tracewords words;
	int fd;

	tracewords_begin(&words);
	fd = bpf_link_create(prog_fd, iface->ifindex, type, flags ? &opts : NULL);
	if (fd < 0)
		fd = -errno;
	tracewords_end(&words, link_words, sizeof(link_words));
	link_words_missed = fd < 0 && type == BPF_XDP && words.unmounted;
	return fd;
}

static int xdp_new(const struct interface *iface, enum xdp_mode mode, bool link, int prog_fd,
                   int *link_fd)
{
	if (!link)
		return bpf_xdp_attach(iface->ifindex, prog_fd,
		                      XDP_FLAGS_UPDATE_IF_NOEXIST | xdp_flags(mode), NULL);
	*link_fd = link_create(iface, BPF_XDP, xdp_flags(mode), prog_fd);
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
static int xdp_attach(const struct interface *iface, struct attach_how *how, int prog_fd,
                      int *link_fd)
{
	enum xdp_mode mode = how->mode == XDP_MODE_NONE ? XDP_MODE_NATIVE : how->mode;
	int err = xdp_new(iface, mode, how->link, prog_fd, link_fd);

	if (driver_refuses(err) && how->mode == XDP_MODE_NONE) {
		const char *words = *link_words ? link_words : log_kernel_words();

		if (words)
			note("native mode is refused (the kernel says: %s): taking skb", words);
		*link_words = '\0';
		mode = XDP_MODE_SKB;
		err = xdp_new(iface, mode, how->link, prog_fd, link_fd);
	}
	how->mode = mode;
	return err;
}

/* Filled in place: libbpf refuses it unless what lies behind the last field is zero as well. */
static void tc_hook(struct bpf_tc_hook *at, const struct interface *iface, enum hook hook)
{
	memset(at, 0, sizeof(*at));
	at->sz = sizeof(*at);
	at->ifindex = (int)iface->ifindex;
	at->attach_point = hook == HOOK_TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

static int clsact_new(const struct interface *iface, const struct attach_how *how, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd,
	            .priority = how->pref ? how->pref : ATTACH_TC_PREF,
	            .handle = how->handle ? how->handle : ATTACH_TC_HANDLE);
	struct bpf_tc_hook at;
	int err;

	tc_hook(&at, iface, how->hook);
	/* libbpf calls the qdisc a hook; one that is there already is somebody else's, and stays.
	 */
	err = bpf_tc_hook_create(&at);
	if (err && err != -EEXIST)
		return err;
	log_kernel_words();
	return bpf_tc_attach(&at, &opts);
}

int attach_new(const struct interface *iface, struct attach_how *how, int prog_fd, int *link_fd)
{
	int err;

	*link_fd = -1;
	forget_words();
	switch (how->by) {
	case ATTACH_XDP: err = xdp_attach(iface, how, prog_fd, link_fd); break;
	case ATTACH_CLSACT: err = clsact_new(iface, how, prog_fd); break;
	default:
		if (how->link)
			err = *link_fd = link_create(iface, tcx_type(how->hook), 0, prog_fd);
		else
			err = compat_tcx_attach(iface->ifindex, tcx_type(how->hook), prog_fd, -1);
		break;
	}
	if (err >= 0)
		return 0;
	*link_fd = -1;
	refused(err, iface, "attach the program", how->hook);
	if (err == -EOPNOTSUPP && how->by == ATTACH_XDP)
		hint("its driver has no such XDP mode; take the kernel's own: --mode skb");
	return err;
}

int attach_take_back(const struct interface *iface, const struct attach_how *how, int prog_fd,
                     int link_fd)
{
	LIBBPF_OPTS(bpf_tc_opts, filter, .priority = how->pref ? how->pref : ATTACH_TC_PREF,
	            .handle = how->handle ? how->handle : ATTACH_TC_HANDLE);
	LIBBPF_OPTS(bpf_xdp_attach_opts, xdp, .old_prog_fd = prog_fd);
	struct bpf_tc_hook at;
	int err;

	tc_hook(&at, iface, how->hook);
	forget_words();
	if (link_fd >= 0)
		err = bpf_link_detach(link_fd) ? -errno : 0;
	else if (how->by == ATTACH_XDP)
		err = bpf_xdp_attach(iface->ifindex, -1, XDP_FLAGS_REPLACE | xdp_flags(how->mode),
		                     &xdp);
	else if (how->by == ATTACH_CLSACT)
		err = bpf_tc_detach(&at, &filter);
	else
		err = compat_tcx_detach(iface->ifindex, tcx_type(how->hook), prog_fd);
	return err ? refused(err, iface, "take the program back", how->hook) : 0;
}

static int link_replace(const struct attach_old *old, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE,
	            .old_prog_fd = old->prog_fd);

	return bpf_link_update(old->link_fd, prog_fd, &opts) ? -errno : 0;
}

static int xdp_replace(const struct interface *iface, const struct attachment *old, int prog_fd,
                       int old_fd)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old_fd);

	return bpf_xdp_attach(iface->ifindex, prog_fd, XDP_FLAGS_REPLACE | xdp_flags(old->mode),
	                      &opts);
}

/* tc has no compare-and-swap: the program's id is matched just before. */
static int clsact_match(const struct interface *iface, const struct attachment *old)
{
	struct attachments now;
	int err;

	/* libbpf can name no chain but the first. */
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

static int clsact_replace(const struct interface *iface, const struct attachment *old, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, .flags = BPF_TC_F_REPLACE,
	            .priority = old->pref, .handle = old->handle);
	struct bpf_tc_hook at;
	int err = clsact_match(iface, old);

	tc_hook(&at, iface, old->hook);
	return err ? err : bpf_tc_attach(&at, &opts);
}

int attach_replace(const struct interface *iface, const struct attach_old *old, int prog_fd)
{
	const struct attachment *at = old->at;
	int err;

	forget_words();
	if (at->link_id)
		err = link_replace(old, prog_fd);
	else if (at->by == ATTACH_XDP)
		err = xdp_replace(iface, at, prog_fd, old->prog_fd);
	else if (at->by == ATTACH_CLSACT)
		err = clsact_replace(iface, at, prog_fd);
	else
		err = compat_tcx_attach(iface->ifindex, tcx_type(at->hook), prog_fd, old->prog_fd);
	return err ? refused(err, iface, "replace the program", at->hook) : 0;
}

static int clsact_remove(const struct interface *iface, const struct attachment *old)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .priority = old->pref, .handle = old->handle);
	struct bpf_tc_hook at;
	int err = clsact_match(iface, old);

	tc_hook(&at, iface, old->hook);
	return err ? err : bpf_tc_detach(&at, &opts);
}

int attach_remove(const struct interface *iface, const struct attach_old *old)
{
	const struct attachment *at = old->at;
	int err;

	forget_words();
	if (at->link_id)
		err = bpf_link_detach(old->link_fd) ? -errno : 0;
	else if (at->by == ATTACH_XDP)
		err = xdp_replace(iface, at, -1, old->prog_fd);
	else if (at->by == ATTACH_CLSACT)
		err = clsact_remove(iface, at);
	else
		err = compat_tcx_detach(iface->ifindex, tcx_type(at->hook), old->prog_fd);
	return err ? refused(err, iface, "remove the program", at->hook) : 0;
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
