/* What the core keeps: columns in the making, the item that is read, and what was answered before. */

#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 2 };
enum outcome { DONE, DECLINED, QUESTION, NO_MEMORY };

/* What is beyond these is for the rules, as comparing each with each would take too long. */
enum { MOST_DEEP = 64, MOST_KEYS = 256, MOST_ROWS = 2048, MOST_ANNOTATIONS = 256, MOST_ANSWERS = 1 << 16, MOST_TEXTS = 16 };

#define EXACT 9007199254740992.0 /* 2^53: integers up to here are exact as floats. */

/* Columns: numbers, and strings with their ends and whether each is there. */

#define NUMBERS(X)                                                                                                     \
  X(ITEMS_ID, "items.item_id")                                                                                         \
  X(ANNOTATIONS_ITEM, "annotations.item_id")                                                                           \
  X(ANNOTATIONS_ID, "annotations.annotation_id")                                                                       \
  X(ANNOTATIONS_PERSON, "annotations.annotator")                                                                       \
  X(ANNOTATIONS_SKIPPED, "annotations.status")                                                                         \
  X(ANNOTATIONS_TRUTH, "annotations.ground_truth")                                                                     \
  X(ANNOTATIONS_ROWS, "annotations.rows")                                                                              \
  X(MENTIONS_CODE, "mentions.code")                                                                                    \
  X(MENTIONS_START, "mentions.start")                                                                                  \
  X(MENTIONS_END, "mentions.end")                                                                                      \
  X(RELATIONS_CODE, "relations.code")                                                                                  \
  X(CHOICES_CODE, "choices.code")                                                                                      \
  X(TAXONOMIES_CODE, "taxonomies.code")                                                                                \
  X(RATINGS_CODE, "ratings.code")                                                                                      \
  X(RATINGS_VALUE, "ratings.value")                                                                                    \
  X(NUMBERS_CODE, "numbers.code")                                                                                      \
  X(NUMBERS_VALUE, "numbers.value")                                                                                    \
  X(TEXTS_CODE, "texts.code")                                                                                          \
  X(TEXTS_LISTS, "texts.lists")

#define STRINGS(X)                                                                                                     \
  X(ITEMS_TEXT, "items.text")                                                                                          \
  X(ITEMS_DATA, "items.data")                                                                                          \
  X(ITEMS_CREATED, "items.created_at")                                                                                 \
  X(ITEMS_UPDATED, "items.updated_at")                                                                                 \
  X(ITEMS_EXTRA, "items.extra")                                                                                        \
  X(ANNOTATIONS_UNIQUE, "annotations.unique_id")                                                                       \
  X(ANNOTATIONS_CREATED, "annotations.created_at")                                                                     \
  X(ANNOTATIONS_UPDATED, "annotations.updated_at")                                                                     \
  X(ANNOTATIONS_LEAD, "annotations.lead_time")                                                                         \
  X(ANNOTATIONS_EXTRA, "annotations.extra")                                                                            \
  X(MENTIONS_ID, "mentions.mention_id")                                                                                \
  X(MENTIONS_TEXT, "mentions.text")                                                                                    \
  X(RELATIONS_FROM, "relations.from_id")                                                                               \
  X(RELATIONS_TO, "relations.to_id")                                                                                   \
  X(CHOICES_ID, "choices.mention_id")                                                                                  \
  X(CHOICES_EXTRA, "choices.extra")                                                                                    \
  X(TAXONOMIES_ID, "taxonomies.mention_id")                                                                            \
  X(TAXONOMIES_EXTRA, "taxonomies.extra")                                                                              \
  X(RATINGS_ID, "ratings.mention_id")                                                                                  \
  X(RATINGS_EXTRA, "ratings.extra")                                                                                    \
  X(NUMBERS_ID, "numbers.mention_id")                                                                                  \
  X(NUMBERS_EXTRA, "numbers.extra")                                                                                    \
  X(TEXTS_ID, "texts.mention_id")                                                                                      \
  X(TEXTS_EXTRA, "texts.extra")                                                                                        \
  X(TEXTS_VALUES, "texts.values")

/* Of the item that was read last; the question that it stopped at; and how often each key was kept so far. */
#define OTHERS(X)                                                                                                      \
  X(DOUBTS, "doubts")                                                                                                  \
  X(PREDICTIONS, "predictions")                                                                                        \
  X(DRAFTS, "drafts")                                                                                                  \
  X(QUESTIONED, "question")                                                                                            \
  X(COUNTS, "counts")

#define NUMBER_INDEX(name, spelt) name,
#define STRING_INDEX(name, spelt) name, name##_ENDS, name##_THERE,
enum column { NUMBERS(NUMBER_INDEX) STRINGS(STRING_INDEX) COLUMNS };
enum { BEFORE_OTHERS = COLUMNS - 1, OTHERS(NUMBER_INDEX) BUFFERS };

#define NUMBER_NAME(name, spelt) spelt,
#define STRING_NAME(name, spelt) spelt, spelt ".ends", spelt ".there",
static const char *const names[] = {NUMBERS(NUMBER_NAME) STRINGS(STRING_NAME) OTHERS(NUMBER_NAME)};

/* The tables of which ANNOTATIONS_ROWS has the number of rows behind each annotation, in this order. */
static const enum column tables[] = {MENTIONS_CODE, RELATIONS_CODE, CHOICES_CODE, TAXONOMIES_CODE,
                                     RATINGS_CODE,  NUMBERS_CODE,   TEXTS_CODE};

typedef struct {
  const char *at;
  size_t size;
} string;

typedef struct {
  char *data;
  size_t size, room;
} buffer;

/* The first byte of a question; what it is about follows, see `ask`. */
enum { ASK_SPAN = 'L', ASK_CHOICES = 'C', ASK_TEXTS = 'X', ASK_PATHS = 'T', ASK_RATING = 'R', ASK_NUMBER = 'N',
       ASK_RELATION = 'D', ASK_PERSON = 'P', ASK_ITEM_KEY = 'I', ASK_ANNOTATION_KEY = 'A' };

typedef struct {
  int32_t usual;     /* Whether such a row can be right at all. */
  int32_t code;      /* Which combination of repeated cells it has; of a person or a key their number. -1 of a relation
                        that is none. */
  int32_t text;      /* Of a span: the number of its text. */
  int32_t label;     /* Of a relation: the number of its label. */
  int64_t most;      /* Of free texts: how many there may be. */
  uint64_t bit;      /* The control's own. */
  uint64_t barred;   /* Of a span: the controls that its region was not shown. */
  uint64_t needed;   /* Of a span: the controls that its region must fill. */
  double least, greatest;
} answer;

/* What the rules have to look at in a usual item: a doubt of this kind about one row of an annotation. */
enum doubt_kind { DOUBT_SPAN, DOUBT_TWICE, DOUBT_DOUBLED, DOUBT_RELATIONS };
typedef struct {
  int32_t annotation, kind, number;
} doubt;

/* What is told of an item that is DONE, its size in bytes among it; behind it the ids of its annotations. */
enum { TOLD_ANNOTATIONS, TOLD_ITEM, TOLD_DOUBTS, TOLD_PREDICTIONS, TOLD_DRAFTS, TOLD_SIZE, TOLD };

/* Bytes that Python may look at until the next call. */
typedef struct {
  const char *data;
  uint64_t size;
} view;

typedef struct {
  uint64_t hash;
  size_t key, size; /* Where the question lies in `questions`. */
  answer answer;
} answered;

typedef struct {
  string key;
  string text;
  bool there, ascii, returns;
  int64_t length;  /* In code points. */
  buffer places;   /* Of what is not ASCII: where each code point begins, as uint32_t. */
} shown;

typedef struct {
  string id;
  uint64_t hash;
  bool whole; /* An id of rows about the item. */
  int64_t start, end;
  string stored;
  uint64_t has, needed;
} region;

typedef struct {
  string from, to;
  int32_t label;
} arrow;

/* A span whose text is not known yet, as an item's data follow its annotations. */
typedef struct {
  int32_t annotation, number, text;
  int64_t start, end;
  string stored;
} span;

typedef struct {
  string raw;
  bool integer;
  int64_t value;
} number;

typedef struct {
  size_t first, count; /* In `words`. */
} list;

typedef struct {
  unsigned keys, inner;
  string type, id, from_name, to_name, origin, from_id, to_id, direction, text, paths;
  list values, relation_labels;
  bool texts;
  int64_t start, end;
  number number;
} row;

typedef struct usual {
  jmp_buf stop;
  buffer columns[BUFFERS]; /* Behind the columns are the others. */
  size_t marks[COLUMNS];
  /* Of the item that is read. */
  const char *at, *end;
  buffer unescaped, scratch, keys, words, extra, kept, spans;
  shown texts[MOST_TEXTS];
  int32_t text_count, first_text;
  int32_t people[MOST_ANNOTATIONS];
  int32_t people_count;
  int64_t told[TOLD + MOST_ANNOTATIONS];
  /* Of the annotation that is read. */
  region regions[MOST_ROWS];
  arrow arrows[MOST_ROWS];
  buffer annotation_extra;
  int region_count, arrow_count, span_count, relation_count;
  bool doubled, unrelated;
  uint64_t filled;
  /* What was answered. */
  buffer questions, answers, slots;
  uint64_t per_region, once;
} usual;

static _Noreturn void stop(usual *u, enum outcome why) { longjmp(u->stop, why); }
static _Noreturn void decline(usual *u) { stop(u, DECLINED); }

static void reserve(usual *u, buffer *b, size_t more) {
  if (more <= b->room - b->size) return;
  size_t room = b->room ? b->room : 256;
  while (room - b->size < more) {
    if (room > SIZE_MAX / 2) stop(u, NO_MEMORY);
    room *= 2;
  }
  char *data = realloc(b->data, room);
  if (!data) stop(u, NO_MEMORY);
  b->data = data;
  b->room = room;
}

static inline void put(usual *u, buffer *b, const void *data, size_t size) {
  if (size > b->room - b->size) reserve(u, b, size);
  if (size) memcpy(b->data + b->size, data, size);
  b->size += size;
}

static inline void put_byte(usual *u, buffer *b, char byte) { put(u, b, &byte, 1); }
#define PUT(u, b, type, value) put(u, b, &(type){value}, sizeof(type))
#define COUNT(b, type) ((b)->size / sizeof(type))

static inline void put_text(usual *u, enum column column, const char *data, size_t size) {
  /* Ends are 32 bits, and nothing that is usual is so long. */
  if (size + u->columns[column].size > 1 << 30) decline(u);
  put(u, &u->columns[column], data, size);
  PUT(u, &u->columns[column + 1], int32_t, (int32_t)u->columns[column].size);
  PUT(u, &u->columns[column + 2], uint8_t, 1);
}

static inline void put_null(usual *u, enum column column) {
  PUT(u, &u->columns[column + 1], int32_t, (int32_t)u->columns[column].size);
  PUT(u, &u->columns[column + 2], uint8_t, 0);
}

static inline void put_string(usual *u, enum column column, string s) { put_text(u, column, s.at, s.size); }

static inline void put_maybe(usual *u, enum column column, bool there, string s) {
  if (there) put_string(u, column, s);
  else put_null(u, column);
}
