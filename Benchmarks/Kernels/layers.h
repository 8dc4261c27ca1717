// The convolutions of YOLOv8n at 640×640, and a clock.
#pragma once
#include <stdint.h>
#include <time.h>

// The picture's stem, then stages of equal layers: input and output channels, kernel, stride, the
// input's side, and how often the shape occurs.
static const struct layer {
    const char *name;
    int32_t in, out, kernel, stride, side, times;
} layers[] = {
    {"0 stem", 3, 16, 3, 2, 640, 1},      {"1", 16, 32, 3, 2, 320, 1},
    {"2 cv1", 32, 32, 1, 1, 160, 1},      {"2 m", 16, 16, 3, 1, 160, 2},
    {"2 cv2", 48, 32, 1, 1, 160, 1},      {"3", 32, 64, 3, 2, 160, 1},
    {"4 cv1", 64, 64, 1, 1, 80, 1},       {"4, 15 m", 32, 32, 3, 1, 80, 6},
    {"4 cv2", 128, 64, 1, 1, 80, 1},      {"5", 64, 128, 3, 2, 80, 1},
    {"6 cv1", 128, 128, 1, 1, 40, 1},     {"6, 12, 18 m", 64, 64, 3, 1, 40, 9},
    {"6 cv2", 256, 128, 1, 1, 40, 1},     {"7", 128, 256, 3, 2, 40, 1},
    {"8 cv1", 256, 256, 1, 1, 20, 1},     {"8, 21 m", 128, 128, 3, 1, 20, 4},
    {"8, 21 cv", 384, 256, 1, 1, 20, 3},  {"9 cv1", 256, 128, 1, 1, 20, 1},
    {"9 cv2", 512, 256, 1, 1, 20, 1},     {"12 cv1", 384, 128, 1, 1, 40, 1},
    {"12, 18 cv", 192, 128, 1, 1, 40, 3}, {"15 cv1", 192, 64, 1, 1, 80, 1},
    {"15 cv2", 96, 64, 1, 1, 80, 1},      {"16", 64, 64, 3, 2, 80, 1},
    {"19", 128, 128, 3, 2, 40, 1},        {"22 box 80", 64, 64, 3, 1, 80, 2},
    {"22 box 80", 64, 64, 1, 1, 80, 1},   {"22 cls 80", 64, 80, 3, 1, 80, 1},
    {"22 cls 80", 80, 80, 3, 1, 80, 1},   {"22 cls 80", 80, 80, 1, 1, 80, 1},
    {"22 box 40", 128, 64, 3, 1, 40, 1},  {"22 box 40", 64, 64, 1, 1, 40, 1},
    {"22 cls 40", 128, 80, 3, 1, 40, 1},  {"22 cls 40", 80, 80, 3, 1, 40, 1},
    {"22 cls 40", 80, 80, 1, 1, 40, 1},   {"22 box 20", 256, 64, 3, 1, 20, 1},
    {"22 box 20", 64, 64, 3, 1, 20, 1},   {"22 box 20", 64, 64, 1, 1, 20, 1},
    {"22 cls 20", 256, 80, 3, 1, 20, 1},  {"22 cls 20", 80, 80, 3, 1, 20, 1},
    {"22 cls 20", 80, 80, 1, 1, 20, 1},
};
enum { COUNT = sizeof layers / sizeof *layers };

static double milliseconds(void) {
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}
