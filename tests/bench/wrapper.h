/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading bpf/wrap.bpf.c: one of its programs, for one frame and its keys. */
#ifndef BENCH_WRAPPER_H
#define BENCH_WRAPPER_H

#include <bpf/libbpf.h>
#include "tests/bench/frame.h"

struct wrapper_kind {
	const char *program;
	enum bpf_attach_type attach_type;
};

/* Where the BPF objects of the benchmark are, from the top of the tree. */
#define BENCH_BPF "build/tests/bench/bpf/"

/* Returns 0, or a negative errno, reported. The caller closes the object. */
int wrapper_load(struct bpf_object **wrapper, const struct wrapper_kind *kind,
                 const struct frame *frame, const struct keys *keys);

/*
 * One that is loaded, of this kind, once more, onto the same maps: so it goes on with the next key,
 * and the caller closes the one of before. Returns 0, or a negative errno, reported.
 */
int wrapper_renew(struct bpf_object **wrapper, const struct wrapper_kind *kind);

/* The descriptor of its program. */
int wrapper_prog_fd(const struct bpf_object *wrapper, const struct wrapper_kind *kind);

#endif
