/* keeper_child.h - the keeper's own side of keeper.h, and what is said between the two. */
#ifndef KEEPER_CHILD_H
#define KEEPER_CHILD_H

#include "core/repo.h"

enum keeper_verb { KEEPER_TAKE, KEEPER_RELEASE, KEEPER_PIN, KEEPER_UNPIN };

/* Between one program's two processes: as they are in memory. */
struct keeper_question {
	enum keeper_verb verb;
	uint64_t seen;   /* by the daemon: a state */
	struct ax_id id; /* of a commit */
};

struct keeper_answer {
	enum ax_err e;
	uint64_t id; /* of the state that is held now */
	char text[300];
};

/* Be the keeper, at this end of the pair: first answer whether the repository could be opened. */
_Noreturn void keeper_child(int fd, const char *repo, void (*log)(const char *text));

#endif
