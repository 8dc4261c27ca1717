// Values moved in and out of planes: nothing is computed, so one form serves every instruction set.
#include <string.h>

#include "planes.h"

void dd_copy_rows(
    struct dd_planes in_planes, struct dd_planes out_planes, int32_t in_channel,
    int32_t out_channel, int32_t channels, int32_t y0, int32_t y1, const float *in,
    ptrdiff_t in_count, float *out, ptrdiff_t out_count
) {
    require_planes(in_planes, in_count);
    require_planes(out_planes, out_count);
    require_rows(out_planes, 0, y0, y1);
    require(same_picture(in_planes, out_planes) && channels >= 0);
    require(within(0, in_channel, in_planes.blocks * in_planes.lanes - channels));
    require(within(0, out_channel, out_planes.blocks * out_planes.lanes - channels));
    // Runs of channels that lie side by side in both.
    for (int32_t done = 0, run; done < channels; done += run) {
        const int32_t from = in_channel + done, to = out_channel + done;
        const int32_t from_left = in_planes.lanes - from % in_planes.lanes;
        const int32_t to_left = out_planes.lanes - to % out_planes.lanes;
        run = channels - done;
        if (run > from_left) run = from_left;
        if (run > to_left) run = to_left;
        for (int32_t y = y0; y < y1; y++) {
            const float *source = in + pixel(in_planes, from / in_planes.lanes, y, 0)
                + from % in_planes.lanes;
            float *target = out + pixel(out_planes, to / out_planes.lanes, y, 0)
                + to % out_planes.lanes;
            for (int32_t x = 0; x < out_planes.width; x++)
                for (int32_t i = 0; i < run; i++)
                    target[(ptrdiff_t)x * out_planes.lanes + i] =
                        source[(ptrdiff_t)x * in_planes.lanes + i];
        }
    }
}

static void zero(float *from, ptrdiff_t count) { memset(from, 0, (size_t)count * sizeof(float)); }

void dd_clear_halo(
    struct dd_planes planes, int32_t block0, int32_t block1, int32_t y0, int32_t y1, float *out,
    ptrdiff_t out_count
) {
    require_planes(planes, out_count);
    require(0 <= block0 && block0 <= block1 && block1 <= planes.blocks);
    require_rows(planes, 0, y0, y1);
    const ptrdiff_t side = (ptrdiff_t)planes.halo * planes.lanes, row = row_floats(planes);
    if (side == 0 || y0 == y1) return;
    for (int32_t b = block0; b < block1; b++) {
        if (y0 == 0) zero(out + b * plane_floats(planes), planes.halo * row);
        for (int32_t y = y0; y < y1; y++) {
            zero(out + pixel(planes, b, y, -planes.halo), side);
            zero(out + pixel(planes, b, y, planes.width), side);
        }
        if (y1 == planes.height)
            zero(out + pixel(planes, b, planes.height, -planes.halo), planes.halo * row);
    }
}

void dd_load_tensor(
    struct dd_planes planes, int32_t channels, const float *tensor, ptrdiff_t tensor_count,
    float *out, ptrdiff_t out_count
) {
    require_planes(planes, out_count);
    require(within(0, channels, planes.blocks * planes.lanes));
    const ptrdiff_t picture = (ptrdiff_t)planes.height * planes.width;
    require(channels == 0 || tensor_count / channels >= picture);
    for (int32_t c = 0; c < planes.blocks * planes.lanes; c++)
        for (int32_t y = 0; y < planes.height; y++) {
            float *to = out + pixel(planes, c / planes.lanes, y, 0) + c % planes.lanes;
            const float *from = tensor + (c * picture + (ptrdiff_t)y * planes.width);
            for (int32_t x = 0; x < planes.width; x++)
                to[(ptrdiff_t)x * planes.lanes] = c < channels ? from[x] : 0;
        }
}

void dd_copy_bytes(const uint8_t *in, uint8_t *out, ptrdiff_t count) {
    require(count >= 0);
    memcpy(out, in, (size_t)count);
}
