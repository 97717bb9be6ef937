/* The rows of an annotation: spans, relations, and what is said of these or of the item. */

#pragma once

#include "questions.h"
#include "texts.h"

enum { R_ID = 1, R_FROM = 2, R_TO = 4, R_TYPE = 8, R_VALUE = 16, R_ORIGIN = 32, R_SOURCE = 64, R_TARGET = 128,
       R_DIRECTION = 256, R_LABELS = 512 };
enum { V_START = 1, V_END = 2, V_TEXT = 4, V_LABELS = 8, V_CHOICES = 16, V_TAXONOMY = 32, V_RATING = 64, V_NUMBER = 128 };
enum { R_SAID = R_ID | R_FROM | R_TO | R_TYPE | R_VALUE, V_PLACE = V_START | V_END };

static list read_list(usual *u) {
  list l = {COUNT(&u->words, string), 0};
  expect(u, '[');
  for (bool first = true; another(u, ']', first); first = false) {
    string word = read_string(u);
    put(u, &u->words, &word, sizeof word);
    l.count++;
  }
  return l;
}

/* Whether a key follows that is spelt so; it is passed over then, with its colon. */
static inline bool read_literal(usual *u, const char *literal, size_t size) {
  if ((size_t)(u->end - u->at) < size || memcmp(u->at, literal, size) != 0) return false;
  u->at += size;
  expect(u, ':');
  return true;
}
#define READ_KEY(u, literal) read_literal(u, "\"" literal "\"", sizeof(literal) + 1)

static void seen(usual *u, unsigned *keys, unsigned key) {
  if (*keys & key) decline(u);
  *keys |= key;
}

static void read_value(usual *u, row *r) {
  expect(u, '{');
  for (bool first = true; another(u, '}', first); first = false) {
    if (READ_KEY(u, "start")) {
      seen(u, &r->inner, V_START);
      r->start = read_integer(u);
    } else if (READ_KEY(u, "end")) {
      seen(u, &r->inner, V_END);
      r->end = read_integer(u);
    } else if (READ_KEY(u, "text")) {
      seen(u, &r->inner, V_TEXT);
      r->texts = peek(u) == '[';
      if (r->texts) r->values = read_list(u);
      else r->text = read_string(u);
    } else if (READ_KEY(u, "labels")) {
      seen(u, &r->inner, V_LABELS);
      r->values = read_list(u);
    } else if (READ_KEY(u, "choices")) {
      seen(u, &r->inner, V_CHOICES);
      r->values = read_list(u);
    } else if (READ_KEY(u, "taxonomy")) {
      seen(u, &r->inner, V_TAXONOMY);
      u->scratch.size = 0;
      copy_value(u, &u->scratch, 0);
      r->paths = (string){u->scratch.data, u->scratch.size};
    } else if (READ_KEY(u, "rating")) {
      seen(u, &r->inner, V_RATING);
      r->number = read_number(u);
    } else if (READ_KEY(u, "number")) {
      seen(u, &r->inner, V_NUMBER);
      r->number = read_number(u);
    } else {
      decline(u);
    }
  }
}

static void read_row(usual *u, row *r) {
  *r = (row){0};
  u->words.size = 0;
  expect(u, '{');
  for (bool first = true; another(u, '}', first); first = false) {
    if (READ_KEY(u, "value")) {
      seen(u, &r->keys, R_VALUE);
      read_value(u, r);
    } else if (READ_KEY(u, "id")) {
      seen(u, &r->keys, R_ID);
      r->id = read_string(u);
    } else if (READ_KEY(u, "from_name")) {
      seen(u, &r->keys, R_FROM);
      r->from_name = read_string(u);
    } else if (READ_KEY(u, "to_name")) {
      seen(u, &r->keys, R_TO);
      r->to_name = read_string(u);
    } else if (READ_KEY(u, "type")) {
      seen(u, &r->keys, R_TYPE);
      r->type = read_string(u);
    } else if (READ_KEY(u, "origin")) {
      seen(u, &r->keys, R_ORIGIN);
      r->origin = read_string(u);
    } else if (READ_KEY(u, "from_id")) {
      seen(u, &r->keys, R_SOURCE);
      r->from_id = read_string(u);
    } else if (READ_KEY(u, "to_id")) {
      seen(u, &r->keys, R_TARGET);
      r->to_id = read_string(u);
    } else if (READ_KEY(u, "direction")) {
      seen(u, &r->keys, R_DIRECTION);
      r->direction = read_string(u);
    } else if (READ_KEY(u, "labels")) {
      seen(u, &r->keys, R_LABELS);
      r->relation_labels = read_list(u);
    } else {
      decline(u);
    }
  }
}

static void doubt_of(usual *u, int32_t annotation, enum doubt_kind kind, int32_t number) {
  put(u, &u->columns[DOUBTS], &(doubt){annotation, kind, number}, sizeof(doubt));
}

static int32_t number_of_annotation(const usual *u) { return (int32_t)u->told[TOLD_ANNOTATIONS]; }

static region *find_region(usual *u, string id) {
  uint64_t hash = hash_of(id.at, id.size);
  /* A row is mostly about the region of the row before. */
  for (int i = u->region_count - 1; i >= 0; i--)
    if (u->regions[i].hash == hash && same(u->regions[i].id, id)) return &u->regions[i];
  return NULL;
}

static region *new_region(usual *u, string id, bool whole) {
  if (u->region_count == MOST_ROWS) decline(u);
  region *made = &u->regions[u->region_count++];
  *made = (region){.id = id, .hash = hash_of(id.at, id.size), .whole = whole};
  return made;
}

/* What a row is asked by: the control, its text, where the row is from. */
static void ask_row(usual *u, char about, const row *r) {
  ask(u, about);
  ask_part(u, r->from_name);
  ask_part(u, r->to_name);
  ask_maybe(u, r->keys & R_ORIGIN, r->origin);
}

static const answer *usual_answer_to(usual *u) {
  const answer *a = answered_as(u);
  if (!a->usual) decline(u);
  return a;
}

static void take_span(usual *u, const row *r) {
  if ((r->keys & ~(unsigned)R_ORIGIN) != R_SAID || r->inner != (V_PLACE | V_TEXT | V_LABELS) || r->texts) decline(u);
  if (!r->values.count || !r->id.size || find_region(u, r->id)) decline(u);
  ask_row(u, ASK_SPAN, r);
  ask_list(u, r->values);
  const answer *a = usual_answer_to(u);
  if (r->start < 0 || r->start >= r->end || r->end > INT32_MAX) decline(u);
  for (int i = 0; i < u->region_count; i++)
    if (!u->regions[i].whole && u->regions[i].start == r->start && u->regions[i].end == r->end)
      u->doubled = true;
  span made_of = {number_of_annotation(u), u->span_count++, a->text, r->start, r->end, r->text};
  put(u, &u->spans, &made_of, sizeof made_of);
  region *made = new_region(u, r->id, false);
  made->start = r->start;
  made->end = r->end;
  made->stored = r->text;
  made->has = a->barred;
  made->needed = a->needed;
  PUT(u, &u->columns[MENTIONS_CODE], int32_t, a->code);
  PUT(u, &u->columns[MENTIONS_START], int32_t, (int32_t)r->start);
  PUT(u, &u->columns[MENTIONS_END], int32_t, (int32_t)r->end);
  put_string(u, MENTIONS_ID, r->id);
}

/* Once all of an item is known: whether each span lies in its text, and what stands there. */
static void take_spans(usual *u) {
  const span *spans = (const span *)(const void *)u->spans.data;
  for (size_t i = 0; i < COUNT(&u->spans, span); i++) {
    const shown *s = &u->texts[spans[i].text];
    if (!s->there || spans[i].end > s->length) decline(u);
    size_t from = place_of(s, spans[i].start), to = place_of(s, spans[i].end);
    string there = {s->text.at + from, to - from};
    if (!same(there, spans[i].stored) || is_doubtful(s, there))
      doubt_of(u, spans[i].annotation, DOUBT_SPAN, spans[i].number);
    put_string(u, MENTIONS_TEXT, there);
  }
}

static void take_relation(usual *u, const row *r) {
  if ((r->keys & ~(unsigned)R_LABELS) != (R_SOURCE | R_TARGET | R_TYPE | R_DIRECTION)) decline(u);
  if (!r->from_id.size || !r->to_id.size || u->arrow_count + 1 >= MOST_ROWS) decline(u);
  ask(u, ASK_RELATION);
  ask_part(u, r->direction);
  ask_maybe(u, r->keys & R_LABELS, (string){"", 0});
  ask_list(u, r->relation_labels);
  const answer *a = answered_as(u);
  if (a->code < 0) decline(u);
  const region *from = find_region(u, r->from_id), *to = find_region(u, r->to_id);
  if (!a->usual || !from || from->whole || !to || to->whole || from == to) u->unrelated = true;
  bool twice = false;
  for (int way = 0; way < 2; way++) {
    if (way == 1 && !IS(r->direction, "bi")) break;
    bool left = way == 1 || IS(r->direction, "left");
    arrow made = {left ? r->to_id : r->from_id, left ? r->from_id : r->to_id, a->label};
    for (int i = 0; i < u->arrow_count && !twice; i++)
      twice = u->arrows[i].label == made.label && same(u->arrows[i].from, made.from) && same(u->arrows[i].to, made.to);
    u->arrows[u->arrow_count++] = made;
  }
  if (twice) doubt_of(u, number_of_annotation(u), DOUBT_TWICE, u->relation_count);
  u->relation_count++;
  PUT(u, &u->columns[RELATIONS_CODE], int32_t, a->code);
  put_string(u, RELATIONS_FROM, r->from_id);
  put_string(u, RELATIONS_TO, r->to_id);
}

/* The cells that all rows have which say something of a region, or of the item. */
static void put_said(usual *u, enum column code, enum column id, const answer *a, string said_of, bool of_region) {
  enum column extra = id + 3;
  PUT(u, &u->columns[code], int32_t, a->code);
  put_maybe(u, id, of_region, said_of);
  if (of_region) {
    put_null(u, extra);
    return;
  }
  u->scratch.size = 0;
  copy_key(u, &u->scratch, 0, (string){"id", 2});
  write_string(u, &u->scratch, said_of);
  put_byte(u, &u->scratch, '}');
  put_text(u, extra, u->scratch.data, u->scratch.size);
}

static bool is_blank(string s) {
  const char *at = s.at, *end = s.at + s.size;
  while (at < end && IS_IN(space, point_at(at)))
    at += (unsigned char)*at < 0x80 ? 1 : wide(at, end);
  return at == end;
}

/* What a control may say of something: how a row tells it, and where it goes. */
typedef struct {
  string type;
  char about;
  unsigned value;
  enum column code, id;
} kind;

static const kind kinds[] = {
    {{"choices", 7}, ASK_CHOICES, V_CHOICES, CHOICES_CODE, CHOICES_ID},
    {{"textarea", 8}, ASK_TEXTS, V_TEXT, TEXTS_CODE, TEXTS_ID},
    {{"taxonomy", 8}, ASK_PATHS, V_TAXONOMY, TAXONOMIES_CODE, TAXONOMIES_ID},
    {{"rating", 6}, ASK_RATING, V_RATING, RATINGS_CODE, RATINGS_ID},
    {{"number", 6}, ASK_NUMBER, V_NUMBER, NUMBERS_CODE, NUMBERS_ID},
};

static const kind *kind_of(usual *u, string type) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (same(kinds[i].type, type)) return &kinds[i];
  decline(u);
}

static void put_texts(usual *u, list values, int64_t most) {
  if (!values.count || (int64_t)values.count > most) decline(u);
  const string *words = (const string *)(const void *)u->words.data;
  for (size_t i = 0; i < values.count; i++) {
    if (is_blank(words[values.first + i])) decline(u);
    put_string(u, TEXTS_VALUES, words[values.first + i]);
  }
  PUT(u, &u->columns[TEXTS_LISTS], int32_t, (int32_t)COUNT(&u->columns[TEXTS_VALUES_THERE], uint8_t));
}

static void put_number(usual *u, enum column column, number n, const answer *a) {
  double value = as_double(u, n);
  if (!(value >= -EXACT && value <= EXACT && value >= a->least && value <= a->greatest)) decline(u);
  PUT(u, &u->columns[column], double, value);
}

/* Declines what does not repeat its region as Label Studio has it: place and text, or of the item neither. */
static void require_repeated(usual *u, const row *r, const kind *k, const region *about) {
  unsigned text = k->value == V_TEXT ? 0 : r->inner & V_TEXT;
  if (r->inner != (k->value | (about ? V_PLACE : 0) | text) || r->texts != (k->value == V_TEXT)) decline(u);
  if (about && (r->start != about->start || r->end != about->end)) decline(u);
  if (text && !(about && same(r->text, about->stored))) decline(u);
  if (k->about == ASK_CHOICES && !text == !!about) decline(u);
}

/* A row that says something of a region, or of the whole item. */
static void take_said(usual *u, const row *r) {
  if ((r->keys & ~(unsigned)R_ORIGIN) != R_SAID || !r->id.size) decline(u);
  const kind *k = kind_of(u, r->type);
  region *known = find_region(u, r->id), *about = known && !known->whole ? known : NULL;
  require_repeated(u, r, k, about);
  ask_row(u, k->about, r);
  if (k->about == ASK_CHOICES) ask_list(u, r->values);
  if (k->about == ASK_PATHS) ask_part(u, r->paths);
  const answer *a = usual_answer_to(u);
  if (k->about == ASK_TEXTS) put_texts(u, r->values, a->most);
  if (k->about == ASK_RATING) put_number(u, RATINGS_VALUE, r->number, a);
  if (k->about == ASK_NUMBER) put_number(u, NUMBERS_VALUE, r->number, a);
  put_said(u, k->code, k->id, a, r->id, about != NULL);
  uint64_t *has = about ? &about->has : &u->filled;
  if (a->bit & *has || (!about && a->bit & u->per_region)) decline(u);
  *has |= a->bit;
  if (!known) new_region(u, r->id, true);
}

/* The rows of an annotation, those that were suggested and left as they were alone being for the rules. */
static void read_rows(usual *u) {
  bool suggested = false, handmade = false;
  u->region_count = u->arrow_count = u->span_count = u->relation_count = 0;
  u->doubled = u->unrelated = false;
  u->filled = 0;
  expect(u, '[');
  for (bool first = true; another(u, ']', first); first = false) {
    row r;
    read_row(u, &r);
    if (r.keys & R_ORIGIN) {
      bool predicted = IS(r.origin, "prediction");
      if (!predicted && !IS(r.origin, "manual") && !IS(r.origin, "prediction-changed")) decline(u);
      suggested |= predicted;
      handmade |= !predicted;
    }
    if (IS(r.type, "relation")) take_relation(u, &r);
    else if (IS(r.type, "labels")) take_span(u, &r);
    else take_said(u, &r);
  }
  if (suggested && !handmade) decline(u);
  if (u->doubled) doubt_of(u, number_of_annotation(u), DOUBT_DOUBLED, 0);
  if (u->unrelated) doubt_of(u, number_of_annotation(u), DOUBT_RELATIONS, 0);
}

static void require_filled(usual *u) {
  for (int i = 0; i < u->region_count; i++)
    if (u->regions[i].needed & ~u->regions[i].has) decline(u);
  if (u->once & ~u->filled) decline(u);
}
