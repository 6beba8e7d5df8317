-- A source that was asked here (model, prompt and schema): of two that answered one question the higher rank, the one
-- used last, is heard. Recorded files have rank 0.
ALTER TABLE source ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
-- One row an HTTP request, written before it is sent. Money is in billionths of the user's currency.
CREATE TABLE request (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    kind TEXT NOT NULL CHECK (kind IN ('entity', 'relation')),
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'refused', 'lost')),
    bound INTEGER NOT NULL,               -- reserved: most that it can cost
    cost INTEGER NOT NULL,                -- what it cost; the bound while it is open and where it was lost
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    sent_at TEXT NOT NULL,
    batch INTEGER REFERENCES batch (id)
);
CREATE INDEX request_source ON request (source);
-- What stood in it, in this order; `vote` numbers the times that a question is asked.
CREATE TABLE asked (
    request INTEGER NOT NULL REFERENCES request (id),
    place INTEGER NOT NULL,
    question INTEGER NOT NULL REFERENCES question (id),
    vote INTEGER NOT NULL,
    PRIMARY KEY (request, place)
);
CREATE INDEX asked_question ON asked (question);
-- Questions that got no usable answer even alone; not asked again until `goeswith ledger retry`.
CREATE TABLE aside (
    source INTEGER NOT NULL REFERENCES source (id),
    question INTEGER NOT NULL REFERENCES question (id),
    vote INTEGER NOT NULL,
    why TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (source, question, vote)
);
-- Batches at the provider. `token` is written before the upload and sent as metadata, so that a batch whose creation was
-- cut off is found again; `name` is the provider's id.
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    created_at TEXT NOT NULL
);
-- Answers that were asked for here, or replayed from another ledger: about terms that entities of a build already had.
ALTER TABLE answer ADD COLUMN live INTEGER NOT NULL DEFAULT 0;
ALTER TABLE answer ADD COLUMN request INTEGER REFERENCES request (id);
