// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bpf/wrap.h"
#include "tests/bench/share.h"
#include "tests/bench/wrapper.h"

static int set_constants(struct bpf_object *obj, const struct frame *frame, const struct keys *keys)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, ".rodata");
	struct wrap_config config = {
		.frame_size = frame->size,
		.frame_words = frame->size / 8,
		.key_offset = frame->key_offset,
		.key_size = frame->key_size,
		.key_mask = keys->count - 1,
		.sum_offset = frame->sum_offset,
		.sum_base = frame->sum_base,
	};

	memcpy(config.frame, frame->bytes, sizeof(config.frame));
	return map ? bpf_map__set_initial_value(map, &config, sizeof(config)) : -ENOENT;
}

static int use_keys(struct bpf_object *obj, const struct keys *keys)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "keys");

	return map ? bpf_map__reuse_fd(map, keys->map_fd) : -ENOENT;
}

/* With one of its programs to be loaded. NULL, reported, if that fails. */
static struct bpf_object *open_kind(const struct wrapper_kind *kind)
{
	struct bpf_object *obj = bpf_object__open_file(BENCH_BPF "wrap.o", NULL);
	struct bpf_program *prog;

	if (!obj) {
		failed(-errno, "cannot open %s", BENCH_BPF "wrap.o");
		return NULL;
	}
	bpf_object__for_each_program(prog, obj) {
		bool wanted = !strcmp(bpf_program__name(prog), kind->program);

		bpf_program__set_autoload(prog, wanted);
		if (wanted)
			bpf_program__set_expected_attach_type(prog, kind->attach_type);
	}
	return obj;
}

/* If err says that nothing has failed yet. */
static int load(struct bpf_object *obj, const struct wrapper_kind *kind, int err)
{
	if (!err)
		err = bpf_object__load(obj);
	if (!err)
		return 0;
	bpf_object__close(obj);
	return failed(err, "cannot load %s of %s", kind->program, BENCH_BPF "wrap.o");
}

int wrapper_load(struct bpf_object **wrapper, const struct wrapper_kind *kind,
                 const struct frame *frame, const struct keys *keys)
{
	struct bpf_object *obj = open_kind(kind);
	int err;

	if (!obj)
		return -ENOENT;
	err = set_constants(obj, frame, keys);
	if (!err)
		err = use_keys(obj, keys);
	err = load(obj, kind, err);
	if (!err)
		*wrapper = obj;
	return err;
}

int wrapper_renew(struct bpf_object **wrapper, const struct wrapper_kind *kind)
{
	struct bpf_object *obj = open_kind(kind);
	int err;

	if (!obj)
		return -ENOENT;
	err = load(obj, kind, share_maps(obj, wrapper_prog_fd(*wrapper, kind)));
	if (!err)
		*wrapper = obj;
	return err;
}

int wrapper_prog_fd(const struct bpf_object *wrapper, const struct wrapper_kind *kind)
{
	return bpf_program__fd(bpf_object__find_program_by_name(wrapper, kind->program));
}
