// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/bpf/wrap.h"
#include "tests/bench/testrun.h"

#define REPEAT_FIRST 2000
#define REPEAT_MAX   20000000
#define GROWTH       32

/* A program array takes programs of one kind, by rules that no query tells: the first that fits. */
static const struct wrapper_kind xdp_kinds[] = {
	{ "wrap_xdp", BPF_XDP },
	{ "wrap_xdp_frags", BPF_XDP },
	{ "wrap_xdp", 0 }, /* as iproute2 loads */
	{ "wrap_xdp_frags", 0 },
};
static const struct wrapper_kind tc_kinds[] = {
	{ "wrap_tc", 0 },
};

static int put_subject(struct bpf_object *wrapper, int prog_fd)
{
	int map_fd = bpf_object__find_map_fd_by_name(wrapper, "subjects");
	__u32 key = 0;

	return bpf_map_update_elem(map_fd, &key, &prog_fd, BPF_ANY) ? -errno : 0;
}

static int prog_type(int prog_fd, __u32 *type)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len))
		return failed(-errno, "cannot query a program");
	*type = info.type;
	return 0;
}

int testrun_make(struct testrun *run, int prog_fd, const struct frame *frame,
                 const struct keys *keys)
{
	const struct wrapper_kind *kinds = xdp_kinds;
	size_t n = sizeof(xdp_kinds) / sizeof(xdp_kinds[0]);
	__u32 type = 0;
	int err;

	memset(run, 0, sizeof(*run));
	err = prog_type(prog_fd, &type);
	if (err)
		return err;
	run->tc = type == BPF_PROG_TYPE_SCHED_CLS;
	if (run->tc) {
		kinds = tc_kinds;
		n = 1;
	}
	for (size_t i = 0; i < n; i++) {
		err = wrapper_load(&run->wrapper, &kinds[i], frame, keys);
		if (err)
			return err;
		err = put_subject(run->wrapper, prog_fd);
		if (!err) {
			run->kind = &kinds[i];
			run->wrapper_fd = wrapper_prog_fd(run->wrapper, run->kind);
			run->frame = *frame;
			return 0;
		}
		bpf_object__close(run->wrapper);
		run->wrapper = NULL;
	}
	return failed(err, "cannot wrap a program of type %u", type);
}

/* The program is put into the array that both wrappers share: neither is ever without one. */
int testrun_renew(struct testrun *run, int prog_fd)
{
	struct bpf_object *wrapper = run->wrapper;
	int err = put_subject(wrapper, prog_fd);

	if (err)
		return failed(err, "cannot put a program into its wrapper once more");
	err = wrapper_renew(&wrapper, run->kind);
	if (err)
		return err;
	bpf_object__close(run->wrapper);
	run->wrapper = wrapper;
	run->wrapper_fd = wrapper_prog_fd(wrapper, run->kind);
	return 0;
}

int testrun_run(struct testrun *run, __u32 repeat, __u32 *action)
{
	struct xdp_md xdp = { .data_end = run->frame.size, .ingress_ifindex = run->ifindex };
	struct __sk_buff skb = { .ifindex = run->ifindex, .ingress_ifindex = run->ifindex };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = run->frame.bytes,
	            .data_size_in = run->frame.size, .repeat = (int)repeat);
	int err;

	if (run->ifindex) {
		opts.ctx_in = run->tc ? (void *)&skb : (void *)&xdp;
		opts.ctx_size_in = run->tc ? sizeof(skb) : sizeof(xdp);
	}
	err = bpf_prog_test_run_opts(run->wrapper_fd, &opts);
	if (err)
		return failed(err, "cannot run a program on %u packets", repeat);
	*action = opts.retval;
	return 0;
}

static int check_run(struct testrun *run, __u32 repeat, int action)
{
	__u32 found = 0;
	int err = testrun_run(run, repeat, &found);

	if (err)
		return err;
	if (found == WRAP_FAILED || (action != ANY_ACTION && found != (__u32)action))
		return failed(-EBADMSG, "packet %u of a test run ends with action %d, not with %d",
		              repeat, (int)found, action);
	return 0;
}

int testrun_check(struct testrun *run, int action, __u32 count)
{
	int err = 0;

	for (__u32 i = 0; !err && i < count; i++)
		err = check_run(run, 1, action);
	return err ? err : check_run(run, count, action);
}

/* Thread CPU time: the wall clock has the waits for RCU at both ends of an XDP test run. */
static int time_run(struct testrun *run, __u32 repeat, double *seconds)
{
	double before = cpu_seconds();
	__u32 action;
	int err = testrun_run(run, repeat, &action);

	*seconds = cpu_seconds() - before;
	if (!err && action == WRAP_FAILED)
		err = failed(-EBADMSG, "the wrapper lost its packet or its program");
	return err;
}

double testrun_wanted(const struct testrun *run)
{
	return (run->ms && !bench.quick ? run->ms : bench.round_ms) / 1e3;
}

/* How many packets fill a round; the caches are warm after it. */
static int calibrate(struct testrun *run)
{
	double wanted = testrun_wanted(run), took;
	__u32 repeat = REPEAT_FIRST;
	int err;

	for (;;) {
		err = time_run(run, repeat, &took);
		if (err)
			return err;
		if (took >= wanted / 4 || repeat >= REPEAT_MAX)
			break;
		repeat *= (__u32)fmin(fmax(wanted / took, 2), GROWTH);
	}
	run->repeat = (__u32)(repeat * wanted / took) + 1;
	return 0;
}

/*
 * A run takes some microseconds whatever its packets are, and rows are compared: all take as long
 * as wanted, so what was disturbed once must not decide for the rounds that follow.
 */
static int time_as_long(struct testrun *run, double *ns)
{
	double seconds, aim;
	int err = run->repeat ? 0 : calibrate(run);

	if (!err)
		err = time_run(run, run->repeat, &seconds);
	if (err)
		return err;
	*ns = seconds * 1e9 / run->repeat;
	aim = fmin(fmax(testrun_wanted(run) / seconds, 0.5), 2);
	run->repeat = (__u32)fmin(run->repeat * aim + 1, REPEAT_MAX);
	return 0;
}

/* Seconds would be fewer packets the slower a row is, and the fewer the colder its caches. */
static int time_as_many(struct testrun *run, double *ns)
{
	double seconds;
	__u32 action;
	int err = run->warm ? testrun_run(run, run->warm, &action) : 0;

	if (!err)
		err = time_run(run, run->packets, &seconds);
	if (!err)
		*ns = seconds * 1e9 / run->packets;
	return err;
}

int testrun_time(struct testrun *run, double *ns)
{
	return run->packets ? time_as_many(run, ns) : time_as_long(run, ns);
}

void testrun_free(struct testrun *run)
{
	bpf_object__close(run->wrapper);
	run->wrapper = NULL;
}
