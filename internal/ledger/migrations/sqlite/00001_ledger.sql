-- +goose Up

-- Facts of the ledger itself: its random id, the check value of the master key.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Data keys, wrapped by the master key. A destroyed one keeps its row without its bytes.
CREATE TABLE data_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL,
    wrapped      BLOB    NOT NULL,
    created_at   BIGINT  NOT NULL,
    destroyed_at BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX data_keys_name ON data_keys (name, destroyed_at);

-- One row a migration name: the head of its audit chain. Locked by whoever appends.
CREATE TABLE chains (
    name  TEXT   NOT NULL PRIMARY KEY,
    head  TEXT   NOT NULL,
    lines BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (
    name TEXT   NOT NULL,
    seq  BIGINT NOT NULL,
    line TEXT   NOT NULL,
    PRIMARY KEY (name, seq)
);

-- One row a generation of a name. Every table below carries its id as "run".
CREATE TABLE migrations (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT   NOT NULL,
    gen          BIGINT NOT NULL,
    workflow_id  TEXT   NOT NULL,
    first_run_id TEXT   NOT NULL,
    status       TEXT   NOT NULL,
    wrote        BIGINT NOT NULL DEFAULT 0,
    paused       BIGINT NOT NULL DEFAULT 0,
    paused_by    TEXT   NOT NULL DEFAULT '',
    input        TEXT   NOT NULL DEFAULT '',
    nutshell     TEXT   NOT NULL,
    rezora       TEXT   NOT NULL,
    key_id       BIGINT NOT NULL,
    started_at   BIGINT NOT NULL,
    closed_at    BIGINT NOT NULL DEFAULT 0,
    shredded_at  BIGINT NOT NULL DEFAULT 0,
    UNIQUE (name, gen)
);

-- Source records. ref1, ref2: ids of the records they point at; key1..key3: keyed hashes of natural keys.
CREATE TABLE staged (
    run         BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    round       BIGINT NOT NULL,
    deleted     BIGINT NOT NULL,
    provenance  TEXT   NOT NULL,
    updated_at  BIGINT NOT NULL,
    source_hash BLOB   NOT NULL,
    hash        BLOB   NOT NULL,
    legacy_hash BLOB   NOT NULL,
    ref1        TEXT,
    ref2        TEXT,
    key1        BLOB,
    key2        BLOB,
    key3        BLOB,
    payload     BLOB   NOT NULL,
    tombstone   BLOB   NOT NULL,
    legacy      BLOB   NOT NULL,
    PRIMARY KEY (run, kind, id)
);
CREATE INDEX staged_round   ON staged (run, kind, round, id) WHERE round > 0;
CREATE INDEX staged_deleted ON staged (run, kind) WHERE deleted = 1;
CREATE INDEX staged_ref1    ON staged (run, kind, ref1, id) WHERE ref1 IS NOT NULL AND deleted = 0;
CREATE INDEX staged_ref2    ON staged (run, kind, ref2, id) WHERE ref2 IS NOT NULL AND deleted = 0;
CREATE INDEX staged_key1    ON staged (run, kind, key1, deleted, id) WHERE key1 IS NOT NULL;
CREATE INDEX staged_key2    ON staged (run, kind, key2, deleted, id) WHERE key2 IS NOT NULL;
CREATE INDEX staged_key3    ON staged (run, kind, key3, deleted, id) WHERE key3 IS NOT NULL;

-- Cursors of walks over the source and over the account.
CREATE TABLE cursors (
    run   BIGINT NOT NULL,
    scope TEXT   NOT NULL,
    walk  TEXT   NOT NULL,
    data  BLOB   NOT NULL,
    PRIMARY KEY (run, scope, walk)
) WITHOUT ROWID;

-- A round being sealed, or sealed: staging into it is over.
CREATE TABLE seals (
    run       BIGINT NOT NULL,
    round     BIGINT NOT NULL,
    sealed_at BIGINT NOT NULL DEFAULT 0,
    root      TEXT   NOT NULL DEFAULT '',
    PRIMARY KEY (run, round)
) WITHOUT ROWID;

CREATE TABLE sealed_sets (
    run   BIGINT NOT NULL,
    round BIGINT NOT NULL,
    kind  BIGINT NOT NULL,
    count BIGINT NOT NULL,
    root  TEXT   NOT NULL,
    PRIMARY KEY (run, round, kind)
) WITHOUT ROWID;

CREATE TABLE sealed_rows (
    run   BIGINT NOT NULL,
    round BIGINT NOT NULL,
    kind  BIGINT NOT NULL,
    seq   BIGINT NOT NULL,
    id    TEXT   NOT NULL,
    PRIMARY KEY (run, round, kind, seq)
) WITHOUT ROWID;

CREATE TABLE aliases (
    run     BIGINT NOT NULL,
    kind    BIGINT NOT NULL,
    legacy  TEXT   NOT NULL,
    current TEXT   NOT NULL,
    PRIMARY KEY (run, kind, legacy)
) WITHOUT ROWID;

CREATE TABLE decisions (
    run   BIGINT NOT NULL,
    kind  BIGINT NOT NULL,
    id    TEXT   NOT NULL,
    crawl BIGINT NOT NULL,
    data  TEXT   NOT NULL,
    PRIMARY KEY (run, kind, id)
) WITHOUT ROWID;

CREATE TABLE kv (
    run   BIGINT NOT NULL,
    name  TEXT   NOT NULL,
    value BLOB   NOT NULL,
    PRIMARY KEY (run, name)
);

CREATE TABLE flags (
    run       BIGINT NOT NULL,
    object    TEXT   NOT NULL,
    source_id TEXT   NOT NULL,
    code      TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    PRIMARY KEY (run, object, source_id, code)
) WITHOUT ROWID;

-- The account as a crawl saw it. keys: the record's entries in dest_keys, packed.
CREATE TABLE dest (
    run       BIGINT NOT NULL,
    crawl     BIGINT NOT NULL,
    type      TEXT   NOT NULL,
    id        BIGINT NOT NULL,
    rev       TEXT   NOT NULL,
    deleted   BIGINT NOT NULL,
    source_id TEXT   NOT NULL,
    hash      TEXT   NOT NULL,
    keys      BLOB   NOT NULL,
    body      BLOB   NOT NULL,
    PRIMARY KEY (run, crawl, type, id)
);
CREATE INDEX dest_source ON dest (run, crawl, type, source_id, id) WHERE source_id <> '';

CREATE TABLE dest_keys (
    run   BIGINT NOT NULL,
    crawl BIGINT NOT NULL,
    type  TEXT   NOT NULL,
    hash  BLOB   NOT NULL,
    id    BIGINT NOT NULL,
    PRIMARY KEY (run, crawl, type, hash, id)
) WITHOUT ROWID;

-- The effect journal.
CREATE TABLE effects (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    run         BIGINT NOT NULL,
    object      TEXT   NOT NULL,
    source_id   TEXT   NOT NULL,
    role        TEXT   NOT NULL,
    parent      TEXT   NOT NULL,
    part        BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    step        TEXT   NOT NULL,
    ord         BIGINT NOT NULL,
    sample_ord  BIGINT NOT NULL,
    round       BIGINT NOT NULL,
    verb        TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    how         TEXT   NOT NULL,
    target_type TEXT   NOT NULL,
    target_id   BIGINT NOT NULL,
    rev         TEXT   NOT NULL,
    body_hash   TEXT   NOT NULL,
    token       TEXT   NOT NULL,
    deadline    BIGINT NOT NULL,
    high_water  BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    absent      BIGINT NOT NULL,
    absent_at   BIGINT NOT NULL,
    code        TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    shown       TEXT   NOT NULL,
    ours        TEXT   NOT NULL,
    pre_image   BLOB   NOT NULL,
    undo_image  BLOB   NOT NULL,
    updated_at  BIGINT NOT NULL,
    settled_at  BIGINT NOT NULL DEFAULT 0,
    UNIQUE (run, object, source_id, role, parent, part, epoch)
);
CREATE UNIQUE INDEX effects_ord    ON effects (step, run, ord);
CREATE INDEX effects_sample ON effects (step, run, sample_ord) WHERE sample_ord > 0;
CREATE INDEX effects_target ON effects (target_id, target_type, run) WHERE target_id <> 0;
CREATE INDEX effects_tried  ON effects (step, run, settled_at) WHERE settled_at > 0;
CREATE INDEX effects_intent ON effects (run, step, ord) WHERE state = 'intent';
CREATE INDEX effects_doubt  ON effects (run, step, ord) WHERE state = 'in_doubt';

CREATE TABLE steps (
    run     BIGINT NOT NULL,
    step    TEXT   NOT NULL,
    n       BIGINT NOT NULL,
    sample  BIGINT NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;

-- Numbers of effects, kept by every transition in its own transaction.
CREATE TABLE counts (
    run    BIGINT NOT NULL,
    object TEXT   NOT NULL,
    role   TEXT   NOT NULL,
    verb   TEXT   NOT NULL,
    state  TEXT   NOT NULL,
    how    TEXT   NOT NULL,
    round  BIGINT NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (run, object, role, verb, state, how, round)
) WITHOUT ROWID;

-- Calls made to Nutshell, by kind of call.
CREATE TABLE calls (
    run  BIGINT NOT NULL,
    kind TEXT NOT NULL,
    n    BIGINT NOT NULL,
    PRIMARY KEY (run, kind)
) WITHOUT ROWID;

-- State of the call limiter, one row a class of call.
CREATE TABLE rates (
    class   TEXT   NOT NULL PRIMARY KEY,
    state   TEXT   NOT NULL,
    version BIGINT NOT NULL
) WITHOUT ROWID;
