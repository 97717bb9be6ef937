/* Feeds the core items with random damage, so that a compiler's sanitizers see what it does with them.

    hostile ITEMS SECONDS SEED

ITEMS has one item a line. Prints how many were done, declined and asked about; what a sanitizer finds ends it. */

#include <time.h>

#include "usual.c"

static uint64_t state;

static uint64_t dice(uint64_t sides) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % sides;
}

static const char *const pieces[] = {"\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "-0", "1e9", "0.1", "\\u0022", "\\ud83d\\ude9c",
                                     "\\udc00", "\xc3\xa9", "\xf0\x9f\x9a\x9c", "\xed\xa0\x80", "\xff", "\n", " ", "9007199254740993", "\"id\":1,", "\"text\":[\"a\"],",
                                     "{\"a\":", "[[[[[[[[", "\"labels\":[],", "\xe2\x80\xa8", "\"value\":{},", "\"origin\":\"prediction\",", "1.7976931348623157e308"};

/* Changes `item` in place, in one of the ways in which files are damaged; its new size. */
static size_t damage(char *item, size_t size, size_t room) {
  size_t at = dice(size + 1), length = dice(dice(4) ? 4 : 200) + 1;
  if (length > size - at) length = size - at;
  switch (dice(6)) {
  case 0: /* A byte is another one. */
    if (at < size) item[at] = (char)dice(256);
    return size;
  case 1: /* Some are lost. */
    memmove(item + at, item + at + length, size - at - length);
    return size - length;
  case 2: { /* Some stand there twice. */
    if (size + length > room) return size;
    memmove(item + at + length, item + at, size - at);
    return size + length;
  }
  case 3: { /* Something is put in between. */
    const char *piece = pieces[dice(sizeof pieces / sizeof *pieces)];
    size_t more = strlen(piece);
    if (size + more > room) return size;
    memmove(item + at + more, item + at, size - at);
    memcpy(item + at, piece, more);
    return size + more;
  }
  case 4: { /* The file ends within something. */
    const char *piece = pieces[dice(sizeof pieces / sizeof *pieces)];
    size_t more = dice(strlen(piece)) + 1;
    if (dice(4) || at + more > room) return size;
    memcpy(item + at, piece, more);
    return at + more;
  }
  default: /* The file ends. */
    return dice(8) ? size : at;
  }
}

static int read_answering(usual *u, const char *item, size_t size) {
  int outcome;
  while ((outcome = usual_read(u, item, size)) == QUESTION) {
    answer a = {.usual = dice(200) != 0, .code = (int32_t)dice(5), .label = (int32_t)dice(3), .most = 2, .greatest = 100};
    char about = *u->columns[QUESTIONED].data;
    if (about == ASK_PERSON || about == ASK_ITEM_KEY || about == ASK_ANNOTATION_KEY) a.code = (int32_t)dice(40);
    if (!usual_answer(u, &a)) abort();
  }
  return outcome;
}

int main(int count, char **arguments) {
  static char line[1 << 20];
  char *items[64];
  size_t sizes[64], number = 0, outcomes[4] = {0};
  if (count != 4) return 2;
  state = strtoull(arguments[3], NULL, 10) * 2654435761u + 88172645463325252u;
  FILE *file = fopen(arguments[1], "rb");
  if (!file) return 2;
  while (number < 64 && fgets(line, sizeof line, file)) {
    sizes[number] = strcspn(line, "\n");
    items[number] = malloc(sizes[number]);
    memcpy(items[number], line, sizes[number]);
    number++;
  }
  fclose(file);
  usual *u = usual_new(7, 0, 0);
  if (!u || !usual_add_text(u, "text", 4) || !usual_add_text(u, "title", 5)) return 2;
  time_t end = time(NULL) + atoi(arguments[2]);
  for (size_t round = 0; time(NULL) < end; round++) {
    size_t which = dice(number), size = sizes[which], room = size + 4096;
    char *item = malloc(room);
    memcpy(item, items[which], size);
    for (uint64_t times = dice(4); times; times--) size = damage(item, size, room);
    /* No byte behind it may be read. */
    char *exact = malloc(size ? size : 1);
    memcpy(exact, item, size);
    int outcome = read_answering(u, exact, size);
    outcomes[outcome]++;
    if (outcome == DONE && dice(4) == 0) usual_back(u);
    if (round % 100 == 0) usual_clear(u);
    free(exact);
    free(item);
  }
  usual_free(u);
  for (size_t i = 0; i < number; i++) free(items[i]);
  printf("%zu done, %zu declined\n", outcomes[DONE], outcomes[DECLINED]);
  return 0;
}
