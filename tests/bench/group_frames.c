// SPDX-License-Identifier: GPL-2.0-or-later
/* Real frames that are dropped at v0, or go on from there to another interface. */
#include "bpffs/log.h"
#include "tests/bench/bench.h"
#include "tests/bench/job.h"

int group_frames(void)
{
	struct frame frame;
	int err;

	frame_make(&frame, false);
	err = jobs_measure("frames-drop", "Real frames, dropped", job_drops, job_drops_len,
	                   "xdp-native", &frame);
	if (!err)
		err = job_sink_begin();
	frame_set_destination(&frame, "10.0.1.2");
	if (!err)
		err = jobs_measure("frames-forward", "Real frames, forwarded to another interface",
		                   job_forwards, job_forwards_len, "kernel", &frame);
	job_sink_end();
	return err;
}
