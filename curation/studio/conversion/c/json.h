/* JSON, strictly: what is no JSON, or has a key twice, is declined. */

#pragma once

#include "state.h"

static inline bool same(string a, string b) { return a.size == b.size && memcmp(a.at, b.at, a.size) == 0; }
#define IS(s, literal) ((s).size == sizeof(literal) - 1 && memcmp((s).at, literal, sizeof(literal) - 1) == 0)

static inline void skip_space(usual *u) {
  if (u->at < u->end && (unsigned char)*u->at > ' ') return; /* Most exports have none. */
  while (u->at < u->end && (*u->at == ' ' || *u->at == '\n' || *u->at == '\r' || *u->at == '\t')) u->at++;
}

/* The next byte behind white space; 0, which no JSON holds there, at the end. */
static inline char peek(usual *u) {
  skip_space(u);
  return u->at < u->end ? *u->at : 0;
}

static inline void expect(usual *u, char byte) {
  if (peek(u) != byte) decline(u);
  u->at++;
}

/* Whether another member follows, which begins right here then; `close` is what ends the object or array. */
static inline bool another(usual *u, char close, bool first) {
  if (peek(u) == close) {
    u->at++;
    return false;
  }
  if (first) return true;
  expect(u, ',');
  skip_space(u);
  return true;
}

#define LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

static const char *next_odd_slowly(const char *at, const char *end) {
  while (at < end && (unsigned char)*at >= ' ' && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\') at++;
  return at;
}

#define ONES UINT64_C(0x0101010101010101)
#define HIGH UINT64_C(0x8080808080808080)

/* The next byte that is a quotation mark, a backslash, a control or not ASCII; `end` if there is none. */
static inline const char *next_odd(const char *at, const char *end) {
  for (; end - at >= 8; at += 8) {
    uint64_t w;
    memcpy(&w, at, 8);
    uint64_t quote = (w ^ ONES * '"') - ONES, backslash = (w ^ ONES * '\\') - ONES, control = w - ONES * ' ';
    uint64_t found = (quote | backslash | control | w) & HIGH;
    /* What is borrowed from a byte that is odd may show in those above it, but never in the lowest. */
    if (found) return LITTLE ? at + (__builtin_ctzll(found) >> 3) : next_odd_slowly(at, end);
  }
  return next_odd_slowly(at, end);
}

/* How many bytes the character of UTF-8 at `at` has that is not ASCII; 0 if it is none. */
static int wide(const char *at, const char *end) {
  const unsigned char *c = (const unsigned char *)at;
  size_t left = (size_t)(end - at);
  unsigned char least = 0x80, most = 0xBF;
  int size;
  if (c[0] >= 0xC2 && c[0] <= 0xDF) size = 2;
  else if (c[0] >= 0xE0 && c[0] <= 0xEF) {
    size = 3;
    if (c[0] == 0xE0) least = 0xA0;
    if (c[0] == 0xED) most = 0x9F;
  } else if (c[0] >= 0xF0 && c[0] <= 0xF4) {
    size = 4;
    if (c[0] == 0xF0) least = 0x90;
    if (c[0] == 0xF4) most = 0x8F;
  } else return 0;
  if (left < (size_t)size || c[1] < least || c[1] > most) return 0;
  for (int i = 2; i < size; i++)
    if ((c[i] & 0xC0) != 0x80) return 0;
  return size;
}

/* Passes over what needs no escape, up to a quotation mark or a backslash. */
static void pass_plain(usual *u) {
  const char *at = u->at, *end = u->end;
  for (;;) {
    at = next_odd(at, end);
    if (at == end) decline(u);
    if (*at == '"' || *at == '\\') break;
    int size = wide(at, end);
    if (!size) decline(u);
    at += size;
  }
  u->at = at;
}

static unsigned hex4(usual *u) {
  unsigned value = 0;
  if (u->end - u->at < 4) decline(u);
  for (int i = 0; i < 4; i++) {
    char c = *u->at++;
    unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a') + 10;
    if (digit > 15 || (digit > 9 && ((c | 32) < 'a' || (c | 32) > 'f'))) decline(u);
    value = value << 4 | digit;
  }
  return value;
}

static char *put_point(char *out, unsigned point) {
  if (point < 0x80) *out++ = (char)point;
  else if (point < 0x800) {
    *out++ = (char)(0xC0 | point >> 6);
    *out++ = (char)(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    *out++ = (char)(0xE0 | point >> 12);
    *out++ = (char)(0x80 | (point >> 6 & 0x3F));
    *out++ = (char)(0x80 | (point & 0x3F));
  } else {
    *out++ = (char)(0xF0 | point >> 18);
    *out++ = (char)(0x80 | (point >> 12 & 0x3F));
    *out++ = (char)(0x80 | (point >> 6 & 0x3F));
    *out++ = (char)(0x80 | (point & 0x3F));
  }
  return out;
}

static char *put_escape(usual *u, char *out) {
  if (u->end - u->at < 2) decline(u);
  char c = u->at[1];
  u->at += 2;
  switch (c) {
  case '"': case '\\': case '/': *out++ = c; return out;
  case 'b': *out++ = '\b'; return out;
  case 'f': *out++ = '\f'; return out;
  case 'n': *out++ = '\n'; return out;
  case 'r': *out++ = '\r'; return out;
  case 't': *out++ = '\t'; return out;
  case 'u': break;
  default: decline(u);
  }
  unsigned point = hex4(u);
  if (point >= 0xD800 && point < 0xE000) {
    if (point >= 0xDC00 || u->end - u->at < 2 || u->at[0] != '\\' || u->at[1] != 'u') decline(u);
    u->at += 2;
    unsigned low = hex4(u);
    if (low < 0xDC00 || low > 0xDFFF) decline(u);
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  return put_point(out, point);
}

static string read_string(usual *u) {
  expect(u, '"');
  const char *start = u->at;
  pass_plain(u);
  if (*u->at == '"') {
    string plain = {start, (size_t)(u->at - start)};
    u->at++;
    return plain;
  }
  /* There is room: no string is longer than its escapes, and none is read twice. */
  char *first = u->unescaped.data + u->unescaped.size, *out = first;
  while (*u->at != '"') {
    memcpy(out, start, (size_t)(u->at - start));
    out += u->at - start;
    out = put_escape(u, out);
    start = u->at;
    pass_plain(u);
  }
  memcpy(out, start, (size_t)(u->at - start));
  out += u->at - start;
  u->at++;
  u->unescaped.size = (size_t)(out - u->unescaped.data);
  return (string){first, (size_t)(out - first)};
}

static bool digit(usual *u) { return u->at < u->end && *u->at >= '0' && *u->at <= '9'; }

static void digits(usual *u) {
  if (!digit(u)) decline(u);
  while (digit(u)) u->at++;
}

/* A number as JSON has it. An integer has to fit and not to be -0, which would lose its sign. */
static number read_number(usual *u) {
  skip_space(u);
  const char *start = u->at;
  if (u->at < u->end && *u->at == '-') u->at++;
  if (u->at < u->end && *u->at == '0') u->at++;
  else digits(u);
  number n = {{start, (size_t)(u->at - start)}, true, 0};
  char next = u->at < u->end ? *u->at : 0;
  if (next == '.' || next == 'e' || next == 'E') {
    n.integer = false;
    if (next == '.') {
      u->at++;
      digits(u);
    }
    if (u->at < u->end && (*u->at == 'e' || *u->at == 'E')) {
      u->at++;
      if (u->at < u->end && (*u->at == '+' || *u->at == '-')) u->at++;
      digits(u);
    }
    n.raw.size = (size_t)(u->at - start);
    return n;
  }
  if (n.raw.size > 18 || IS(n.raw, "-0")) decline(u);
  for (const char *c = start + (*start == '-'); c < u->at; c++) n.value = n.value * 10 + (*c - '0');
  if (*start == '-') n.value = -n.value;
  return n;
}

static int64_t read_integer(usual *u) {
  number n = read_number(u);
  if (!n.integer) decline(u);
  return n.value;
}

/* A number as a float. A locale with another point makes it declined, not wrong. */
static double as_double(usual *u, number n) {
  if (n.integer) return (double)n.value;
  char spelt[64];
  if (n.raw.size >= sizeof spelt) decline(u);
  memcpy(spelt, n.raw.at, n.raw.size);
  spelt[n.raw.size] = 0;
  char *rest;
  double value = strtod(spelt, &rest);
  if (rest != spelt + n.raw.size || value > 1e300 || value < -1e300) decline(u);
  return value;
}

/* Whether a float is spelt as Python spells it: in the shortest way that gives it back. */
static bool is_shortest(usual *u, number n) {
  const char *c = n.raw.at + (*n.raw.at == '-'), *end = n.raw.at + n.raw.size;
  const char *point = memchr(c, '.', (size_t)(end - c));
  if (!point || memchr(c, 'e', (size_t)(end - c)) || memchr(c, 'E', (size_t)(end - c))) return false;
  /* Python writes very large and very small ones with an exponent. */
  if (point - c > 15 || (end[-1] == '0' && end - point > 2)) return false;
  const char *first = c;
  while (first < end && (*first == '0' || *first == '.')) first++;
  if (first == end) return c == n.raw.at && point == c + 1 && end == point + 2;
  if (*c == '0' && first > point + 3) return false;
  int count = (int)(end - first) - (first < point);
  if (end[-1] == '0' && end - point == 2) count--;
  if (count <= 15) return true;
  if (count > 17) return false;
  char spelt[64];
  double value = as_double(u, n);
  for (int precision = 15; precision < count; precision++) {
    snprintf(spelt, sizeof spelt, "%.*g", precision, value);
    if (strtod(spelt, NULL) == value) return false;
  }
  int behind = (int)(end - point) - 1;
  snprintf(spelt, sizeof spelt, "%.*f", behind, value);
  return strlen(spelt) == n.raw.size && memcmp(spelt, n.raw.at, n.raw.size) == 0;
}

static bool read_word(usual *u, const char *word, size_t size) {
  skip_space(u);
  if ((size_t)(u->end - u->at) < size || memcmp(u->at, word, size) != 0) return false;
  u->at += size;
  return true;
}
#define READ_WORD(u, literal) read_word(u, literal, sizeof(literal) - 1)

static bool read_null(usual *u) { return peek(u) == 'n' && (READ_WORD(u, "null") || (decline(u), false)); }

static bool read_bool(usual *u) {
  if (READ_WORD(u, "true")) return true;
  if (!READ_WORD(u, "false")) decline(u);
  return false;
}

/* A key that its object, whose keys begin at `first` in `keys`, does not have yet. */
static string read_key(usual *u, size_t first) {
  string key = read_string(u);
  expect(u, ':');
  size_t count = COUNT(&u->keys, string);
  if (count - first >= MOST_KEYS) decline(u);
  const string *known = (const string *)(const void *)u->keys.data;
  for (size_t i = first; i < count; i++)
    if (same(known[i], key)) decline(u);
  put(u, &u->keys, &key, sizeof key);
  return key;
}

static size_t open_object(usual *u) {
  expect(u, '{');
  return COUNT(&u->keys, string);
}

static void close_object(usual *u, size_t first) { u->keys.size = first * sizeof(string); }

/* Written again as Python would: without white space, and with as few escapes as there can be. */

static void write_string(usual *u, buffer *out, string s) {
  put_byte(u, out, '"');
  const char *at = s.at, *end = s.at + s.size, *start = at;
  for (; at < end; at++) {
    unsigned char c = (unsigned char)*at;
    if (c >= ' ' && c != '"' && c != '\\') continue;
    put(u, out, start, (size_t)(at - start));
    start = at + 1;
    const char *found = c ? strchr("\"\\\b\f\n\r\t", c) : NULL;
    if (found) {
      put_byte(u, out, '\\');
      put_byte(u, out, "\"\\bfnrt"[found - "\"\\\b\f\n\r\t"]);
      continue;
    }
    char spelt[8];
    snprintf(spelt, sizeof spelt, "\\u%04x", c);
    put(u, out, spelt, 6);
  }
  put(u, out, start, (size_t)(end - start));
  put_byte(u, out, '"');
}

static void copy_value(usual *u, buffer *out, int depth);

/* Writes a key, behind a comma where the object has one already. `from` is where the object began in `out`. */
static void copy_key(usual *u, buffer *out, size_t from, string key) {
  put_byte(u, out, out->size == from ? '{' : ',');
  write_string(u, out, key);
  put_byte(u, out, ':');
}

static void copy_object(usual *u, buffer *out, int depth) {
  size_t first = open_object(u), from = out->size;
  for (bool begun = true; another(u, '}', begun); begun = false) {
    copy_key(u, out, from, read_key(u, first));
    copy_value(u, out, depth + 1);
  }
  if (out->size == from) put_byte(u, out, '{');
  put_byte(u, out, '}');
  close_object(u, first);
}

static void copy_array(usual *u, buffer *out, int depth) {
  expect(u, '[');
  put_byte(u, out, '[');
  for (bool begun = true; another(u, ']', begun); begun = false) {
    if (!begun) put_byte(u, out, ',');
    copy_value(u, out, depth + 1);
  }
  put_byte(u, out, ']');
}

static void copy_value(usual *u, buffer *out, int depth) {
  if (depth > MOST_DEEP) decline(u);
  switch (peek(u)) {
  case '{': copy_object(u, out, depth); return;
  case '[': copy_array(u, out, depth); return;
  case '"': write_string(u, out, read_string(u)); return;
  case 't': case 'f': {
    bool value = read_bool(u);
    put(u, out, value ? "true" : "false", value ? 4 : 5);
    return;
  }
  case 'n':
    read_null(u);
    put(u, out, "null", 4);
    return;
  default: {
    number n = read_number(u);
    if (!n.integer && !is_shortest(u, n)) decline(u);
    put(u, out, n.raw.at, n.raw.size);
  }
  }
}
