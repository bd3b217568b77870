/* editor.h - a person's text: a file of its own, the editor on it, a question on the terminal.
 * The text is never lost: the file stays until editor_done, whatever happens in between. */
#ifndef EDITOR_H
#define EDITOR_H

#include "core/bytes.h"

struct editor {
	char dir[200], path[600]; /* dir empty: the file is the user's own, and stays */
};

/* Make a file below TMPDIR that ends in name and write the text. */
AX_MUST enum ax_err editor_make(struct editor *e, const char *name, struct ax_slice text);
/* Use a file that is there. */
AX_MUST enum ax_err editor_use(struct editor *e, const char *path);
/* Run $VISUAL, $EDITOR or vi on it. AX_EINVAL if it does not end with status 0. */
AX_MUST enum ax_err editor_run(const struct editor *e);
/* All is said: remove the file, if it is ours. */
void editor_done(struct editor *e);

/* Is somebody there to be asked? */
bool editor_can_ask(void);
/* Put a question; the answer is one of the letters, the first for an empty line, 'q' at the end of input. */
char editor_ask(const char *question, const char *letters);

#endif
