/* What Python is asked once of all rows that are alike, and what it answered. */

#pragma once

#include "state.h"

static uint64_t hash_of(const char *data, size_t size) {
  uint64_t hash = UINT64_C(0x9E3779B97F4A7C15) ^ size;
  while (size >= 8) {
    uint64_t w;
    memcpy(&w, data, 8);
    hash = (hash ^ w) * UINT64_C(0xFF51AFD7ED558CCD);
    hash ^= hash >> 32;
    data += 8;
    size -= 8;
  }
  uint64_t w = 0;
  if (size) memcpy(&w, data, size);
  hash = (hash ^ w) * UINT64_C(0xC4CEB9FE1A85EC53);
  return hash ^ hash >> 29;
}

/* The parts of a question follow each other, each behind its length as uint32_t; UINT32_MAX is a part that is not there. */
static void ask(usual *u, char about) {
  u->columns[QUESTIONED].size = 0;
  put_byte(u, &u->columns[QUESTIONED], about);
}

static void ask_part(usual *u, string part) {
  PUT(u, &u->columns[QUESTIONED], uint32_t, (uint32_t)part.size);
  put(u, &u->columns[QUESTIONED], part.at, part.size);
}

static void ask_maybe(usual *u, bool there, string part) {
  if (there) ask_part(u, part);
  else PUT(u, &u->columns[QUESTIONED], uint32_t, UINT32_MAX);
}

static void ask_list(usual *u, list l) {
  const string *words = (const string *)(const void *)u->words.data;
  for (size_t i = 0; i < l.count; i++) ask_part(u, words[l.first + i]);
}

static answered *find_slot(usual *u, uint32_t **slot, uint64_t hash) {
  size_t room = COUNT(&u->slots, uint32_t);
  uint32_t *slots = (uint32_t *)(void *)u->slots.data;
  answered *known = (answered *)(void *)u->answers.data;
  for (size_t i = hash & (room - 1);; i = (i + 1) & (room - 1)) {
    *slot = &slots[i];
    if (!slots[i]) return NULL;
    answered *one = &known[slots[i] - 1];
    if (one->hash == hash && one->size == u->columns[QUESTIONED].size &&
        memcmp(u->questions.data + one->key, u->columns[QUESTIONED].data, one->size) == 0)
      return one;
  }
}

static answer *answered_as(usual *u) {
  uint32_t *slot;
  answered *one = find_slot(u, &slot, hash_of(u->columns[QUESTIONED].data, u->columns[QUESTIONED].size));
  if (!one) stop(u, COUNT(&u->answers, answered) < MOST_ANSWERS ? QUESTION : DECLINED);
  return &one->answer;
}
