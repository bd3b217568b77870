/* hot.h - how the way of an answer is compiled. It goes through the functions of eight files; called one by one they
 * take a third more instructions than as one. */
#ifndef HOT_H
#define HOT_H

/* All that it calls becomes a part of it, */
#define HOT __attribute__((flatten))
/* but for what the usual answer needs seldom. */
#define SELDOM __attribute__((noinline, cold))
/* and what many need, but would take the registers of those that do not. */
#define APART __attribute__((noinline))

#endif
