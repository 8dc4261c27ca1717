#pragma once

#include <stddef.h>
#include <stdint.h>

#include <lifetimebound.h>
#include <ptrcheck.h>

/// How a decoding ended.
enum cpng_status {
    CPNG_OK = 0,
    /// The bytes end before the picture does.
    CPNG_TRUNCATED = 1,
    /// libpng refused the bytes; its words are in `message`.
    CPNG_CORRUPT = 2,
};

/// Decodes the default image of a PNG to 8-bit RGB, (height, width, 3), rows without padding.
///
/// Palette and grey become RGB, alpha and transparency are dropped, 16-bit samples keep their high
/// byte, gamma and colour profiles are ignored. The header must name exactly `width` × `height`,
/// and `rgb_count` must be their product times three.
///
/// Nothing leaves by longjmp: libpng's errors come back as a status and, in `message`, a
/// zero-terminated text.
int cpng_decode(
    const uint8_t *_Nonnull __counted_by(bytes_count) bytes __noescape, size_t bytes_count,
    uint32_t width, uint32_t height, uint8_t *_Nonnull __counted_by(rgb_count) rgb __noescape,
    size_t rgb_count, uint8_t *_Nonnull __counted_by(message_count) message __noescape,
    size_t message_count);
