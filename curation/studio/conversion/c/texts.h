/* The texts of an item, and what stands between two offsets of them. */

#pragma once

#include "json.h"

static void take_text(usual *u, shown *s, string text) {
  s->text = text;
  s->there = true;
  s->returns = memchr(text.at, '\r', text.size) != NULL;
  s->places.size = 0;
  unsigned char any = 0;
  for (size_t i = 0; i < text.size; i++) any |= (unsigned char)text.at[i];
  s->ascii = any < 0x80;
  s->length = (int64_t)text.size;
  if (s->ascii) return;
  reserve(u, &s->places, (text.size + 1) * sizeof(uint32_t));
  uint32_t *places = (uint32_t *)(void *)s->places.data;
  size_t count = 0;
  for (size_t i = 0; i < text.size; i++) {
    places[count] = (uint32_t)i;
    count += (text.at[i] & 0xC0) != 0x80;
  }
  places[count] = (uint32_t)text.size;
  s->length = (int64_t)count;
}

static size_t place_of(const shown *s, int64_t offset) {
  return s->ascii ? (size_t)offset : ((const uint32_t *)(const void *)s->places.data)[offset];
}

/* The code point that begins at `at`, in sound UTF-8. */
static uint32_t point_at(const char *at) {
  const unsigned char *c = (const unsigned char *)at;
  if (c[0] < 0x80) return c[0];
  if (c[0] < 0xE0) return (uint32_t)(c[0] & 0x1F) << 6 | (c[1] & 0x3F);
  if (c[0] < 0xF0) return (uint32_t)(c[0] & 0x0F) << 12 | (uint32_t)(c[1] & 0x3F) << 6 | (c[2] & 0x3F);
  return (uint32_t)(c[0] & 0x07) << 18 | (uint32_t)(c[1] & 0x3F) << 12 | (uint32_t)(c[2] & 0x3F) << 6 | (c[3] & 0x3F);
}

/* Where the character before `at` begins. */
static const char *before(const char *at) {
  do at--;
  while ((*at & 0xC0) == 0x80);
  return at;
}

typedef struct {
  uint32_t first, last;
} range;

static bool is_in(const range *ranges, size_t count, uint32_t point) {
  for (size_t i = 0; i < count; i++)
    if (point <= ranges[i].last) return point >= ranges[i].first;
  return false;
}
#define IS_IN(ranges, point) is_in(ranges, sizeof(ranges) / sizeof *(ranges), point)

/* What Python strips off a string, and other controls. */
static const range space[] = {{0x00, 0x20},     {0x7F, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
                              {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};

/* Two characters of these, side by side, are never one to a reader. */
static const range apart[] = {{0x09, 0x0A},     {0x20, 0x7E},     {0xA0, 0xAC},     {0xAE, 0x2FF},    {0x370, 0x482},
                              {0x48A, 0x52F},   {0x5D0, 0x5EA},   {0x621, 0x64A},   {0x2010, 0x2027}, {0x2030, 0x205E},
                              {0x3001, 0x3020}, {0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x4E00, 0x9FFF}, {0xFF01, 0xFF60}};

/* Whether a span that begins or ends at `at` may cut a character. */
static bool may_cut(const shown *s, const char *at) {
  if (at == s->text.at || at == s->text.at + s->text.size) return false;
  return !IS_IN(apart, point_at(before(at))) || !IS_IN(apart, point_at(at));
}

/* Whether the rules have to look at a span: white space at its edges, line breaks in it, or a character that it cuts. */
static bool is_doubtful(const shown *s, string there) {
  const char *end = there.at + there.size;
  if (IS_IN(space, point_at(there.at)) || IS_IN(space, point_at(before(end)))) return true;
  if (memchr(there.at, '\n', there.size) || (s->returns && memchr(there.at, '\r', there.size))) return true;
  return (!s->ascii || s->returns) && (may_cut(s, there.at) || may_cut(s, end));
}
