/* ready.h - telling the service manager how we are (sd_notify(3)). The only file that knows libsystemd. */
#ifndef READY_H
#define READY_H

/* Answers are given from now on. */
void ready_say(void);
/* The end has begun. */
void ready_stopping(void);

#endif
