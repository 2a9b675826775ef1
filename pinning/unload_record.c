// SPDX-License-Identifier: GPL-2.0-or-later
/* What the record says once a program is off. */
#include <errno.h>
#include <string.h>
#include "bpffs/live.h"
#include "bpffs/log.h"
#include "pinning/notes.h"
#include "pinning/ownership.h"
#include "pinning/plan.h"
#include "pinning/unload_internal.h"

static bool on_hook(const struct attachments *attached, enum hook hook)
{
	for (size_t i = 0; i < attached->len; i++)
		if (attached->list[i].hook == hook)
			return true;
	return false;
}

/* What is ours, or was published before, of what stays: nothing is adopted by the way. */
static int find_published(const struct unloading *u, struct attachments *out)
{
	struct ownership verdict;
	size_t len = 0;
	int err = attachments_without(&u->attached, NULL, out);

	for (size_t i = 0; !err && i < out->len; i++) {
		const struct attachment *at = &out->list[i];

		ownership_of(at, &u->dir, &u->owners, &verdict);
		if (verdict.ours || record_has_prog(&u->dir.record, at->hook, at->prog_id))
			out->list[len++] = *at;
	}
	out->len = err ? 0 : len;
	return err;
}

int unload_make_record(const struct unloading *u, const struct attachment *at, struct record *rec)
{
	struct live live = {};
	const struct plan_input in = {
		.iface = u->iface,
		.dir = &u->dir,
		.live = &live,
		.owners = &u->owners,
	};
	struct attachments published;
	struct plan plan;
	int err;

	err = find_published(u, &published);
	if (err)
		return failed(err, "cannot list what is attached");
	err = live_query(&live, &published);
	attachments_free(&published);
	if (!err)
		err = plan_make(&plan, &in);
	if (!err) {
		plan_record(&plan, &in, rec);
		plan_free(&plan);
	} else if (err == -EPERM) {
		detail("programs cannot be opened by id without CAP_SYS_ADMIN");
		*rec = u->dir.record;
		if (at && !on_hook(&u->attached, at->hook))
			memset(&rec->hooks[at->hook], 0, sizeof(rec->hooks[at->hook]));
	} else {
		return failed(err, "cannot look at the programs on %s", u->iface->name);
	}
	live_free(&live);
	/* Its directory may still have the name that the interface had: that is the record's. */
	rec->iface = u->dir.record.iface;
	if (!at || attachments_has(&u->attached, at->hook, at->prog_id))
		return 0;
	err = notes_set_shared(rec, at->hook, 1);
	return err ? err : notes_set_section(rec, at->hook, NULL);
}
