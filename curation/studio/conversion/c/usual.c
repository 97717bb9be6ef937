/* Items of an export in which all is usual, straight from their JSON into columns.

Whatever is not as Label Studio writes it for sound annotations makes the item `DECLINED`: nothing of it stays, and the
rules in Python take it from its bytes. So this needs to know no mistake by name, only what none is. What cannot be
judged from a row alone (whether a control may write such a row) is a `QUESTION`, answered once for all rows that are
alike. Memory is that of one batch; a string lies either in the item's bytes or, if it was escaped there, in `unescaped`. */

#include "items.h"

#ifdef _WIN32
#define PUBLIC __declspec(dllexport)
#else
#define PUBLIC __attribute__((visibility("default")))
#endif

PUBLIC int usual_version(void) { return VERSION; }

/* How many buffers there are to view, and what each is called. */
PUBLIC int usual_buffers(void) { return BUFFERS; }
PUBLIC const char *usual_name(int index) { return names[index]; }
PUBLIC const int64_t *usual_told(const usual *u) { return u->told; }
PUBLIC view usual_view(const usual *u, int index) { return (view){u->columns[index].data, u->columns[index].size}; }

/* Forgets all rows. */
PUBLIC void usual_clear(usual *u) {
  for (int i = 0; i < COLUMNS; i++) u->columns[i].size = 0;
#define BEGIN_ENDS(name, spelt) u->columns[name##_ENDS].size = sizeof(int32_t);
  STRINGS(BEGIN_ENDS)
  u->columns[TEXTS_LISTS].size = sizeof(int32_t);
}

/* Frees everything; NULL is nothing. */
PUBLIC void usual_free(usual *u) {
  if (!u) return;
  for (int i = 0; i < BUFFERS; i++) free(u->columns[i].data);
  for (int i = 0; i < MOST_TEXTS; i++) {
    free((void *)(uintptr_t)u->texts[i].key.at);
    free(u->texts[i].places.data);
  }
  buffer *others[] = {&u->unescaped, &u->scratch, &u->keys,      &u->words,   &u->extra, &u->annotation_extra,
                      &u->kept,      &u->spans,   &u->questions, &u->answers, &u->slots};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) free(others[i]->data);
  free(u);
}

static bool prepare(usual *u) {
  if (setjmp(u->stop)) return false;
  size_t size = MOST_ANSWERS * 2 * sizeof(uint32_t);
  reserve(u, &u->slots, size);
  memset(u->slots.data, 0, size);
  u->slots.size = size;
  /* Ends are offsets, and the first of these is 0. */
#define FIRST_END(name, spelt) PUT(u, &u->columns[name##_ENDS], int32_t, 0);
  STRINGS(FIRST_END)
  PUT(u, &u->columns[TEXTS_LISTS], int32_t, 0);
  return true;
}

/* `per_region` and `once` are the bits of controls that say something of regions, and that each item must fill.
`first_text` is the number of the text that the table of items holds, -1 if there is none. NULL without memory. */
PUBLIC usual *usual_new(uint64_t per_region, uint64_t once, int32_t first_text) {
  usual *u = calloc(1, sizeof *u);
  if (!u) return NULL;
  u->per_region = per_region;
  u->once = once;
  u->first_text = first_text;
  if (prepare(u)) return u;
  usual_free(u);
  return NULL;
}

/* Adds a text that lies under a key of an item's data; false if there is no more room. */
PUBLIC bool usual_add_text(usual *u, const char *key, size_t size) {
  char *copied = u->text_count < MOST_TEXTS ? malloc(size + 1) : NULL;
  if (!copied) return false;
  memcpy(copied, key, size);
  u->texts[u->text_count++].key = (string){copied, size};
  return true;
}

static void count_kept(usual *u, int64_t step) {
  const int32_t *codes = (const int32_t *)(const void *)u->kept.data;
  int64_t *counts = (int64_t *)(void *)u->columns[COUNTS].data;
  for (size_t i = 0; i < COUNT(&u->kept, int32_t); i++) counts[codes[i]] += step;
}

/* Reads the item that `data` begins with; an `enum outcome`. Nothing of it stays unless it is DONE. */
PUBLIC int usual_read(usual *u, const char *data, size_t size) {
  buffer *each[] = {&u->unescaped, &u->keys, &u->extra, &u->kept, &u->spans};
  for (size_t i = 0; i < sizeof each / sizeof *each; i++) each[i]->size = 0;
  for (int i = COLUMNS; i < COUNTS; i++) u->columns[i].size = 0;
  for (int i = 0; i < COLUMNS; i++) u->marks[i] = u->columns[i].size;
  for (int i = 0; i < u->text_count; i++) u->texts[i].there = false;
  u->told[TOLD_ANNOTATIONS] = u->people_count = 0;
  u->at = data;
  u->end = data + size;
  enum outcome outcome = (enum outcome)setjmp(u->stop);
  if (outcome == DONE) {
    reserve(u, &u->unescaped, size);
    read_item(u);
    u->told[TOLD_SIZE] = u->at - data;
    u->told[TOLD_DOUBTS] = (int64_t)COUNT(&u->columns[DOUBTS], doubt);
    u->told[TOLD_PREDICTIONS] = (int64_t)u->columns[PREDICTIONS].size;
    u->told[TOLD_DRAFTS] = (int64_t)u->columns[DRAFTS].size;
    count_kept(u, 1);
    return DONE;
  }
  for (int i = 0; i < COLUMNS; i++) u->columns[i].size = u->marks[i];
  return outcome;
}

/* Takes back the item that was read last, which was DONE. */
PUBLIC void usual_back(usual *u) {
  for (int i = 0; i < COLUMNS; i++) u->columns[i].size = u->marks[i];
  count_kept(u, -1);
}

/* Answers the question at which the item that was read last stopped; false without memory. */
PUBLIC bool usual_answer(usual *u, const answer *given) {
  const buffer *question = &u->columns[QUESTIONED];
  if (setjmp(u->stop)) return false;
  answered made = {hash_of(question->data, question->size), u->questions.size, question->size, *given};
  reserve(u, &u->answers, sizeof made);
  put(u, &u->questions, question->data, question->size);
  if (*question->data == ASK_ITEM_KEY || *question->data == ASK_ANNOTATION_KEY)
    while (COUNT(&u->columns[COUNTS], int64_t) <= (size_t)given->code) PUT(u, &u->columns[COUNTS], int64_t, 0);
  put(u, &u->answers, &made, sizeof made);
  uint32_t *slot;
  /* The one that was put last is found by nothing yet. */
  if (!find_slot(u, &slot, made.hash)) *slot = (uint32_t)COUNT(&u->answers, answered);
  return true;
}
