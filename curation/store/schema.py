"""The database's schema as a list of migrations; the position in the list is the schema's version."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE articles (
        id TEXT PRIMARY KEY, source_id TEXT, source TEXT, sha256 TEXT NOT NULL, normalisation TEXT NOT NULL,
        text TEXT NOT NULL, title TEXT, url TEXT, outlet TEXT, authors TEXT NOT NULL, published_at TEXT, lang TEXT,
        license TEXT, meta TEXT NOT NULL
    ) STRICT;
    CREATE INDEX articles_by_text ON articles (sha256);

    -- Copies of an article that were read and not kept, by where they stood.
    CREATE TABLE duplicates (
        source TEXT NOT NULL, source_id TEXT, article_id TEXT NOT NULL REFERENCES articles,
        PRIMARY KEY (source, article_id)
    ) STRICT;

    -- Documents that were refused.
    CREATE TABLE rejects (
        source TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, raw BLOB NOT NULL,
        PRIMARY KEY (source, reason, raw)
    ) STRICT;

    -- Texts that annotators saw and that differ from the article's.
    CREATE TABLE texts (sha256 TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT;

    CREATE TABLE projects (
        server TEXT NOT NULL, task TEXT NOT NULL, project_id INTEGER NOT NULL, interface TEXT NOT NULL,
        codebook TEXT NOT NULL, task_version TEXT NOT NULL, cursor TEXT, PRIMARY KEY (server, task)
    ) STRICT;

    -- What was sent: an intent is written before the request, and becomes 'sent' once the item was seen there.
    CREATE TABLE pushes (
        server TEXT NOT NULL, project_id INTEGER NOT NULL, article_id TEXT NOT NULL, article_sha256 TEXT NOT NULL,
        ls_task_id INTEGER, state TEXT NOT NULL CHECK (state IN ('intent', 'sent')),
        PRIMARY KEY (server, project_id, article_id)
    ) STRICT;

    -- The only place where people's addresses are kept.
    CREATE TABLE annotators (
        server TEXT NOT NULL, user_id INTEGER NOT NULL, email TEXT, pseudonym TEXT NOT NULL UNIQUE,
        PRIMARY KEY (server, user_id)
    ) STRICT;

    CREATE TABLE revisions (
        annotation TEXT NOT NULL, revision TEXT NOT NULL, raw TEXT NOT NULL, context TEXT NOT NULL,
        pulled_at TEXT NOT NULL, PRIMARY KEY (annotation, revision)
    ) STRICT;

    -- The current state of each annotation; verdict is NULL until it was validated.
    CREATE TABLE annotations (
        id TEXT PRIMARY KEY, revision TEXT NOT NULL, article_id TEXT, task TEXT NOT NULL, annotator TEXT,
        status TEXT NOT NULL CHECK (status IN ('submitted', 'skipped', 'draft', 'deleted')), url TEXT,
        record TEXT, problems TEXT NOT NULL, decoded_with TEXT NOT NULL,
        verdict TEXT CHECK (verdict IN ('valid', 'quarantined')), validated_with TEXT,
        FOREIGN KEY (id, revision) REFERENCES revisions
    ) STRICT;
    CREATE INDEX annotations_by_article ON annotations (article_id);

    CREATE TABLE findings (
        annotation TEXT NOT NULL REFERENCES annotations ON DELETE CASCADE, position INTEGER NOT NULL,
        code TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, fix TEXT NOT NULL, article_id TEXT,
        annotator TEXT, region TEXT, json_pointer TEXT, url TEXT, PRIMARY KEY (annotation, position)
    ) STRICT;
    """,
    """
    -- Every copy is an article of its own. dup_cluster names the cluster of texts that are the same or nearly so; where
    -- the text stands alone it is the article's own id. copy_of is set on those that stand back for another one.
    ALTER TABLE articles ADD COLUMN dup_cluster TEXT;
    ALTER TABLE articles ADD COLUMN copy_of TEXT;
    -- What cleaning changed, and what is doubtful.
    ALTER TABLE articles ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE articles ADD COLUMN notes TEXT NOT NULL DEFAULT '{}';
    UPDATE articles SET dup_cluster = id;
    CREATE INDEX articles_by_cluster ON articles (dup_cluster, id);
    CREATE INDEX articles_noted ON articles (notes) WHERE notes != '{}';
    CREATE INDEX articles_standing_back ON articles (copy_of) WHERE copy_of IS NOT NULL;

    -- What goes to annotators in the place of a long article: substr(articles.text, start + 1, length), in code points.
    -- former: it gave way when the article's text changed. Annotators may still have it, and `texts` has what it said.
    CREATE TABLE parts (
        id TEXT PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles, number INTEGER NOT NULL,
        start INTEGER NOT NULL, length INTEGER NOT NULL, sha256 TEXT NOT NULL,
        former INTEGER NOT NULL DEFAULT 0 CHECK (former IN (0, 1))
    ) STRICT;
    CREATE INDEX parts_by_article ON parts (article_id, number);
    CREATE INDEX parts_by_text ON parts (sha256);

    -- Tells the file that an article was read from from others, however they are named; NULL of what is no file.
    ALTER TABLE articles ADD COLUMN file TEXT;

    -- The same bytes stand once at a place of a file. mended_by is the article that was read there later.
    CREATE TABLE refused (
        source TEXT NOT NULL, file TEXT NOT NULL DEFAULT '', code TEXT NOT NULL, reason TEXT NOT NULL,
        raw BLOB NOT NULL, mended_by TEXT REFERENCES articles, PRIMARY KEY (source, file, raw)
    ) STRICT;
    INSERT OR IGNORE INTO refused (source, code, reason, raw) SELECT source, code, reason, raw FROM rejects;
    DROP TABLE rejects;
    ALTER TABLE refused RENAME TO rejects;

    -- What articles were made from where that is not their text, by zlib; edits map clean to raw offsets.
    CREATE TABLE raws (
        article_id TEXT PRIMARY KEY REFERENCES articles, media TEXT NOT NULL, encoding TEXT NOT NULL,
        edits TEXT NOT NULL, data BLOB NOT NULL
    ) STRICT;

    -- What near-duplicates are found by: the folded text's hash, and a hash for each band of the MinHash signature.
    -- fresh: not compared with the others yet. kept: an earlier run let the article go to annotators.
    CREATE TABLE sketches (
        article_id TEXT PRIMARY KEY REFERENCES articles, sha256 TEXT NOT NULL, made_with TEXT NOT NULL,
        folded BLOB NOT NULL, bands BLOB NOT NULL, fresh INTEGER NOT NULL DEFAULT 1 CHECK (fresh IN (0, 1)),
        kept INTEGER NOT NULL DEFAULT 0 CHECK (kept IN (0, 1))
    ) STRICT;
    CREATE INDEX sketches_fresh ON sketches (article_id) WHERE fresh = 1;
    CREATE INDEX pushes_by_article ON pushes (article_id);
    -- How a run that came to no end wanted its articles linked; empty once they are.
    CREATE TABLE linking (threshold REAL NOT NULL, keep INTEGER NOT NULL CHECK (keep IN (0, 1))) STRICT;

    -- Which articles go to annotators, in which order, and to how many (NULL: as many as the project says); all of
    -- them where there is no row. request says how they were chosen.
    CREATE TABLE selection (
        article_id TEXT PRIMARY KEY REFERENCES articles, position INTEGER NOT NULL, annotators INTEGER,
        calibration INTEGER NOT NULL CHECK (calibration IN (0, 1))
    ) STRICT;
    CREATE TABLE selected_by (request TEXT NOT NULL) STRICT;

    -- Suggestions to send along with an article, by whoever made them.
    CREATE TABLE predictions (
        article_id TEXT NOT NULL REFERENCES articles, task TEXT NOT NULL, made_by TEXT NOT NULL, record TEXT NOT NULL,
        PRIMARY KEY (article_id, task, made_by)
    ) STRICT;

    -- The annotation files that came beside articles, whole, compressed with zlib.
    CREATE TABLE standoff (
        article_id TEXT NOT NULL REFERENCES articles, source TEXT NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (article_id, source, data)
    ) STRICT;
    """,
    """
    -- The unit that a project's offsets count, where it was found not to be code points, and the evidence for it.
    CREATE TABLE units (
        server TEXT NOT NULL, project INTEGER NOT NULL, unit TEXT NOT NULL, evidence TEXT NOT NULL,
        decided_at TEXT NOT NULL, PRIMARY KEY (server, project)
    ) STRICT;

    -- Every content that a task's files have had, by the version that it makes; words are its names.
    CREATE TABLE versions (
        task TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('interface', 'codebook', 'declaration')),
        version TEXT NOT NULL, content TEXT NOT NULL, seen_at TEXT NOT NULL, words TEXT NOT NULL,
        PRIMARY KEY (task, kind, version)
    ) STRICT;
    -- Since when, by the server's clock, a project has shown which interface.
    CREATE TABLE screens (
        server TEXT NOT NULL, project INTEGER NOT NULL, interface TEXT NOT NULL, since TEXT NOT NULL,
        PRIMARY KEY (server, project, since)
    ) STRICT;
    -- The changes of a codebook that were applied, in their order; undone_at is set on those that were taken back.
    CREATE TABLE migrations (
        number INTEGER PRIMARY KEY, task TEXT NOT NULL, map TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
        applied_at TEXT NOT NULL, undone_at TEXT
    ) STRICT;
    -- What a migration sent to a server: the new result's hash, and the result before.
    CREATE TABLE rewritten (
        migration INTEGER NOT NULL REFERENCES migrations, annotation TEXT NOT NULL, result TEXT NOT NULL,
        before TEXT NOT NULL, PRIMARY KEY (migration, annotation, result)
    ) STRICT;
    """,
    """
    -- Since when, by the server's clock, a project has shown which interface and which codebook; NULL if none.
    CREATE TABLE shown (
        server TEXT NOT NULL, project INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('interface', 'codebook')),
        version TEXT, since TEXT NOT NULL, PRIMARY KEY (server, project, kind, since)
    ) STRICT;
    INSERT INTO shown SELECT server, project, 'interface', interface, since FROM screens;
    DROP TABLE screens;

    -- The mentions whose faults a finding sums up, as JSON; NULL where it is about one place alone.
    ALTER TABLE findings ADD COLUMN regions TEXT;
    """,
    """
    -- The suggestions that a migration put in the place of others.
    CREATE TABLE rewritten_suggestions (
        migration INTEGER NOT NULL REFERENCES migrations, article_id TEXT NOT NULL, made_by TEXT NOT NULL,
        before TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY (migration, article_id, made_by)
    ) STRICT;
    """,
    """
    -- When it was noticed that an annotation is no longer on its server, and when it was there again, if it ever was.
    CREATE TABLE deletions (
        annotation TEXT NOT NULL REFERENCES annotations, noticed_at TEXT NOT NULL, returned_at TEXT
    ) STRICT;
    CREATE INDEX deletions_by_annotation ON deletions (annotation);
    """,
    """
    -- Where the current revision of an annotation was seen: NULL where a bare file does not say. A pull asks for all of
    -- a project's, and the context that names these lies behind the raw document, which would be read each time.
    ALTER TABLE annotations ADD COLUMN server TEXT;
    ALTER TABLE annotations ADD COLUMN project INTEGER;
    ALTER TABLE annotations ADD COLUMN ls_task INTEGER;
    UPDATE annotations SET (server, project, ls_task) = (
        SELECT json_extract(r.context, '$.server'),
            CASE json_type(r.context, '$.project') WHEN 'integer' THEN json_extract(r.context, '$.project') END,
            CASE typeof(json_extract(r.context, '$.ls_task'))
                WHEN 'integer' THEN json_extract(r.context, '$.ls_task') END
        FROM revisions r WHERE r.annotation = annotations.id AND r.revision = annotations.revision
    );
    CREATE INDEX annotations_by_item ON annotations (server, project, ls_task, status, id);
    """,
    """
    -- The items of a project on which the server failed, as a JSON list: every pull looks at them until they are
    -- mended.
    ALTER TABLE projects ADD COLUMN poisoned TEXT NOT NULL DEFAULT '[]';
    """,
    """
    -- Since when, by the server's clock, adjudicators have had an article as which annotations have it: a JSON list of
    -- [annotation, annotator, revision].
    CREATE TABLE disputes (
        server TEXT NOT NULL, project INTEGER NOT NULL, task TEXT NOT NULL, article_id TEXT NOT NULL,
        origins TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (server, project, task, article_id, since)
    ) STRICT;
    CREATE INDEX disputes_by_article ON disputes (task, article_id, since);
    -- The tasks that were ever adjudicated, so that only what was decided holds.
    CREATE TABLE adjudicated (task TEXT PRIMARY KEY) STRICT;
    -- What an adjudicator's annotation decided, and from what. Nothing is ever deleted.
    CREATE TABLE decisions (
        annotation TEXT NOT NULL, revision TEXT NOT NULL, task TEXT NOT NULL, article_id TEXT NOT NULL,
        origins TEXT NOT NULL, decided_by TEXT NOT NULL, decided_at TEXT,
        PRIMARY KEY (annotation, revision), FOREIGN KEY (annotation, revision) REFERENCES revisions
    ) STRICT;
    CREATE INDEX decisions_by_article ON decisions (task, article_id);
    -- What holds of articles, and how that was decided; rulings are the single questions, as JSON.
    CREATE TABLE gold (
        task TEXT NOT NULL, article_id TEXT NOT NULL REFERENCES articles, record TEXT NOT NULL,
        method TEXT NOT NULL CHECK (method IN ('single', 'unanimous', 'rules', 'adjudicated')),
        origins TEXT NOT NULL, made_with TEXT NOT NULL, decided_by TEXT, decided_at TEXT, rulings TEXT NOT NULL,
        PRIMARY KEY (task, article_id)
    ) STRICT;
    """,
    """
    -- The split that each article of an export was put into, which it never leaves while its rules are the same; cuts
    -- are the first days of the splits where they go by time, as JSON. Articles that are gone keep their split.
    CREATE TABLE plans (
        number INTEGER PRIMARY KEY, export TEXT NOT NULL, rules TEXT NOT NULL, cuts TEXT NOT NULL,
        UNIQUE (export, rules)
    ) STRICT;
    CREATE TABLE splits (
        plan INTEGER NOT NULL REFERENCES plans, article_id TEXT NOT NULL, split TEXT NOT NULL,
        PRIMARY KEY (plan, article_id)
    ) STRICT, WITHOUT ROWID;
    """,
)
