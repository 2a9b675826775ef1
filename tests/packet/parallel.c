// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/packet/parallel.h"

struct job {
	pthread_t thread;
	pthread_barrier_t *begin;
	int cpu, prog_fd, err;
	const struct frame *frame;
	unsigned int repeat;
};

int parallel_cpus(void)
{
	cpu_set_t cpus;

	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	return CPU_COUNT(&cpus);
}

static void *work(void *arg)
{
	static __thread struct frame out;
	struct job *job = arg;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = job->frame->bytes,
	            .data_size_in = job->frame->len, .data_out = out.bytes,
	            .data_size_out = sizeof(out.bytes), .repeat = (int)job->repeat);
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(job->cpu, &cpu);
	job->err = sched_setaffinity(0, sizeof(cpu), &cpu);
	pthread_barrier_wait(job->begin);
	if (!job->err)
		job->err = bpf_prog_test_run_opts(job->prog_fd, &opts);
	return NULL;
}

void parallel_run(int prog_fd, const struct frame *f, unsigned int repeat)
{
	int count = parallel_cpus(), n = 0;
	struct job *jobs = calloc(count, sizeof(*jobs));
	pthread_barrier_t begin;
	cpu_set_t cpus;

	assert_non_null(jobs);
	assert_int_equal(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	assert_int_equal(pthread_barrier_init(&begin, NULL, count), 0);
	for (int cpu = 0; n < count && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		jobs[n] = (struct job){ .begin = &begin,
			                .cpu = cpu,
			                .prog_fd = prog_fd,
			                .frame = f,
			                .repeat = repeat };
		assert_int_equal(pthread_create(&jobs[n].thread, NULL, work, &jobs[n]), 0);
		n++;
	}
	for (n = 0; n < count; n++) {
		assert_int_equal(pthread_join(jobs[n].thread, NULL), 0);
		assert_int_equal(jobs[n].err, 0);
	}
	pthread_barrier_destroy(&begin);
	free(jobs);
}
