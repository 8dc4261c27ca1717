#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>

/// No chunk that is kept in memory may be larger. Ancillary ones are skipped, so that only a
/// palette (768 bytes) is ever kept.
static const png_alloc_size_t chunk_bytes_max = 1 << 20;

/// Where the bytes are read from, and where an error goes.
struct decoding {
    const uint8_t *bytes;
    size_t count;
    size_t at;
    int ran_out;
    uint8_t *message;
    size_t message_count;
    jmp_buf escape;
};

static void take(png_structp png, png_bytep out, size_t count) {
    struct decoding *decoding = png_get_io_ptr(png);
    if (count > decoding->count - decoding->at) {
        decoding->ran_out = 1;
        png_error(png, "the bytes end inside the picture");
    }
    memcpy(out, decoding->bytes + decoding->at, count);
    decoding->at += count;
}

static void fail(png_structp png, png_const_charp text) {
    struct decoding *decoding = png_get_error_ptr(png);
    if (decoding->message_count > 0) {
        size_t length = strlen(text);
        if (length > decoding->message_count - 1) length = decoding->message_count - 1;
        memcpy(decoding->message, text, length);
        decoding->message[length] = 0;
    }
    longjmp(decoding->escape, 1);
}

static void ignore(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

/// The part under setjmp. It keeps no local that changes after it, so that none needs `volatile`.
static void read_picture(
    png_structp png, png_infop info, uint32_t width, uint32_t height, uint8_t *rgb) {
    png_set_benign_errors(png, 1);
    png_set_user_limits(png, width, height);
    png_set_chunk_malloc_max(png, chunk_bytes_max);
    // Only IHDR, PLTE, IDAT and IEND matter for the pixels; a profile or a text is never inflated.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);

    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
        png_error(png, "two sizes in one header");
    png_set_strip_16(png);
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t row_bytes = (size_t)width * 3;
    if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "rows of an unexpected length");

    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++) png_read_row(png, rgb + y * row_bytes, NULL);
    png_read_end(png, NULL);
}

int cpng_decode(
    const uint8_t *bytes, size_t bytes_count, uint32_t width, uint32_t height, uint8_t *rgb,
    size_t rgb_count, uint8_t *message, size_t message_count) {
    if (message_count > 0) message[0] = 0;
    if (height == 0 || rgb_count / height / 3 != width || rgb_count % ((size_t)height * 3) != 0)
        return CPNG_CORRUPT;
    struct decoding decoding = {
        .bytes = bytes, .count = bytes_count, .message = message, .message_count = message_count};
    // The structs are made under setjmp too: making one can fail with a message. They are volatile
    // for they are set between setjmp and longjmp.
    png_structp volatile png = NULL;
    png_infop volatile info = NULL;
    int status = CPNG_CORRUPT;
    if (setjmp(decoding.escape) == 0) {
        png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoding, fail, ignore);
        if (png != NULL) info = png_create_info_struct(png);
        if (info != NULL) {
            png_set_read_fn(png, &decoding, take);
            read_picture(png, info, width, height, rgb);
            status = CPNG_OK;
        }
    } else {
        status = decoding.ran_out ? CPNG_TRUNCATED : CPNG_CORRUPT;
    }
    png_structp made = png;
    png_infop made_info = info;
    if (made != NULL) png_destroy_read_struct(&made, made_info != NULL ? &made_info : NULL, NULL);
    return status;
}
