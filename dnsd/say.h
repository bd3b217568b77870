/* say.h - lines on stderr, with their priority where the journal reads them.
 * A text may begin with one of the priorities of sd-daemon(3); without one it is information. Whoever logs through a
 * `void (*log)(const char *text)` writes them so. Threads: any, once say_begin was called. */
#ifndef SAY_H
#define SAY_H

#include <stdbool.h>

#define SAY_ERROR "<3>"   /* something does not work */
#define SAY_WARNING "<4>" /* something works less well than was asked for */
#define SAY_INFO "<6>"

/* Look whether stderr goes to the journal: stream is the value of JOURNAL_STREAM, NULL without one. Before the first
 * say; until then, and if it does not, no priority is written. */
void say_begin(const char *stream);
/* One line to stderr, after the program's name. */
void say(const char *text);
/* Log one line of two parts, of which the first has the priority; beyond 1,200 octets it is cut. */
void say_why(void (*log)(const char *text), const char *what, const char *why);

#endif
