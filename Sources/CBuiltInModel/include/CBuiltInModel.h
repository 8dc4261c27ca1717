// The files inside the executable: the model that serves when no --model is given (safetensors), and
// openapi.yaml.
#pragma once
#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes in the built-in model.
size_t dd_built_in_model_count(void);

/// The built-in model's bytes, aligned to 64, alive as long as the process.
const uint8_t *_Nonnull dd_built_in_model(void);

/// Bytes in openapi.yaml.
size_t dd_openapi_count(void);

/// openapi.yaml's bytes, alive as long as the process.
const uint8_t *_Nonnull dd_openapi(void);
