/* complete.h - what a shell may offer for the word that is being typed: `apex complete -- WORD ... LAST`, which the
 * scripts in examples/completion call. One candidate a line; the line ":files" asks the shell for files.
 *
 * A verb's `completes` has a word for each of its words, a blank between:
 *     r revisions (branches, tags)  b branches  t tags  h both as names  n owner names  y types  z zones  f files
 *     p proposals  c settings  v verbs that can be put off  - nothing
 * several letters for any of these; `:a|b` for a or b; a + behind the last for all that follow. Behind `--` come a
 * name and a type.
 * Whatever goes wrong nothing is offered, and nothing said: a person is in the middle of a line. */
#ifndef COMPLETE_H
#define COMPLETE_H

/* The exit status, 0. dir is the repository where no --repo is among the words. */
int complete(int argc, char **argv, const char *dir);

#endif
