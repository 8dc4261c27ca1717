#include "CBuiltInModel.h"

static _Alignas(64) const uint8_t model[] = {
#embed "BuiltIn.safetensors"
};

size_t dd_built_in_model_count(void) { return sizeof model; }

const uint8_t *dd_built_in_model(void) { return model; }
