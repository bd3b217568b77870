#include "tools/picking.h"

#include "tools/save.h"

#include <stdlib.h>

static enum ax_err prepare(struct ax_job *job, struct cli *c, const struct picking *p, size_t i)
{
	ax_job_init(job, &c->zone, c->branch);
	enum ax_err e = p->onto ? ax_rebase_change(job, c->txn, p->commits[i], i ? 0 : p->onto, i > 0)
				: ax_pick_change(job, c->txn, p->commits[i], i > 0);
	job->rules = p->rules;
	job->change.expect = p->expect;
	return e;
}

static enum ax_err tell(struct cli *c, const struct ax_job *jobs, size_t n, enum ax_err e)
{
	for (size_t i = 0; i < n; i++)
		if (jobs[i].conflicts.n) {
			char part[AX_ID_SHORT + 1];
			ax_id_short(part, &jobs[i].read.id);
			ax_buf_printf(&c->out, "at %s:\n", part);
			return joining_tell(c, &jobs[i].conflicts, e, joining_sides);
		}
	return e;
}

enum ax_err picking_run(struct cli *c, const struct picking *p)
{
	struct ax_job *jobs = calloc(p->n, sizeof *jobs);
	struct ax_change *changes = calloc(p->n, sizeof *changes);
	size_t made = 0;
	enum ax_err e = jobs && changes ? AX_OK : ax_fail(AX_ENOMEM, "out of memory");
	for (; !e && made < p->n; made++)
		e = prepare(&jobs[made], c, p, made);
	for (size_t i = 0; !e && i < p->n; i++)
		changes[i] = jobs[i].change;
	if (!e)
		e = tell(c, jobs, p->n, save_changes(c, changes, p->n, save_force, false));
	for (size_t i = 0; i < made; i++)
		ax_job_fini(&jobs[i]);
	free(jobs);
	free(changes);
	return e;
}
