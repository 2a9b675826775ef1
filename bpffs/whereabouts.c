// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include "bpffs/namespaces.h"
#include "bpffs/whereabouts.h"

static void look_at(struct whereabouts *w, __u32 ifindex)
{
	struct attachments here;
	struct interface iface;
	bool same, old, new;

	/* It may have gone away meanwhile, and its attachments with it. */
	if (interface_by_index(&iface, ifindex) || attachments_query_passing(&here, &iface))
		return;
	same = *iface.mac && !strcmp(iface.mac, w->was->mac);
	old = w->old_prog && attachments_has(&here, w->hook, w->old_prog);
	new = w->new_prog &&attachments_has(&here, w->hook, w->new_prog);
	attachments_free(&here);
	w->partial |= !here.known[w->hook];
	w->old |= same && old;
	w->new |= same &&new;
	w->old_any |= old;
	w->new_any |= new;
}

static int look_at_all(void *arg)
{
	struct if_nameindex *names = if_nameindex();

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; names[i].if_index; i++)
		look_at(arg, names[i].if_index);
	if_freenameindex(names);
	return 0;
}

/* In all namespaces from the one at `first` on. */
static void look_into(struct whereabouts *w, const struct namespaces *all, size_t first)
{
	w->partial |= all->partial;
	for (size_t i = first; i < all->len; i++)
		if (netns_visit(all->list[i].fd, look_at_all, w))
			w->partial = true;
}

int whereabouts_find(struct whereabouts *w)
{
	struct namespaces all;
	size_t seen;
	int err;

	w->old = w->new = w->old_any = w->new_any = false;
	err = namespaces_find(&all);
	if (err)
		return err;
	w->partial = false;
	look_into(w, &all, 0);
	/* Before it is taken for neither. */
	seen = all.len;
	if (!w->old && !w->new)
		err = namespaces_add_held(&all);
	if (!err)
		look_into(w, &all, seen);
	namespaces_free(&all);
	return err;
}
