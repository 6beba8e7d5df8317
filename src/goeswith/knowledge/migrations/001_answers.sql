-- Where answers came from. A recorded file that was edited or taken out of the settings becomes inactive, never deleted.
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('llm', 'person', 'curated')),
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    added_at TEXT NOT NULL,
    active INTEGER NOT NULL DEFAULT 1,
    UNIQUE (kind, name, digest)
);
-- What was asked. Entity questions: the title. Relation questions: two terms, or two items of the catalogue.
CREATE TABLE question (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('entity', 'relation')),
    a TEXT NOT NULL,
    b TEXT NOT NULL DEFAULT '',
    item_a TEXT NOT NULL DEFAULT '',
    item_b TEXT NOT NULL DEFAULT '',
    UNIQUE (kind, a, b, item_a, item_b)
);
-- What was answered, as it was answered: `value` is a term (NULL: no product) or a relation directed from a to b.
CREATE TABLE answer (
    id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES question (id),
    source INTEGER NOT NULL REFERENCES source (id),
    value TEXT,
    detail TEXT NOT NULL DEFAULT '',      -- the function term, or the reason
    confidence INTEGER,                   -- 1 to 5, as stated
    probability REAL,                     -- of a curated edge that states one
    vote INTEGER NOT NULL DEFAULT 1,
    who TEXT NOT NULL,                    -- the model, or the person's annotator id
    prompt TEXT NOT NULL DEFAULT '',
    asked_at TEXT NOT NULL
);
CREATE INDEX answer_question ON answer (question);
CREATE INDEX answer_source ON answer (source);
