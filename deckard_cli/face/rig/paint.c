/* What the rig does for every point and every pixel: how points move, how layers are put into a frame, and how bands of
 * a drawing are put together for a mouth or an eye. The only part of Deckard that is not Python.
 *
 * A layer is looked up at points that lie close together and almost in a line, because a face hardly turns or stretches
 * between one pixel and the next. Eight pixels of a row are therefore found in sixteen bytes of each of two or three
 * rows of the layer, and blended in vectors. What does not fit (a layer folded or shrunk to half) is looked up pixel by
 * pixel, with the same numbers. From the grid's corners on all of that is done in integers, so that the same corners give
 * the same bytes on every processor.
 */

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define PUBLIC __declspec(dllexport)
#else
#define PUBLIC __attribute__((visibility("default")))
#endif

enum {
    LANES = 8,     /* pixels that are looked up at a time */
    REACH = 16,    /* bytes of a row that they are found in */
    ASIDE = 32,    /* transparent pixels left and right of a layer */
    ABOVE = 16,    /* transparent rows above and below it */
    BLOCK = 8,     /* side, in pixels, of the parts of a layer that are known to be empty or opaque */
    UNIT = 2048,   /* parts of a pixel in which places are counted */
    FINE = 64,     /* parts of a pixel in which they are blended: UNIT / 32 */
};

enum { EMPTY = 1, OPAQUE = 2 };

/* ---- Eight numbers at once ---------------------------------------------------------------------------------------- */

#if defined(__SSE4_1__)

#include <smmintrin.h>
typedef __m128i Lanes; /* eight of 16 bits, or sixteen of 8 */
#define ALL(value) _mm_set1_epi16((short)(value))
#define LOAD(from) _mm_loadu_si128((const __m128i *)(from))
#define PLUS(a, b) _mm_add_epi16(a, b)
#define PLUS_BYTES(a, b) _mm_add_epi8(a, b)
#define MINUS(a, b) _mm_sub_epi16(a, b)
#define TIMES(a, b) _mm_mullo_epi16(a, b)
#define ABS(a) _mm_abs_epi16(a)
#define NOT_UNDER_0(a) _mm_max_epi16(a, _mm_setzero_si128())
#define RIGHT(a, bits) _mm_srli_epi16(a, bits)
#define LEFT(a, bits) _mm_slli_epi16(a, bits)
#define AND(a, b) _mm_and_si128(a, b)
#define PICK(bytes, index) _mm_shuffle_epi8(bytes, index)
#define WEIGH(bytes, weights) _mm_maddubs_epi16(bytes, weights) /* sums of two neighbours, each times its weight */
#define SHARE(a, b) _mm_mulhrs_epi16(a, b)                      /* a * b / 32768, rounded */
#define NARROW(a) _mm_packus_epi16(a, a)
#define STORE(to, bytes) _mm_storel_epi64((__m128i *)(to), bytes)
#define WIDEN(from) _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)(from)))
#define LOAD_TWO(from, other)                                                                                          \
    _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(from)), _mm_loadl_epi64((const __m128i *)(other)))
#define WIDEN_FOUR(bytes) _mm_cvtepu8_epi16(_mm_cvtsi32_si128((int)(bytes)))
#define FOUR(bytes) (uint32_t)_mm_cvtsi128_si32(bytes)

#elif defined(__aarch64__)

#include <arm_neon.h>
typedef int16x8_t Lanes;
#define BYTES(a) vreinterpretq_u8_s16(a)
#define SHORTS(a) vreinterpretq_s16_u16(a)
#define ALL(value) vdupq_n_s16((int16_t)(value))
#define LOAD(from) vreinterpretq_s16_u8(vld1q_u8((const uint8_t *)(from)))
#define PLUS(a, b) vaddq_s16(a, b)
#define PLUS_BYTES(a, b) vreinterpretq_s16_u8(vaddq_u8(BYTES(a), BYTES(b)))
#define MINUS(a, b) vsubq_s16(a, b)
#define TIMES(a, b) vmulq_s16(a, b)
#define ABS(a) vabsq_s16(a)
#define NOT_UNDER_0(a) vmaxq_s16(a, vdupq_n_s16(0))
#define RIGHT(a, bits) SHORTS(vshrq_n_u16(vreinterpretq_u16_s16(a), bits))
#define LEFT(a, bits) vshlq_n_s16(a, bits)
#define AND(a, b) vandq_s16(a, b)
#define PICK(bytes, index) vreinterpretq_s16_u8(vqtbl1q_u8(BYTES(bytes), BYTES(index)))
#define WEIGH(bytes, weights)                                                                                          \
    SHORTS(vpaddq_u16(vmull_u8(vget_low_u8(BYTES(bytes)), vget_low_u8(BYTES(weights))),                                \
                      vmull_u8(vget_high_u8(BYTES(bytes)), vget_high_u8(BYTES(weights)))))
#define SHARE(a, b) vqrdmulhq_s16(a, b)
#define NARROW(a) vcombine_s16(vreinterpret_s16_u8(vqmovun_s16(a)), vdup_n_s16(0))
#define STORE(to, bytes) vst1_u8((uint8_t *)(to), vget_low_u8(BYTES(bytes)))
#define WIDEN(from) SHORTS(vmovl_u8(vld1_u8((const uint8_t *)(from))))
#define LOAD_TWO(from, other) vreinterpretq_s16_u8(vcombine_u8(vld1_u8(from), vld1_u8(other)))
#define WIDEN_FOUR(bytes) SHORTS(vmovl_u8(vcreate_u8((uint64_t)(bytes))))
#define FOUR(bytes) vgetq_lane_u32(vreinterpretq_u32_s16(bytes), 0)

#else
#define NO_VECTORS
#endif

static inline int least(int a, int b) { return a < b ? a : b; }
static inline int most(int a, int b) { return a > b ? a : b; }

/* value * share / 255, rounded. */
static inline int part(int value, int share) {
    int product = value * share + 128;
    return (product + (product >> 8)) >> 8;
}

static inline uint8_t laid(int under, int over, int opacity) {
    return (uint8_t)least(part(under, 255 - opacity) + over, 255);
}

/* ---- A layer as it is looked up ----------------------------------------------------------------------------------- */

/* One plane, or two that are woven: the bytes of one after those of the other. */
typedef struct {
    uint8_t *first; /* its pixel (0, 0) */
    ptrdiff_t stride;
    int width, height, woven;
} Sheet;

typedef struct {
    Sheet y, a;   /* brightness and opacity */
    Sheet uv, b;  /* colour and opacity at half the size */
    uint8_t *blocks;
    int across, down; /* blocks */
} Texture;

static Sheet sheet(uint8_t **memory, int width, int height, int woven) {
    ptrdiff_t stride = (ptrdiff_t)(width + 2 * ASIDE) * woven;
    Sheet made = {*memory + ABOVE * stride + ASIDE * woven, stride, width, height, woven};
    *memory += stride * (height + 2 * ABOVE);
    return made;
}

static Texture texture(uint8_t *memory, int width, int height, uint8_t **end) {
    Texture made;
    int half_width = (width + 1) / 2, half_height = (height + 1) / 2 + 1;
    made.y = sheet(&memory, width, height, 1);
    made.a = sheet(&memory, width, height, 1);
    made.uv = sheet(&memory, half_width, half_height, 2);
    made.b = sheet(&memory, half_width, half_height, 1);
    made.blocks = memory;
    made.across = (width + BLOCK - 1) / BLOCK;
    made.down = (height + BLOCK - 1) / BLOCK;
    if (end)
        *end = memory + (ptrdiff_t)made.across * made.down + REACH;
    return made;
}

/* Bytes that a layer of this size takes as a texture. */
PUBLIC int64_t deckard_texture_bytes(int width, int height) {
    uint8_t *end, nothing;
    texture(&nothing, width, height, &end);
    return end - &nothing;
}

static void mark(Texture *made, int left, int top, int right, int bottom) {
    for (int j = top / BLOCK; j * BLOCK < bottom; j++)
        for (int i = left / BLOCK; i * BLOCK < right; i++) {
            int x1 = least((i + 1) * BLOCK, made->a.width), y1 = least((j + 1) * BLOCK, made->a.height);
            uint8_t any = 0, every = 255;
            for (int y = j * BLOCK; y < y1; y++)
                for (int x = i * BLOCK; x < x1; x++) {
                    any |= made->a.first[y * made->a.stride + x];
                    every &= made->a.first[y * made->a.stride + x];
                }
            made->blocks[j * made->across + i] = (any ? 0 : EMPTY) | (every == 255 ? OPAQUE : 0);
        }
}

/* Follow a packed picture, whose rows lie `stride` bytes apart, from column `left` and row `top` on to `right` and
 * `bottom`. `fresh`: the memory holds something else. */
PUBLIC void deckard_texture_renew(uint8_t *memory, int width, int height, const uint8_t *pixels, int64_t stride,
                                  int left, int top, int right, int bottom, int fresh) {
    uint8_t *end;
    Texture made = texture(memory, width, height, &end);
    if (fresh)
        memset(memory, 0, (size_t)(end - memory));
    left &= ~1, top &= ~1; /* colour goes by twos */
    for (int y = top; y < bottom; y++) {
        const uint8_t *from = pixels + y * stride + 4 * left;
        uint8_t *to_y = made.y.first + y * made.y.stride, *to_a = made.a.first + y * made.a.stride;
        for (int x = left; x < right; x++, from += 4) {
            to_y[x] = from[0];
            to_a[x] = from[3];
        }
    }
    for (int y = top; y < bottom; y += 2) {
        const uint8_t *from = pixels + y * stride, *below = y + 1 < height ? from + stride : from;
        uint8_t *to_uv = made.uv.first + y / 2 * made.uv.stride, *to_b = made.b.first + y / 2 * made.b.stride;
        for (int x = left; x < right; x += 2) {
            const uint8_t *p = from + 4 * x, *q = below + 4 * x;
            int beside = x + 1 < width ? 4 : 0;
            to_uv[x] = (uint8_t)((p[1] + p[beside + 1] + q[1] + q[beside + 1] + 2) >> 2);
            to_uv[x + 1] = (uint8_t)((p[2] + p[beside + 2] + q[2] + q[beside + 2] + 2) >> 2);
            to_b[x / 2] = (uint8_t)((p[3] + p[beside + 3] + q[3] + q[beside + 3] + 2) >> 2);
        }
    }
    if (bottom + 1 >= height) {
        /* A layer may end where the picture does: one that is see-through would have a line of another colour there. */
        int last = made.b.height - 1;
        memcpy(made.uv.first + last * made.uv.stride, made.uv.first + (last - 1) * made.uv.stride, 2 * made.b.width);
        memcpy(made.b.first + last * made.b.stride, made.b.first + (last - 1) * made.b.stride, made.b.width);
    }
    mark(&made, left, top, right, bottom);
}

/* ---- Where a cell of a frame comes from ------------------------------------------------------------------------------ */

/* The corners of a cell: which place of a sheet each shows, in pixels. */
typedef struct {
    float x[4], y[4]; /* above left, above right, below left, below right */
} Corners;

static inline float smaller(float a, float b) { return a < b ? a : b; }
static inline float larger(float a, float b) { return a > b ? a : b; }
static inline float apart(float a, float b) { return larger(a, b) - smaller(a, b); }

/* The places of a tile of up to eight by eight pixels, in UNITs of a pixel: that of the first, how far it is from there
 * to the next one in its row and in its column, and how much further in each row than in the one above. */
typedef struct {
    int first, right, down, more;
} Way;

typedef struct {
    Way x, y;
} Tile;

/* The way of the pixel at (column, row) of a cell of `side` pixels, and of those after it. */
static inline Way way_of(const float *at, float share, int column, int row) {
    float right = ((float)column + 0.5f) * share, down = ((float)row + 0.5f) * share, unit = (float)UNIT * share;
    float across = at[1] - at[0], below = at[2] - at[0], twist = at[3] - at[2] - across;
    Way way = {
        (int)lrintf((float)UNIT * (at[0] + across * right + (below + twist * right) * down)),
        (int)lrintf(unit * (across + twist * down)),
        (int)lrintf(unit * (below + twist * right)),
        (int)lrintf(unit * twist * share),
    };
    return way;
}

/* The same of a plane of half the size: each of its pixels is in the middle of four. */
static inline Way half_way(Way way) {
    int middle = way.first + (2 * (way.right + way.down) + way.more) / 4;
    Way half = {(middle - UNIT / 2) >> 1, way.right + way.more / 2, way.down + way.more / 2, 2 * way.more};
    return half;
}

static inline int place(const Way *way, int right, int down) {
    return way->first + right * (way->right + down * way->more) + down * way->down;
}

/* The least and the largest place of a tile's `width` x `height` pixels, each row counted `less` UNITs less than the one
 * above: the ends are in the corners. */
typedef struct {
    int least, most;
} Span;

static inline Span span_of(const Way *way, int width, int height, int less) {
    int right = (width - 1) * way->right, down = (height - 1) * (way->down - less);
    int corner = right + down + (width - 1) * (height - 1) * way->more;
    Span span = {way->first + least(least(0, right), least(down, corner)),
                 way->first + most(most(0, right), most(down, corner))};
    return span;
}

/* ---- Looking up --------------------------------------------------------------------------------------------------- */

static inline int pixel(const Sheet *from, int column, int row, int channel) {
    if (column < 0 || row < 0 || column >= from->width || row >= from->height)
        return 0;
    return from->first[row * from->stride + column * from->woven + channel];
}

/* Eight lanes of row `row` of a tile: of eight pixels, or four in two woven planes, first in the one, then in the other.
 * Each by itself: what the vectors do, wherever the places lie. */
static void look_up_slowly(const Sheet *from, int woven, const Tile *tile, int row, uint8_t *out) {
    for (int lane = 0; lane < LANES; lane++) {
        int right = lane % (LANES / woven), channel = from->woven == 1 ? 0 : lane / (LANES / 2);
        int x = place(&tile->x, right, row) >> 5, y = place(&tile->y, right, row) >> 5, sum = 16;
        for (int k = 0; k < 2; k++) {
            int across = (FINE - (x & (FINE - 1))) * pixel(from, x >> 6, (y >> 6) + k, channel) +
                         (x & (FINE - 1)) * pixel(from, (x >> 6) + 1, (y >> 6) + k, channel);
            sum += (across * (k ? y & (FINE - 1) : FINE - (y & (FINE - 1))) + 64) >> 7;
        }
        out[lane] = (uint8_t)(sum >> 5);
    }
}

static void lay_slowly(const Sheet *pixels, const Sheet *opacity, const Tile *tile, int row, uint8_t *under,
                       uint8_t *shown) {
    uint8_t over[LANES];
    look_up_slowly(pixels, pixels->woven, tile, row, over);
    look_up_slowly(opacity, pixels->woven, tile, row, shown);
    for (int lane = 0; lane < LANES; lane++)
        under[lane] = laid(under[lane], over[lane], shown[lane]);
}

#ifndef NO_VECTORS

static const int16_t STEPS[2][LANES] = {{0, 1, 2, 3, 4, 5, 6, 7}, {0, 1, 2, 3, 0, 1, 2, 3}};
static const uint8_t TWICE[2 * LANES] = {0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14};
static const uint8_t BESIDE[2][2 * LANES] = {{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1},
                                             {0, 2, 0, 2, 0, 2, 0, 2, 1, 3, 1, 3, 1, 3, 1, 3}};

/* A tile that fits the vectors. All its columns are among REACH bytes of a row; its first row is found in `rows` rows,
 * and each other in those that lie as much further down. */
typedef struct {
    int column, row, rows;    /* where its bytes begin */
    Lanes x, y;               /* the places of a row, counted from there */
    Lanes x_change, y_change; /* from one row to the next, for `y` less one pixel */
} Fitted;

/* What eight lanes show: which column they take, how that and the next are weighed, and how far below the first of the
 * rows they are, times 256. */
typedef struct {
    Lanes column, across, down;
} Shown;

/* 0 where a tile of `height` rows does not fit, or not into what there is of the sheet. */
static inline int fit(Fitted *at, const Sheet *from, int woven, const Tile *tile, int height) {
    Span x = span_of(&tile->x, LANES / woven, height, 0), y = span_of(&tile->y, LANES / woven, height, UNIT);
    at->column = x.least >> 11;
    at->row = y.least >> 11;
    at->rows = (y.most >> 11) - at->row + 2;
    if ((x.most >> 11) - at->column + 2 > REACH / woven || at->rows > 12 || at->column < -ASIDE ||
        at->column + REACH / woven > from->width + ASIDE || at->row < -ABOVE ||
        at->row + height - 1 + most(at->rows, 3) > from->height + ABOVE)
        return 0;
    Lanes step = LOAD(STEPS[woven - 1]);
    at->x = PLUS(ALL(tile->x.first - at->column * UNIT), TIMES(step, ALL(tile->x.right)));
    at->y = PLUS(ALL(tile->y.first - at->row * UNIT), TIMES(step, ALL(tile->y.right)));
    at->x_change = PLUS(ALL(tile->x.down), TIMES(step, ALL(tile->x.more)));
    at->y_change = PLUS(ALL(tile->y.down - UNIT), TIMES(step, ALL(tile->y.more)));
    return 1;
}

static inline Shown shown_at(const Fitted *at) {
    Shown shown;
    shown.column = RIGHT(at->x, 11);
    /* FINE less the part, and in the upper byte the part. */
    shown.across = PLUS(ALL(FINE), TIMES(AND(RIGHT(at->x, 5), ALL(FINE - 1)), ALL(255)));
    shown.down = at->y;
    return shown;
}

/* How much of row number `row` of `rows` is seen, a tent over the row; FINE << 8 is all of it. */
static inline Lanes weight(Lanes down, int row, int rows) {
    const Lanes one = ALL(FINE << 8);
    if (rows == 3) {
        down = LEFT(RIGHT(down, 5), 8);
        return row == 1 ? MINUS(one, ABS(MINUS(down, one))) : NOT_UNDER_0(row ? MINUS(down, one) : MINUS(one, down));
    }
    return LEFT(NOT_UNDER_0(MINUS(ALL(FINE), ABS(MINUS(RIGHT(down, 5), ALL(row * FINE))))), 8);
}

static inline Lanes look_up(const uint8_t *bytes, ptrdiff_t stride, int woven, const Shown *shown, int rows) {
    /* Two bytes for each lane: a pixel and the one to its right. */
    Lanes left = woven == 1 ? shown->column : PLUS(shown->column, shown->column);
    Lanes pairs = PLUS_BYTES(PICK(left, LOAD(TWICE)), LOAD(BESIDE[woven - 1])), sum = ALL(16);
    for (int row = 0; row < rows; row++, bytes += stride)
        sum = PLUS(sum, SHARE(WEIGH(PICK(LOAD(bytes), pairs), shown->across), weight(shown->down, row, rows)));
    return RIGHT(sum, 5);
}

static inline Lanes lay(Lanes under, Lanes over, Lanes opacity) {
    Lanes product = PLUS(TIMES(under, MINUS(ALL(255), opacity)), ALL(128));
    return PLUS(RIGHT(PLUS(product, RIGHT(product, 8)), 8), over);
}

#endif

/* ---- A frame ------------------------------------------------------------------------------------------------------ */

typedef struct {
    uint8_t *y, *u, *v, *a; /* a is NULL where a picture has no opacity of its own */
    int width, height;
} Picture;

/* What a tile shows of the layer: EMPTY, OPAQUE, or neither. */
static inline int shows(const Texture *layer, const Tile *tile) {
    Span x = span_of(&tile->x, LANES, LANES, 0), y = span_of(&tile->y, LANES, LANES, 0);
    /* Colour is looked up at half the size, so that it sees three pixels further, and its last row is there twice. */
    int left = (x.least >> 11) - 3, right = (x.most >> 11) + 3, top = (y.least >> 11) - 4, bottom = (y.most >> 11) + 3;
    int width = layer->a.width, height = layer->a.height, all = EMPTY | OPAQUE;
    if (right < 0 || bottom < 0 || left >= width || top >= height)
        return EMPTY;
    if (left < 0 || top < 0 || right >= width || bottom >= height) {
        all = EMPTY;
        left = most(left, 0), top = most(top, 0), right = least(right, width - 1), bottom = least(bottom, height - 1);
    }
    for (int j = top / BLOCK; j <= bottom / BLOCK; j++)
        for (int i = left / BLOCK; i <= right / BLOCK; i++)
            all &= layer->blocks[j * layer->across + i];
    return all;
}

/* Where a tile is drawn: on one plane, or on two where the sheet is woven. */
typedef struct {
    uint8_t *plane, *other; /* its first pixel, even where that is outside */
    uint8_t *clear;         /* the same of the picture's own opacity, or NULL */
    ptrdiff_t stride;       /* bytes from one row to the next */
    int first, count;       /* which of its columns are seen, and how many */
    int top, bottom;        /* which of its rows */
} Onto;

static inline Onto onto_plane(uint8_t *plane, uint8_t *other, uint8_t *clear, int width, int height, int left, int top,
                              int across, int down) {
    ptrdiff_t at = (ptrdiff_t)top * width + left;
    int first = most(-left, 0);
    Onto onto = {plane + at, other ? other + at : NULL, clear ? clear + at : NULL, width, first,
                 least(across, width - left) - first, most(-top, 0), least(down, height - top)};
    return onto;
}

/* Bytes `at` a place of the planes into those lanes of `under` that are seen, or back. */
static inline void take(uint8_t *under, const Onto *onto, ptrdiff_t at, int woven) {
    const int first = onto->first, count = onto->count;
    if (woven == 2 && count == LANES / 2) {
        /* Written as two halves, the eight bytes would be waited for. */
        uint32_t one, other;
        memcpy(&one, onto->plane + at, sizeof one);
        memcpy(&other, onto->other + at, sizeof other);
        uint64_t both = one | (uint64_t)other << 32;
        memcpy(under, &both, sizeof both);
    } else {
        memcpy(under + first, onto->plane + at + first, (size_t)count);
        if (woven == 2)
            memcpy(under + LANES / 2 + first, onto->other + at + first, (size_t)count);
    }
}

static inline void put(const uint8_t *drawn, const Onto *onto, ptrdiff_t at, int woven) {
    const int first = onto->first, count = onto->count;
    if (woven == 2 && count == LANES / 2) {
        memcpy(onto->plane + at, drawn, LANES / 2);
        memcpy(onto->other + at, drawn + LANES / 2, LANES / 2);
    } else {
        memcpy(onto->plane + at + first, drawn + first, (size_t)count);
        if (woven == 2)
            memcpy(onto->other + at + first, drawn + LANES / 2 + first, (size_t)count);
    }
}

/* Lay opacities over those of the picture itself. */
static inline void clear_line(uint8_t *under, const uint8_t *shown, int count) {
    for (int i = 0; i < count; i++)
        under[i] = laid(under[i], shown[i], shown[i]);
}

/* Draw a tile. */
static void draw_slowly(const Sheet *pixels, const Sheet *opacity, const Tile *tile, Onto onto) {
    for (int row = onto.top; row < onto.bottom; row++) {
        uint8_t under[LANES] = {0}, shown[LANES];
        ptrdiff_t at = row * onto.stride;
        take(under, &onto, at, pixels->woven);
        lay_slowly(pixels, opacity, tile, row, under, shown);
        put(under, &onto, at, pixels->woven);
        if (onto.clear)
            clear_line(onto.clear + at + onto.first, shown + onto.first, onto.count);
    }
}

#ifndef NO_VECTORS

/* The same of one that fits. */
static inline void draw_quickly(Sheet pixels, Sheet opacity, int woven, Fitted tile, int opaque, int rows, Onto onto) {
    const int whole = woven == 1 && onto.count == LANES;
    const uint8_t *bytes = pixels.first + tile.row * pixels.stride + tile.column * woven;
    const uint8_t *solid = opacity.first + tile.row * opacity.stride + tile.column;
    ptrdiff_t at = 0;
    for (int row = 0; row < onto.bottom; row++, at += onto.stride) {
        if (row >= onto.top) {
            Shown shown = shown_at(&tile);
            Lanes over = look_up(bytes, pixels.stride, woven, &shown, rows);
            uint8_t memory[LANES], *under = whole ? onto.plane + at : memory;
            if (!opaque) {
                Lanes opacities = look_up(solid, opacity.stride, 1, &shown, rows);
                if (!whole)
                    take(under, &onto, at, woven);
                over = lay(WIDEN(under), over, opacities);
                if (onto.clear) {
                    uint8_t clear[LANES];
                    STORE(clear, NARROW(opacities));
                    clear_line(onto.clear + at + onto.first, clear + onto.first, onto.count);
                }
            }
            STORE(under, NARROW(over));
            if (!whole)
                put(under, &onto, at, woven);
        }
        bytes += pixels.stride, solid += opacity.stride;
        tile.x = PLUS(tile.x, tile.x_change), tile.y = PLUS(tile.y, tile.y_change);
    }
}

#endif

static inline void draw_plane(const Sheet *pixels, const Sheet *opacity, int woven, const Tile *tile, int opaque,
                              Onto onto) {
#ifndef NO_VECTORS
    Fitted fitted;
    if (fit(&fitted, pixels, woven, tile, onto.bottom)) {
        /* Said outright, so that the compiler unrolls the rows: half of the time. */
        if (fitted.rows <= 3 && opaque && !onto.clear)
            draw_quickly(*pixels, *opacity, woven, fitted, 1, 3, onto);
        else if (fitted.rows <= 3)
            draw_quickly(*pixels, *opacity, woven, fitted, 0, 3, onto);
        else
            draw_quickly(*pixels, *opacity, woven, fitted, 0, fitted.rows, onto);
        return;
    }
#endif
    draw_slowly(pixels, opacity, tile, onto);
}

/* Draw a cell of `side` pixels, the first of which is (left, top), tile by tile. Says whether anything was seen. */
static int draw_cell(const Texture *layer, const Corners *cell, int side, int left, int top, const Picture *onto) {
    const float share = 1.0f / (float)side;
    int seen = 0;
    for (int y = 0; y < side; y += LANES)
        for (int x = 0; x < side; x += LANES) {
            int across = least(LANES, side - x), down = least(LANES, side - y), i = left + x, j = top + y;
            if (i + across <= 0 || j + down <= 0 || i >= onto->width || j >= onto->height)
                continue;
            Tile tile = {way_of(cell->x, share, x, y), way_of(cell->y, share, x, y)};
            int found = shows(layer, &tile);
            if (found & EMPTY)
                continue;
            Tile half = {half_way(tile.x), half_way(tile.y)};
            draw_plane(&layer->y, &layer->a, 1, &tile, found == OPAQUE,
                       onto_plane(onto->y, NULL, onto->a, onto->width, onto->height, i, j, across, down));
            draw_plane(&layer->uv, &layer->b, 2, &half, found == OPAQUE,
                       onto_plane(onto->u, onto->v, NULL, onto->width / 2, onto->height / 2, i / 2, j / 2, across / 2,
                                  down / 2));
            seen = 1;
        }
    return seen;
}

static Picture picture(uint8_t *planes, int width, int height, int clear) {
    ptrdiff_t full = (ptrdiff_t)width * height;
    Picture made = {planes, planes + full, planes + full + full / 4, clear ? planes + full + full / 2 : NULL, width,
                    height};
    return made;
}

static void copy_part(uint8_t *to, const uint8_t *from, int width, int height, int side, int left, int top) {
    int first = most(left, 0), count = least(left + side, width) - first;
    for (int y = most(top, 0); y < least(top + side, height); y++)
        memcpy(to + (ptrdiff_t)y * width + first, from + (ptrdiff_t)y * width + first, (size_t)count);
}

static void copy_cell(const Picture *to, const Picture *from, int side, int left, int top) {
    copy_part(to->y, from->y, to->width, to->height, side, left, top);
    if (to->a)
        copy_part(to->a, from->a, to->width, to->height, side, left, top);
    copy_part(to->u, from->u, to->width / 2, to->height / 2, side / 2, left / 2, top / 2);
    copy_part(to->v, from->v, to->width / 2, to->height / 2, side / 2, left / 2, top / 2);
}

/* Where a cell was when it was painted, and whether anything of the layer was seen in it. */
typedef struct {
    Corners at;
    float drawn;
} Held;

PUBLIC int deckard_held_floats(void) { return sizeof(Held) / sizeof(float); }

static int has_gone(const Corners *at, const Corners *was, float far) {
    for (int i = 0; i < 4; i++)
        /* Said so that it is true of what was never painted, which is no number. */
        if (!(apart(at->x[i], was->x[i]) <= far && apart(at->y[i], was->y[i]) <= far))
            return 1;
    return 0;
}

/* Draw a layer over a picture. `xs` and `ys` say which place of the page the corners of the cells show, of which there
 * are `across` x `down`, of `side` pixels, an even number, from the pixel (left, top) of the picture on; `scale` is the
 * layer's pixels for each unit of the page, and its first pixel shows (x0, y0) / scale. The picture's planes Y, U, V,
 * and A where `clear`, lie one after the other.
 *
 * With `held`, one for each cell, the picture is kept from frame to frame: cells that have gone no further than `unseen`
 * pixels since they were painted stay as they are, the others are painted anew over `ground`. */
PUBLIC void deckard_paint(uint8_t *memory, int width, int height, float scale, float x0, float y0, const float *xs,
                          const float *ys, int across, int down, int side, int left, int top, uint8_t *planes,
                          int picture_width, int picture_height, int clear, uint8_t *ground, Held *held,
                          float unseen) {
    Texture layer = texture(memory, width, height, NULL);
    Picture onto = picture(planes, picture_width, picture_height, clear);
    Picture under = picture(ground, picture_width, picture_height, clear);
    for (int j = 0; j < down; j++)
        for (int i = 0; i < across; i++) {
            int x = left + i * side, y = top + j * side;
            if (x + side <= 0 || y + side <= 0 || x >= picture_width || y >= picture_height)
                continue;
            ptrdiff_t first = (ptrdiff_t)j * (across + 1) + i, below = first + across + 1;
            const ptrdiff_t corners[4] = {first, first + 1, below, below + 1};
            Corners at;
            for (int corner = 0; corner < 4; corner++) {
                at.x[corner] = xs[corners[corner]] * scale - x0;
                at.y[corner] = ys[corners[corner]] * scale - y0;
            }
            Held *kept = held ? held + (ptrdiff_t)j * across + i : NULL;
            if (kept && !has_gone(&at, &kept->at, unseen))
                continue;
            if (kept && kept->drawn != 0)
                copy_cell(&onto, &under, side, x, y);
            int seen = draw_cell(&layer, &at, side, x, y, &onto);
            if (kept) {
                kept->at = at;
                kept->drawn = (float)seen;
            }
        }
}

/* ---- Movement ----------------------------------------------------------------------------------------------------- */

/* A table of `values` at each place of a raster. */
typedef struct {
    const float *first;
    int width, height, values;
} Table;

/* The first `count` values at (x, y); beyond the edges, those of the edge. */
static inline void look_up_table(const Table *table, float x, float y, int count, float *out) {
    x = smaller(larger(x, 0), (float)(table->width - 1));
    y = smaller(larger(y, 0), (float)(table->height - 1));
    int column = least((int)x, most(table->width - 2, 0)), row = least((int)y, most(table->height - 2, 0));
    float right = x - (float)column, down = y - (float)row;
    const float *above = table->first + ((ptrdiff_t)row * table->width + column) * table->values;
    const float *below = table->height > 1 ? above + (ptrdiff_t)table->width * table->values : above;
    int beside = table->width > 1 ? table->values : 0;
    for (int i = 0; i < count; i++) {
        float upper = above[i] + (above[i + beside] - above[i]) * right;
        float lower = below[i] + (below[i + beside] - below[i]) * right;
        out[i] = upper + (lower - upper) * down;
    }
}

/* How points move. Each row of `spots` has a value for each of `points`: as in `Spots`. */
enum { X, Y, NEAR, NEAR_LATE, HAIR, LOOSE, HELD, FOLLOWS, LIFTED };

/* Where the skin of a face is looked up: in units of the page, and of the face. */
typedef struct {
    float left, top, scale;              /* where the face is on the page, and the page's units for one of the face */
    float map_left, map_top, step, level; /* where its maps begin, and the units between two points of them */
} Face;

/* Where each point of the posed page comes from, in each of `frames`: `xs` and `ys`, a row of `points` for each.
 *
 * `ways` has for each frame the rows of three matrices by which (x, y, nearness, 1) comes from somewhere: with the head,
 * with the head of a moment ago, and at rest. Hair is looked up in the table `hair`, where there is one, at (x + `hair_off`)
 * * `hair_scale`. `lifts` is how far a breath lifts, for each frame. Skin is moved by `moved`, which has for each frame a
 * raster of ways (right, down, with the jaw, with the lip), and by `dropped`, how far it comes down with jaw and lip at
 * each level of the face; both where there is a `face`. */
PUBLIC void deckard_move(float *xs, float *ys, int frames, int points, const float *spots, const float *ways,
                         const float *lifts, const float *hair, int hair_width, int hair_height, float hair_off,
                         float hair_scale, const Face *face, const float *moved, int moved_width, int moved_height,
                         const float *dropped, int levels) {
    const float *row[LIFTED + 1];
    for (int i = 0; i <= LIFTED; i++)
        row[i] = spots + (ptrdiff_t)i * points;
    const Table hairs = {hair, hair_width, hair_height, 1};
    for (int n = 0; n < frames; n++, xs += points, ys += points, ways += 24) {
        const Table maps = {moved + (ptrdiff_t)n * moved_width * moved_height * 4, moved_width, moved_height, 4};
        const Table drops = {dropped + (ptrdiff_t)n * levels * 2, 1, levels, 2};
        for (int i = 0; i < points; i++) {
            const float x = row[X][i], y = row[Y][i];
            float at[6];
            for (int way = 0; way < 6; way++)
                at[way] = ways[4 * way] * x + ways[4 * way + 1] * y + ways[4 * way + 3] +
                          ways[4 * way + 2] * (way == 2 || way == 3 ? row[NEAR_LATE][i] : row[NEAR][i]);
            float rests = 1 - row[HELD][i], share = row[HAIR][i];
            if (hair)
                /* Looked for where it would come from: asked where the point is now, the ends of the hair in a tilted
                 * head would be taken for shoulders, and torn. */
                look_up_table(&hairs, (at[4] + rests * (at[0] - at[4]) + hair_off) * hair_scale - 0.5f,
                              (at[5] + rests * (at[1] - at[5]) + hair_off) * hair_scale - 0.5f, 1, &share);
            float loose = share * row[LOOSE][i], follow = row[FOLLOWS][i] + share * (rests - row[FOLLOWS][i]);
            float from_x = at[4] + follow * (at[0] + loose * (at[2] - at[0]) - at[4]);
            float from_y = at[5] + follow * (at[1] + loose * (at[3] - at[1]) - at[5]);
            if (face && share < 1) {
                float face_x = (from_x - face->left) / face->scale, face_y = (from_y - face->top) / face->scale;
                float drop[2], way[4];
                look_up_table(&drops, 0, face_y / face->level, 2, drop);
                look_up_table(&maps, (face_x - face->map_left) / face->step,
                              (face_y + drop[0] - face->map_top) / face->step, 4, way);
                float skin = face->scale * (1 - share);
                from_x -= skin * way[0];
                from_y += skin * (way[2] * drop[0] + way[3] * drop[1] - way[1]);
            }
            xs[i] = from_x;
            ys[i] = from_y + lifts[n] * row[LIFTED][i];
        }
    }
}

/* ---- Packed pictures: patches of one size, one for each frame of a run --------------------------------------------- */

typedef struct {
    int left, top, right, bottom;
} Box;

#ifndef NO_VECTORS

/* Lay four channels, in as many lanes, over a pixel, `share` / 255 of them. */
static inline void over_four(uint8_t *under, Lanes over, Lanes share) {
    static const uint8_t LAST[16] = {6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7, 6, 7};
    uint32_t below;
    memcpy(&below, under, sizeof below);
    Lanes product = PLUS(TIMES(over, share), ALL(128)), shown = RIGHT(PLUS(product, RIGHT(product, 8)), 8);
    below = FOUR(NARROW(lay(WIDEN_FOUR(below), shown, PICK(shown, LOAD(LAST)))));
    memcpy(under, &below, sizeof below);
}

#endif

/* Lay four channels over a pixel, `share` / 255 of them. */
static inline void over_pixel(uint8_t *under, const uint8_t *over, int share) {
#ifndef NO_VECTORS
    uint32_t four;
    memcpy(&four, over, sizeof four);
    over_four(under, WIDEN_FOUR(four), ALL(share));
#else
    int opacity = part(over[3], share);
    for (int channel = 0; opacity && channel < 4; channel++)
        under[channel] = laid(under[channel], part(over[channel], share), opacity);
#endif
}

static inline int part_of_255(float share) {
    return share <= 0 ? 0 : share >= 1 ? 255 : (int)(share * 255 + 0.5f);
}

/* Put packed pixels over others, in place (Porter and Duff 1984, premultiplied). */
PUBLIC void deckard_over(uint8_t *under, int64_t under_stride, const uint8_t *over, int64_t stride, int width,
                         int height) {
    for (int y = 0; y < height; y++, under += under_stride, over += stride) {
        int x = 0;
#ifndef NO_VECTORS
        static const uint8_t LAST_OF_EACH[16] = {6, 7, 6, 7, 6, 7, 6, 7, 14, 15, 14, 15, 14, 15, 14, 15};
        for (; x + 2 <= width; x += 2) {
            uint64_t two;
            memcpy(&two, over + 4 * x, sizeof two);
            if (two) {
                Lanes shown = WIDEN(over + 4 * x), opacity = PICK(shown, LOAD(LAST_OF_EACH));
                STORE(under + 4 * x, NARROW(lay(WIDEN(under + 4 * x), shown, opacity)));
            }
        }
#endif
        for (; x < width; x++)
            over_pixel(under + 4 * x, over + 4 * x, 255);
    }
}

/* The pixel of a packed picture at (x, y), in FINE parts of a pixel; nothing is beyond the edges. */
static inline uint32_t packed_pixel(const uint8_t *pixels, int width, int height, int x, int y) {
    int column = x >> 6, row = y >> 6, right = x & (FINE - 1), below = y & (FINE - 1);
    uint8_t corners[16] = {0}, out[4]; /* four pixels: above left, above right, below left, below right */
    for (int corner = 0; corner < 4; corner++) {
        int i = column + (corner & 1), j = row + (corner >> 1);
        if (i >= 0 && j >= 0 && i < width && j < height)
            memcpy(corners + 4 * corner, pixels + 4 * ((ptrdiff_t)j * width + i), 4);
    }
    for (int channel = 0; channel < 4; channel++) {
        int above = (FINE - right) * corners[channel] + right * corners[channel + 4];
        int under = (FINE - right) * corners[channel + 8] + right * corners[channel + 12];
        out[channel] = (uint8_t)((((above * (FINE - below) + 64) >> 7) + ((under * below + 64) >> 7) + 16) >> 5);
    }
    uint32_t found;
    memcpy(&found, out, sizeof found);
    return found;
}

#ifndef NO_VECTORS

/* A pixel between four, the first of which is `from`: weighed by `across` in both rows, and by `down`. */
static inline Lanes between_four(const uint8_t *from, ptrdiff_t stride, Lanes across, Lanes down) {
    static const uint8_t PAIRS[16] = {0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15};
    static const uint8_t OTHER_HALF[16] = {8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7};
    Lanes rows = SHARE(WEIGH(PICK(LOAD_TWO(from, from + stride), LOAD(PAIRS)), across), down);
    return RIGHT(PLUS(PLUS(rows, PICK(rows, LOAD(OTHER_HALF))), ALL(16)), 5);
}

/* The weights of two rows, of which `below` FINE parts are of the lower one. */
static inline Lanes weights_down(int below) {
    static const int16_t UPPER[LANES] = {1, 1, 1, 1, 0, 0, 0, 0};
    Lanes lower = ALL(below << 8);
    return PLUS(lower, TIMES(LOAD(UPPER), MINUS(ALL(FINE << 8), PLUS(lower, lower))));
}

#endif

/* Where a column of a patch comes from: row `now` shows row `was` of the picture, what is up to `inside` rows below it is
 * drawn out, so that the picture goes `more` rows further for each, and beyond that and above it each row is `slope`
 * rows of the picture. */
typedef struct {
    float now, was, inside, more, slope;
} Band;

static inline float row_shown(const Band *band, int y) {
    float depth = (float)y - band->now;
    return band->was + band->slope * depth + band->more * smaller(larger(depth, 0), band->inside);
}

/* The row that shows `row` of the picture. */
static inline float row_showing(const Band *band, float row) {
    float depth = (row - band->was) / band->slope, drawn_out = band->inside * (band->slope + band->more) / band->slope;
    if (depth > 0 && depth < drawn_out)
        depth = depth * band->slope / (band->slope + band->more);
    else if (depth >= drawn_out)
        depth -= drawn_out - band->inside;
    return band->now + depth;
}

/* Put a band of the packed picture `pixels` over each of `count` patches, but only what lies in `boxes`, one for each.
 * `curves` has a value for each column of each patch: how much is seen of it, which column of the picture it shows, and
 * there `now` and `was` of its `Band`, and, if `stretched`, `inside` and `more`, one after the other. `reach` says from
 * which row to which each column of the picture shows anything. */
PUBLIC void deckard_bands(uint8_t *patches, int count, int width, int height, const Box *boxes, const uint8_t *pixels,
                          int wide, int high, const int32_t *reach, const float *curves, int stretched, float slope) {
    const ptrdiff_t each = (ptrdiff_t)count * width;
    for (int n = 0; n < count; n++) {
        const Box box = boxes[n];
        uint8_t *patch = patches + 4 * (ptrdiff_t)n * width * height;
        for (int x = box.left; x < box.right; x++) {
            const float *at = curves + (ptrdiff_t)n * width + x;
            int share = part_of_255(at[0]), column = (int)lrintf(at[each] * FINE);
            if (!share || column <= -FINE || column >= wide * FINE)
                continue;
            const int32_t *left = reach + 2 * most(column >> 6, 0), *right = reach + 2 * least((column >> 6) + 1, wide - 1);
            float first = (float)least(left[0], right[0]) - 1, last = (float)most(left[1], right[1]);
            if (first >= last)
                continue;
            Band band = {at[2 * each], at[3 * each], stretched ? at[4 * each] : 0, stretched ? at[5 * each] : 0, slope};
            float one = row_showing(&band, first), other = row_showing(&band, last);
            int top = most(box.top, (int)floorf(smaller(larger(smaller(one, other), -1), (float)height)));
            int bottom = least(box.bottom, (int)floorf(smaller(larger(one, other), (float)height)) + 2);
            uint8_t *to = patch + 4 * ((ptrdiff_t)top * width + x);
            for (int y = top; y < bottom; y++, to += 4 * (ptrdiff_t)width) {
                int row = (int)lrintf(row_shown(&band, y) * FINE);
#ifndef NO_VECTORS
                if (column >= 0 && column >> 6 < wide - 1 && row >= 0 && row >> 6 < high - 1) {
                    const uint8_t *from = pixels + 4 * ((ptrdiff_t)(row >> 6) * wide + (column >> 6));
                    Lanes across = ALL((FINE - (column & (FINE - 1))) | (column & (FINE - 1)) << 8);
                    Lanes down = weights_down(row & (FINE - 1));
                    over_four(to, between_four(from, 4 * (ptrdiff_t)wide, across, down), ALL(share));
                    continue;
                }
#endif
                uint32_t found = packed_pixel(pixels, wide, high, column, row);
                over_pixel(to, (const uint8_t *)&found, share);
            }
        }
    }
}

/* Put each of `others` over a patch: as much as `curves` says first, as far as it lies below the row that they say next,
 * and above the last. */
PUBLIC void deckard_between(uint8_t *patches, int count, int width, int height, const Box *boxes,
                            const uint8_t *others, const float *curves) {
    const float *weight = curves, *top = weight + (ptrdiff_t)count * width, *bottom = top + (ptrdiff_t)count * width;
    for (int n = 0; n < count; n++)
        for (int x = boxes[n].left; x < boxes[n].right; x++) {
            ptrdiff_t at = (ptrdiff_t)n * width + x;
            int first = most(boxes[n].top, (int)top[at] - 1), last = least(boxes[n].bottom, (int)bottom[at] + 2);
            for (int y = first; y < last && weight[at] > 0; y++) {
                ptrdiff_t here = 4 * ((ptrdiff_t)(n * height + y) * width + x);
                float below = smaller(larger((float)y - top[at] + 0.5f, 0), 1);
                float above = smaller(larger(bottom[at] + 0.5f - (float)y, 0), 1);
                over_pixel(patches + here, others + here, part_of_255(below * above * weight[at]));
            }
        }
}

/* Tint each patch with one colour (Y, U, V), as much as `curves` says first, along the row that they say next: there all
 * of it, and further away what `fading` says, at every sixteenth of `thick`, but at least `floors`, one for each patch.
 */
PUBLIC void deckard_tint(uint8_t *patches, int count, int width, int height, const Box *boxes, const float *colour,
                         const float *curves, float thick, const float *fading, int length, const float *floors) {
    const float *weight = curves, *line = weight + (ptrdiff_t)count * width;
    for (int n = 0; n < count; n++)
        for (int x = boxes[n].left; x < boxes[n].right; x++) {
            ptrdiff_t at = (ptrdiff_t)n * width + x;
            for (int y = boxes[n].top; y < boxes[n].bottom && weight[at] > 0; y++) {
                float far = apart((float)y, line[at]) * 16 / thick + 0.5f;
                float share = larger(far < (float)length ? fading[(int)far] : 0, floors[n]) * weight[at];
                const uint8_t pixel[4] = {(uint8_t)(colour[0] * share + 0.5f), (uint8_t)(colour[1] * share + 0.5f),
                                          (uint8_t)(colour[2] * share + 0.5f), (uint8_t)part_of_255(share)};
                over_pixel(patches + 4 * ((ptrdiff_t)(n * height + y) * width + x), pixel, 255);
            }
        }
}
