// Counts what a thread allocates, so that a test can promise "none". For tests only.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Calls of malloc and its kin by this thread so far.
uint64_t allocation_count(void);

/// Whether calls are counted: under a sanitizer, which has its own malloc, they are not.
bool allocation_count_works(void);
