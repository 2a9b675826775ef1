/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doctor found: each with its evidence and what to type. */
#ifndef PINNING_DOCTOR_FINDINGS_H
#define PINNING_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include "bpffs/bpffs.h"
#include "bpffs/interface.h"

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_INFO,    /* good to know, or cannot be told here */
	DOCTOR_WARNING, /* may surprise */
	DOCTOR_PROBLEM, /* something will fail */
};

struct finding {
	enum doctor_level level;
	const char *probe; /* the name of the check */
	char what[256];
	char evidence[768];
	char type[512]; /* what to type about it, or "" */
};

struct doctor {
	struct finding *list;
	size_t len;
	const char *probe; /* the one at work */
	bool no_memory;
	bool has_iface, has_fs;
	struct interface iface;
	struct bpffs fs; /* opened for reading */
};

/* One check of a table, which ends with an empty one. It reports by the functions below. */
struct doctor_probe {
	const char *name;
	void (*look)(struct doctor *d);
};

void doctor_run(struct doctor *d, const struct doctor_probe *probes);
size_t doctor_count(const struct doctor *d, enum doctor_level level);
const char *doctor_level_name(enum doctor_level level);

/* Add a finding; then say of the last one how it is known, and what to type about it. */
void found(struct doctor *d, enum doctor_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void evidence(struct doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void remedy(struct doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A check of the kernel that is long enough for a file of its own. */
void doctor_freplace(struct doctor *d);

/* The first line of a small file, such as one of /proc/sys. Returns 0 or a negative errno. */
int doctor_read(const char *path, char *line, size_t size);

/* The tables, by subject. The last three need d->iface. */
extern const struct doctor_probe doctor_caps[], doctor_system[], doctor_bpffs[], doctor_layout[],
	doctor_kernel[], doctor_tools[], doctor_interface[], doctor_places[], doctor_pins[];

void doctor_print_text(const struct doctor *d);

/* Print ifbpf.doctor/1 on one line. Returns 0 or -ENOMEM, reported. */
int doctor_print_json(const struct doctor *d);

#endif
