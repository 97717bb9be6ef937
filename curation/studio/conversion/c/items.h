/* Items and their annotations. */

#pragma once

#include "rows.h"

static int two(const char *at) {
  return at[0] >= '0' && at[0] <= '9' && at[1] >= '0' && at[1] <= '9' ? (at[0] - '0') * 10 + at[1] - '0' : -1;
}

static bool is_day(string s) {
  int century = two(s.at), year = two(s.at + 2), month = two(s.at + 5), day = two(s.at + 8);
  if (century < 0 || year < 0 || s.at[4] != '-' || month < 1 || month > 12 || s.at[7] != '-' || day < 1) return false;
  year += century * 100;
  bool leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  int days = month == 2 ? 28 + leaps : 30 + ((month + (month > 7)) & 1);
  return year > 0 && day <= days;
}

/* Whether it is a time as Label Studio writes times, or a day; others that can be are for the rules. */
static bool is_moment(string s) {
  if (s.size < 10 || !is_day(s)) return false;
  if (s.size == 10) return true;
  if (s.size < 19 || s.at[10] != 'T' || s.at[13] != ':' || s.at[16] != ':') return false;
  int hour = two(s.at + 11), minute = two(s.at + 14), second = two(s.at + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  size_t at = 19;
  if (at < s.size && s.at[at] == '.') {
    size_t from = ++at;
    while (at < s.size && s.at[at] >= '0' && s.at[at] <= '9') at++;
    if (at - from != 3 && at - from != 6) return false;
  }
  if (at == s.size) return true;
  if (s.at[at] == 'Z') return at + 1 == s.size;
  if ((s.at[at] != '+' && s.at[at] != '-') || s.size - at != 6 || s.at[at + 3] != ':') return false;
  int hours = two(s.at + at + 1), minutes = two(s.at + at + 4);
  return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

/* Keeps a key that no column holds. A column's key that is null is kept too, but not counted. */
static void keep_key(usual *u, buffer *out, char about, string key, bool own) {
  copy_key(u, out, 0, key);
  if (!own) {
    ask(u, about);
    ask_part(u, key);
    PUT(u, &u->kept, int32_t, answered_as(u)->code);
    /* What is in an object `value` is counted key by key. */
    if (IS(key, "value") && peek(u) == '{') decline(u);
  }
  copy_value(u, out, 1);
}

static void put_extra(usual *u, enum column column, buffer *extra) {
  if (!extra->size) {
    put_null(u, column);
    return;
  }
  put_byte(u, extra, '}');
  put_text(u, column, extra->data, extra->size);
}

static int32_t read_person(usual *u) {
  char next = peek(u);
  u->scratch.size = 0;
  if (next != '{') {
    int64_t id = read_integer(u);
    char spelt[24];
    if (id < 0) decline(u);
    put(u, &u->scratch, spelt, (size_t)snprintf(spelt, sizeof spelt, "%lld", (long long)id));
  } else {
    copy_value(u, &u->scratch, 1);
  }
  ask(u, ASK_PERSON);
  ask_part(u, (string){u->scratch.data, u->scratch.size});
  return usual_answer_to(u)->code;
}

static void require_another_person(usual *u, int32_t person) {
  for (int32_t i = 0; i < u->people_count; i++)
    if (u->people[i] == person) decline(u);
  u->people[u->people_count++] = person;
}

typedef struct {
  bool has_id, has_result, skipped, truth, has_unique, has_created, has_updated, has_lead;
  int64_t id;
  int32_t person;
  string unique, created, updated, lead;
} annotation;

static bool read_moment(usual *u, string *into) {
  *into = read_string(u);
  if (!is_moment(*into)) decline(u);
  return true;
}

static bool read_lead_time(usual *u, string *into) {
  number n = read_number(u);
  double value = as_double(u, n);
  if (!(value >= 0 && value <= EXACT)) decline(u);
  *into = n.raw;
  return true;
}

static void put_annotation(usual *u, const annotation *a, buffer *extra) {
  PUT(u, &u->columns[ANNOTATIONS_ID], int64_t, a->id);
  PUT(u, &u->columns[ANNOTATIONS_PERSON], int32_t, a->person);
  PUT(u, &u->columns[ANNOTATIONS_SKIPPED], uint8_t, a->skipped);
  PUT(u, &u->columns[ANNOTATIONS_TRUTH], uint8_t, a->truth);
  put_maybe(u, ANNOTATIONS_UNIQUE, a->has_unique, a->unique);
  put_maybe(u, ANNOTATIONS_CREATED, a->has_created, a->created);
  put_maybe(u, ANNOTATIONS_UPDATED, a->has_updated, a->updated);
  put_maybe(u, ANNOTATIONS_LEAD, a->has_lead, a->lead);
  put_extra(u, ANNOTATIONS_EXTRA, extra);
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
    PUT(u, &u->columns[ANNOTATIONS_ROWS], int32_t, (int32_t)COUNT(&u->columns[tables[i]], int32_t));
}

static void read_annotation(usual *u) {
  annotation a = {.person = -1};
  buffer *extra = &u->annotation_extra;
  extra->size = 0;
  if (u->told[TOLD_ANNOTATIONS] == MOST_ANNOTATIONS) decline(u);
  size_t first = open_object(u);
  for (bool begun = true; another(u, '}', begun); begun = false) {
    string key = read_key(u, first);
    bool null = peek(u) == 'n';
    if (IS(key, "id")) {
      a.has_id = true;
      a.id = read_integer(u);
    } else if (IS(key, "result")) {
      a.has_result = true;
      read_rows(u);
    } else if (IS(key, "completed_by")) {
      a.person = read_person(u);
    } else if (IS(key, "was_cancelled") && !null) {
      a.skipped = read_bool(u);
    } else if (IS(key, "ground_truth") && !null) {
      a.truth = read_bool(u);
    } else if (IS(key, "created_at") && !null) {
      a.has_created = read_moment(u, &a.created);
    } else if (IS(key, "updated_at") && !null) {
      a.has_updated = read_moment(u, &a.updated);
    } else if (IS(key, "lead_time") && !null) {
      a.has_lead = read_lead_time(u, &a.lead);
    } else if (IS(key, "unique_id") && !null) {
      a.unique = read_string(u);
      a.has_unique = true;
    } else {
      bool own = IS(key, "was_cancelled") || IS(key, "ground_truth") || IS(key, "created_at") ||
                 IS(key, "updated_at") || IS(key, "lead_time") || IS(key, "unique_id");
      keep_key(u, extra, ASK_ANNOTATION_KEY, key, own);
    }
  }
  close_object(u, first);
  if (!a.has_id || !a.has_result) decline(u);
  if (!a.skipped) {
    require_filled(u);
    if (a.person >= 0) require_another_person(u, a.person);
  }
  put_annotation(u, &a, extra);
  u->told[TOLD + u->told[TOLD_ANNOTATIONS]++] = a.id;
}

static void read_data(usual *u) {
  buffer *out = &u->columns[ITEMS_DATA];
  size_t first = open_object(u), from = out->size;
  for (bool begun = true; another(u, '}', begun); begun = false) {
    string key = read_key(u, first);
    int number = 0;
    while (number < u->text_count && !same(u->texts[number].key, key)) number++;
    if (number == u->text_count || peek(u) != '"') {
      copy_key(u, out, from, key);
      copy_value(u, out, 2);
      continue;
    }
    string text = read_string(u);
    if (number != u->first_text) {
      copy_key(u, out, from, key);
      write_string(u, out, text);
    }
    /* Several objects may show one text. */
    for (; number < u->text_count; number++)
      if (same(u->texts[number].key, key)) take_text(u, &u->texts[number], text);
  }
  close_object(u, first);
  if (out->size == from) put_byte(u, out, '{');
  put_byte(u, out, '}');
  put_text(u, ITEMS_DATA, NULL, 0);
}

/* A list of objects, which is read by the rules once the item is known to be usual. */
static void read_objects(usual *u, buffer *into) {
  expect(u, '[');
  for (bool first = true; another(u, ']', first); first = false) {
    if (peek(u) != '{') decline(u);
    put_byte(u, into, first ? '[' : ',');
    copy_value(u, into, 2);
  }
  if (into->size) put_byte(u, into, ']');
}

static void read_annotations(usual *u) {
  expect(u, '[');
  for (bool first = true; another(u, ']', first); first = false) read_annotation(u);
}

static void read_item(usual *u) {
  bool has_id = false, has_data = false, has_created = false, has_updated = false;
  int64_t id = 0;
  string created = {0}, updated = {0};
  size_t first = open_object(u);
  for (bool begun = true; another(u, '}', begun); begun = false) {
    string key = read_key(u, first);
    bool null = peek(u) == 'n';
    if (IS(key, "id")) {
      has_id = true;
      id = read_integer(u);
    } else if (IS(key, "data")) {
      has_data = true;
      read_data(u);
    } else if (IS(key, "annotations")) {
      read_annotations(u);
    } else if (IS(key, "predictions")) {
      read_objects(u, &u->columns[PREDICTIONS]);
    } else if (IS(key, "drafts")) {
      read_objects(u, &u->columns[DRAFTS]);
    } else if (IS(key, "created_at") && !null) {
      created = read_string(u);
      has_created = true;
    } else if (IS(key, "updated_at") && !null) {
      updated = read_string(u);
      has_updated = true;
    } else if (IS(key, "completions")) {
      decline(u);
    } else {
      keep_key(u, &u->extra, ASK_ITEM_KEY, key, IS(key, "created_at") || IS(key, "updated_at"));
    }
  }
  if (!has_id || !has_data) decline(u);
  close_object(u, first);
  if (u->first_text >= 0 && !u->texts[u->first_text].there) decline(u);
  u->told[TOLD_ITEM] = id;
  PUT(u, &u->columns[ITEMS_ID], int64_t, id);
  if (u->first_text >= 0) put_string(u, ITEMS_TEXT, u->texts[u->first_text].text);
  else put_null(u, ITEMS_TEXT);
  put_maybe(u, ITEMS_CREATED, has_created, created);
  put_maybe(u, ITEMS_UPDATED, has_updated, updated);
  put_extra(u, ITEMS_EXTRA, &u->extra);
  for (int64_t i = 0; i < u->told[TOLD_ANNOTATIONS]; i++) PUT(u, &u->columns[ANNOTATIONS_ITEM], int64_t, id);
  take_spans(u);
}
