#include "CBuiltInModel.h"

static _Alignas(64) const uint8_t model[] = {
#embed "BuiltIn.safetensors"
};

static const uint8_t openapi[] = {
#embed "../../openapi.yaml"
};

size_t dd_built_in_model_count(void) { return sizeof model; }

const uint8_t *dd_built_in_model(void) { return model; }

size_t dd_openapi_count(void) { return sizeof openapi; }

const uint8_t *dd_openapi(void) { return openapi; }
