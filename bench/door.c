/* The least a door can do and still write down what it did: the yardstick for Doorward's own decision.
 *
 *   door READER RELAY LIST RECORDS plain|tuned
 *
 * READER and RELAY are terminals. From READER come RDM6300 frames (02, ten hex digits, two of their XOR, 03); to RELAY
 * goes an LCUS command that releases channel 1. LIST is SQLite, `card (number INTEGER PRIMARY KEY, person, from, to)`;
 * RECORDS is made anew. For each frame: one look-up by integer key, one row in one durable commit, then the relay.
 * Nothing else: no keyed digest of the card, no policy, no tree over the records, no signature, no second input, no
 * relock, no one who reads along. What it leaves out is what Doorward's decision may cost on top.
 *
 * plain: a durable commit as SQLite's manual has it (WAL, synchronous=FULL), and everything else as it comes.
 * tuned: as Doorward's ledger makes it (psow=0, a WAL grown beforehand, checkpoints only when idle), and with the WAL
 * index in its own memory (exclusive) besides, which a ledger with readers cannot have.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { FRAME = 14, WAL_PAGES = 8192, IDLE_MS = 1000, CHECKPOINT_PAGES = 4096 };
static const unsigned char RELEASE[] = {0xA0, 0x01, 0x01, 0xA2};

static sqlite3 *list, *records;
static sqlite3_stmt *look_up, *record;
static int wal_pages;

static void stop(const char *what, const char *why) {
    fprintf(stderr, "door: %s: %s\n", what, why);
    exit(1);
}

static void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) stop(sql, sqlite3_errmsg(db));
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, 0) != SQLITE_OK)
        stop(sql, sqlite3_errmsg(db));
    return statement;
}

static int terminal(const char *path) {
    struct termios mode;
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || tcgetattr(fd, &mode)) stop(path, "is not a terminal that opens");
    cfmakeraw(&mode);
    tcsetattr(fd, TCSANOW, &mode);
    return fd;
}

static int count_pages(void *count, sqlite3 *db, const char *name, int pages) {
    (void)db, (void)name;
    *(int *)count = pages;
    return SQLITE_OK;
}

static void open_list(const char *path) {
    if (sqlite3_open_v2(path, &list, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, 0)) stop(path, sqlite3_errmsg(list));
    run(list, "PRAGMA mmap_size=1073741824; PRAGMA locking_mode=EXCLUSIVE");
    look_up = prepared(list, "SELECT person, valid_from, valid_to FROM card WHERE number = ?");
}

static void make_records(void) {
    run(records, "CREATE TABLE record (seq INTEGER PRIMARY KEY, at INTEGER, card INTEGER, person INTEGER, ok INTEGER)");
}

static void grow_log(void) {
    run(records, "PRAGMA wal_autocheckpoint=0; CREATE TABLE growth (page BLOB); BEGIN");
    sqlite3_stmt *grow = prepared(records, "INSERT INTO growth VALUES (zeroblob(4000))");
    for (int i = 0; i < WAL_PAGES; i++) sqlite3_step(grow), sqlite3_reset(grow);
    sqlite3_finalize(grow);
    run(records, "COMMIT; PRAGMA wal_checkpoint(RESTART); DROP TABLE growth; PRAGMA wal_checkpoint(RESTART)");
    sqlite3_wal_hook(records, count_pages, &wal_pages);
}

static void open_records(const char *path, int tuned) {
    char uri[4200];
    const char *tails[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(uri, sizeof uri, "%s%s", path, tails[i]);
        unlink(uri);
    }
    snprintf(uri, sizeof uri, "file:%s%s", path, tuned ? "?psow=0" : "");
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(uri, &records, flags, 0)) stop(path, sqlite3_errmsg(records));
    if (tuned) run(records, "PRAGMA locking_mode=EXCLUSIVE");
    run(records, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    make_records();
    if (tuned) grow_log();
    record = prepared(records, "INSERT INTO record (at, card, person, ok) VALUES (?, ?, ?, ?)");
}

static int digit(unsigned char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

/* The card's 40 bits, or -1 where the frame is none or its check is wrong. */
static int64_t card_of(const unsigned char *frame) {
    int64_t number = 0;
    int check = 0;
    if (frame[0] != 0x02 || frame[FRAME - 1] != 0x03) return -1;
    for (int i = 1; i < FRAME - 1; i += 2) {
        int high = digit(frame[i]), low = digit(frame[i + 1]);
        if (high < 0 || low < 0) return -1;
        check ^= high << 4 | low;
        if (i < FRAME - 3) number = number << 8 | high << 4 | low;
    }
    return check ? -1 : number;
}

static void decide(int64_t card, int relay) {
    struct timespec now;
    int64_t person = 0;
    int ok = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    sqlite3_bind_int64(look_up, 1, card);
    if (sqlite3_step(look_up) == SQLITE_ROW) {
        person = sqlite3_column_int64(look_up, 0);
        ok = sqlite3_column_int64(look_up, 1) <= now.tv_sec && now.tv_sec < sqlite3_column_int64(look_up, 2);
    }
    sqlite3_reset(look_up);
    sqlite3_bind_int64(record, 1, now.tv_sec * 1000 + now.tv_nsec / 1000000);
    sqlite3_bind_int64(record, 2, card);
    sqlite3_bind_int64(record, 3, person);
    sqlite3_bind_int(record, 4, ok);
    if (sqlite3_step(record) != SQLITE_DONE) stop("record", sqlite3_errmsg(records));
    sqlite3_reset(record);
    if (ok && write(relay, RELEASE, sizeof RELEASE) != sizeof RELEASE) stop("relay", "did not take the command");
}

int main(int count, char **argument) {
    unsigned char heard[FRAME];
    size_t have = 0;
    if (count != 6) stop("usage", "door READER RELAY LIST RECORDS plain|tuned");
    open_list(argument[3]);
    open_records(argument[4], !strcmp(argument[5], "tuned"));
    struct pollfd reader = {.fd = terminal(argument[1]), .events = POLLIN};
    int relay = terminal(argument[2]);
    puts("ready"), fflush(stdout);
    for (;;) {
        if (wal_pages > CHECKPOINT_PAGES && poll(&reader, 1, IDLE_MS) == 0) {
            sqlite3_wal_checkpoint_v2(records, 0, SQLITE_CHECKPOINT_RESTART, 0, 0);
            wal_pages = 0;
        }
        ssize_t got = read(reader.fd, heard + have, sizeof heard - have);
        if (got <= 0) return 0;
        have += (size_t)got;
        if (have < FRAME) continue;
        have = 0;
        int64_t card = card_of(heard);
        if (card >= 0) decide(card, relay);
    }
}
