/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading a program onto a hook so that its maps are found, reused and kept: the protocol of
 * ifbpf-bpffs(7), from opening the object to publishing the pins.
 */
#ifndef PINNING_LOADER_H
#define PINNING_LOADER_H

#include <stdbool.h>
#include "bpffs/interface.h"
#include "bpffs/known.h"
#include "bpffs/links.h"
#include "bpffs/live.h"
#include "bpffs/netlink.h"
#include "bpffs/query.h"
#include "pinning/globals.h"
#include "pinning/object.h"
#include "pinning/plan.h"
#include "pinning/reuse.h"

/*
 * What several loads of one object have in common: so each more interface costs the same, however
 * many there are. Begins as zeros. Who pinned what is looked up once: what others pin while the
 * loads go on is not seen. No other writer has its turn between two of them, unless one fails.
 */
struct load_session {
	bool open, scanned;
	bool told_steps; /* that a change takes two steps */
	bool typed;      /* the object's maps have their types */
	__u32 prog_id;   /* once it is loaded, and what the kernel calls it */
	char prog_name[BPF_OBJ_NAME_LEN];
	unsigned int interfaces; /* that share it */
	struct bpffs fs;
	struct known known;
	struct owners owners;
	struct netlink netlink;
	struct xdp_links links;
	bool together;                /* maps are carried over for several: see load_together.h */
	struct load_present *present; /* what is pinned for each of them */
	struct carry *carry;          /* and what is carried over, once it is planned */
	const struct interface *refused;  /* of those the last whose maps were refused, or NULL */
	const struct interface *unloaded; /* for which the object could not be loaded, or NULL */
	bool join_refused;       /* what others have cannot be added to what the first has */
	bool told_first;         /* which hook of them goes first */
	char **followers[HOOKS]; /* interfaces on which these hooks have the old maps still */
	size_t followers_len[HOOKS];
	__u32 *outside; /* old maps of which was said who else has them pinned */
	size_t outside_len;
	struct live own;  /* the program with its maps, once it is loaded */
	__u32 plain_prog; /* a program that was replaced and has no global variables, or 0 */
	__u32 told_prog;  /* one that has some, of which was said what becomes of them, or 0 */
};

/* Between two loads: let other writers have their turn. */
void load_session_pause(struct load_session *session);
void load_session_end(struct load_session *session);

/* load_hooks.c: all loads are over: say how what other hooks go on with comes along. */
void load_hint_followers(const struct load_session *session);

struct load_options {
	bool has_mode;      /* else the mode in which something is attached, else native */
	enum xdp_mode mode; /* XDP_MODE_NONE: native or, where the driver has none, skb */
	bool has_tc;        /* else as ours is attached, else clsact */
	enum attach_by tc;  /* ATTACH_CLSACT or ATTACH_TCX */
	bool link;          /* a pinned bpf_link */
	bool netlink;       /* no link, also in the place of one */
	bool no_attach;     /* pin program and maps, and leave attaching to others */
	bool join;          /* behind a dispatcher of libxdp */
	bool replace;       /* also what is not ours */
	bool has_expect;
	__u32 expect;   /* only if that program is on the hook; 0: none */
	bool fresh;     /* drop what an interface that is gone left behind */
	bool untyped;   /* a link is updated to a program without expected attach type */
	bool keep_lock; /* let no other writer in, not even while much is copied */
	bool dry_run;   /* everything up to the switch, and nothing stays */
	struct mismatches mismatch;
	struct load_session *session; /* NULL: this load is alone */
	const char *const *classes;   /* "MAP=CLASS" words for MISMATCH_MIGRATE, NULL at the end */
};

/* What a dry run would do to the hook. Words for the user; "" or 0: there is nothing to say. */
struct load_foreseen {
	__u32 old_id;
	char old[128];    /* the program that would be replaced: name, id, tag */
	char old_how[48]; /* "native by netlink" */
	bool old_foreign;
	char old_why[256]; /* whose it is, if foreign */
	char how[48];      /* as what it would be attached */
	bool two_steps;    /* packets would pass between */
};

struct load_report {
	char path[PATH_MAX]; /* the interface's directory */
	__u64 gen;
	enum hook hook;
	__u32 prog_id;
	char prog_name[BPF_OBJ_NAME_LEN];
	char prog_path[PATH_MAX]; /* its pin */
	__u32 old_prog_id;        /* that it replaced, or 0 */
	bool attached;
	__u32 dispatcher_id; /* behind which it is, or 0 */
	bool shares;         /* the program and the maps that were made for another interface */
	bool explained;    /* as it is with the program of another interface, and was told there */
	char refusal[320]; /* why the kernel refused to attach it, or "" */
	bool switched;     /* failed, but the program may be on: the next run looks, and ends it */
	bool other_type;   /* with -EINVAL: to be tried again with untyped */
	bool moved;      /* others came in between, or maps lack their types: with -EAGAIN, again */
	bool unfinished; /* some content is not brought over yet; a later run goes on with it */
	struct attachment how;         /* read back from the kernel, if attached */
	struct load_foreseen foreseen; /* of a dry run */
	struct carry carry;            /* maps whose content was carried over */
	struct globals globals;        /* internal maps of the object, which must be open */
	struct plan plan;              /* of all hooks; the program's own maps have its prog_id */
};

/*
 * Load the program of an open object for an interface. An object that is loaded already, for
 * another interface, is used as it is: both then share one program and one set of maps. The caller
 * releases the report with load_report_free(), after a failure too. Reports its failures, notes how
 * far it came in object->explanation, and leaves everything as it was then. Returns 0, -EEXIST if a
 * program that is not ours is in the way, or --expect does not hold, -EINVAL for a map that cannot
 * be reused, -EAGAIN with report->moved, and -EINVAL with report->other_type, if it is to be tried
 * again with the object opened anew, or another negative errno. Returns 0 as well if the program is
 * on and its pins are in place, but not all content could be brought over: report->unfinished.
 */
int load_program(const struct interface *iface, struct object *object,
                 const struct load_options *options, struct load_report *report);
void load_report_free(struct load_report *report);

#endif
