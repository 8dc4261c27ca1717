// The model that serves when no --model is given: a safetensors file inside the executable.
#pragma once
#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes in the built-in model.
size_t dd_built_in_model_count(void);

/// The built-in model's bytes, aligned to 64, alive as long as the process.
const uint8_t *_Nonnull dd_built_in_model(void);
