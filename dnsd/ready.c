#include "dnsd/ready.h"

#include <systemd/sd-daemon.h>

void ready_say(void)
{
	(void)sd_notify(0, "READY=1"); /* without a manager it does nothing */
}

void ready_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}
