// The two loops of bilinear resizing, on 8-bit samples with 11-bit weights: `Imaging/Resize.swift` says
// what they are part of. Plain C in vectors that every CPU has; Swift's compiler makes single steps of
// them, five times slower. The pixels that OpenCV gives are the oracle of their tests.
#pragma once
#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

/// Where an output place takes its two samples from, and how much of each.
struct rz_tap {
    int32_t first, second;                // pixels
    int16_t first_weight, second_weight;  // of 2048
};

/// For each tap the weighted sum of two RGB pixels of a line, shifted right by 4: three numbers.
///
/// Traps when a tap lies outside the line or the output is not as long as the taps.
void rz_stretch(
    const struct rz_tap *_Nonnull __counted_by(tap_count) taps __noescape, ptrdiff_t tap_count,
    const uint8_t *_Nonnull __counted_by(line_count) line __noescape, ptrdiff_t line_count,
    int16_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);

/// ((upper·upper_weight >> 16) + (lower·lower_weight >> 16) + 2) >> 2 for two stretched lines.
///
/// Traps when the three are not equally long.
void rz_blend(
    const int16_t *_Nonnull __counted_by(upper_count) upper __noescape, ptrdiff_t upper_count,
    int16_t upper_weight,
    const int16_t *_Nonnull __counted_by(lower_count) lower __noescape, ptrdiff_t lower_count,
    int16_t lower_weight,
    uint8_t *_Nonnull __counted_by(out_count) out __noescape, ptrdiff_t out_count);
