#pragma once

// To be linked is all: SIGTERM, SIGINT and SIGHUP are then blocked before the program's first instruction, and
// stay pending until they are waited for or let through.
