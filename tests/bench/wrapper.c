// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bpf/wrap.h"
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

int wrapper_load(struct bpf_object **wrapper, const struct wrapper_kind *kind,
                 const struct frame *frame, const struct keys *keys)
{
	struct bpf_object *obj = bpf_object__open_file(BENCH_BPF "wrap.o", NULL);
	struct bpf_program *prog;
	int err;

	if (!obj)
		return failed(-errno, "cannot open %s", BENCH_BPF "wrap.o");
	bpf_object__for_each_program(prog, obj) {
		bool wanted = !strcmp(bpf_program__name(prog), kind->program);

		bpf_program__set_autoload(prog, wanted);
		if (wanted)
			bpf_program__set_expected_attach_type(prog, kind->attach_type);
	}
	err = set_constants(obj, frame, keys);
	if (!err)
		err = use_keys(obj, keys);
	if (!err)
		err = bpf_object__load(obj);
	if (err) {
		bpf_object__close(obj);
		return failed(err, "cannot load %s of %s", kind->program, BENCH_BPF "wrap.o");
	}
	*wrapper = obj;
	return 0;
}
