// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "pinning/attach_meanwhile.h"
#include "pinning/prog_words.h"

static bool is_same_place(const struct attachment *a, const struct attachment *b)
{
	if (a->hook != b->hook || a->by != b->by)
		return false;
	switch (a->by) {
	/* Whether by a link, the kernel does not tell together with the rest. */
	case ATTACH_XDP: return a->mode == b->mode;
	case ATTACH_CLSACT:
		return a->chain == b->chain && a->pref == b->pref && a->handle == b->handle;
	/* Without a link there is no place but that of a program. */
	default: return a->link_id == b->link_id && (a->link_id || a->prog_id == b->prog_id);
	}
}

bool attach_meanwhile(const struct interface *iface, const struct attachment *old,
                      char text[ATTACH_MEANWHILE_SIZE])
{
	struct attachments now;
	__u32 prog_id = 0;
	char words[128];
	bool known;

	if (attachments_query(&now, iface))
		return false;
	known = now.known[old->hook];
	for (size_t i = 0; i < now.len; i++)
		if (is_same_place(&now.list[i], old))
			prog_id = now.list[i].prog_id;
	attachments_free(&now);
	if (!known || prog_id == old->prog_id)
		return false;
	if (!prog_id) {
		snprintf(text, ATTACH_MEANWHILE_SIZE, "nothing is there now");
		return true;
	}
	prog_words(prog_id, words);
	snprintf(text, ATTACH_MEANWHILE_SIZE, "program %s is there now", words);
	return true;
}
