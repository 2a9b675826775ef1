/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that there is to say about one interface: what runs, its maps, its pins, its links. */
#ifndef PINNING_STATUS_LOOK_H
#define PINNING_STATUS_LOOK_H

#include <stdbool.h>
#include "bpffs/directory.h"
#include "bpffs/live.h"
#include "bpffs/owners.h"
#include "bpffs/query.h"
#include "bpffs/view.h"
#include "pinning/ownership.h"

/* 16 hexadecimal digits, NUL. */
#define STATUS_TAG_SIZE (BPF_TAG_SIZE * 2 + 1)

/* What is the same for all interfaces. */
struct status_scope {
	bool has_fs;
	struct bpffs fs;
	struct owners owners; /* every pin */
	/* What this process may not see, said once in the end. */
	bool no_ids;  /* programs, maps and links by id */
	bool no_tcx;  /* tcx and netkit */
	bool no_pins; /* a directory */
};

/* A program that is attached, or that an attached one reaches through a map or a link. */
struct status_prog {
	enum hook hook;
	const struct attachment *at; /* NULL if it is reached */
	unsigned int position;       /* in the run order of its hook, from 1; 0: reached */
	unsigned int in_chain;       /* the same among those that are attached like it */
	__u32 id;
	__u32 via_map;  /* id of the map that holds it, or 0 */
	__u32 via_link; /* id of the link by which it replaces a function of another one, or 0 */
	bool described;
	char name[BPF_OBJ_NAME_LEN];
	char tag[STATUS_TAG_SIZE];
	__u64 loaded_ns; /* CLOCK_REALTIME */
	__u32 uid;
	struct ownership owner; /* only of what is attached */
};

enum pin_state {
	PIN_STATE_NONE,
	PIN_STATE_LIVE,
	PIN_STATE_STALE, /* under its name a map is pinned that no program uses any more */
};

struct status_map {
	enum hook hook;
	__u32 prog_id; /* the first program of the hook that uses it */
	struct bpf_map_info info;
	char name[NAME_SIZE]; /* in full; "" if it has none */
	bool internal;        /* .rodata and the like, which are never pinned */
	enum pin_state pin;
	__u32 pinned_id;          /* what is pinned under its name, or 0 */
	char path[PATH_MAX];      /* where that is, or "" */
	char elsewhere[PATH_MAX]; /* another pin of it, or "" */
};

struct status_link {
	__u32 id;
	char type[32];
	__u32 prog_id;
	char tag[STATUS_TAG_SIZE];
	bool has_ifindex;
	__u32 ifindex; /* 0: the interface is gone */
	char path[PATH_MAX];
	char holder[64]; /* a process that has it open, if nothing has it pinned; or "" */
	/* A tracing link (fentry, fexit, freplace) on one of the programs. */
	__u32 target_prog_id;
	const char *kind;
	char prog_name[BPF_OBJ_NAME_LEN];
};

enum drift_kind {
	DRIFT_GONE,      /* the record names a program that does not run */
	DRIFT_NEW,       /* a program runs that the record does not name */
	DRIFT_INTERFACE, /* the record is of another interface, which had this name before */
	DRIFT_NAME,      /* the interface was renamed since */
};

struct status_drift {
	enum drift_kind kind;
	enum hook hook;
	__u32 prog_id;
};

/* A pin in the directory that nothing attached needs. */
struct status_orphan {
	enum pin_kind kind;
	char file[NAME_SIZE * 3]; /* below the directory */
	__u32 id;
	const char *why;
};

struct status {
	struct interface iface;
	bool gone; /* there is no such interface: only its directory is left */
	bool has_dir, has_view;
	bool hidden;  /* it has a directory, which may not be read */
	bool follows; /* its directory is where it had it in another network namespace */
	bool partly;  /* something could not be read, and this was reported */
	struct directory dir;
	bool others; /* that belongs to another interface, which lives: its pins are not looked at
	              */
	struct interface owner; /* with others: which one */
	struct view view;
	const struct owners *owners; /* the pins outside the directory */
	struct owners own_scan;
	struct attachments attached;
	struct live live;
	bool has_live;
	struct status_prog *progs;
	size_t progs_len;
	struct status_map *maps;
	size_t maps_len;
	struct status_link *links;
	size_t links_len;
	struct status_drift *drift;
	size_t drift_len;
	struct status_orphan *orphans;
	size_t orphans_len;
};

/*
 * Fill in everything; the caller has found the interface and its directory (status_find()).
 * What may not be seen is noted in scope. Returns 0 or a negative errno, reported.
 */
int status_look(struct status *st, struct status_scope *scope);
void status_free(struct status *st);

/* Put one more element, zeroed, at the end of a list. Returns it, or NULL without memory. */
void *status_grow(void *list, size_t *len, size_t size);

/* What a drift is, in words. Returns out. */
const char *status_drift_text(const struct status *st, const struct status_drift *drift, char *out,
                              size_t size);

#endif
