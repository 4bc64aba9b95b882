/** The steps that lead from an empty file to the present schema. A step that was released is never changed again. */
export const schema: readonly string[] = [
  `
  -- Text once, a small integer everywhere else.
  CREATE TABLE tenant (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE type (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- The pointer: where each resource stands now. "root" is the seq of its first version, a narrow name that stays.
  CREATE TABLE resource (
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, id TEXT NOT NULL,
    root INTEGER NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, id)
  ) STRICT, WITHOUT ROWID;

  -- Immutable rows in commit order. The rowid is the last column of each index, so that all histories are ranges.
  CREATE TABLE version (
    seq INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL, type INTEGER NOT NULL, root INTEGER NOT NULL, version INTEGER NOT NULL,
    updated INTEGER NOT NULL, method INTEGER NOT NULL, id TEXT NOT NULL,
    json TEXT -- NULL: deleted by this version
  ) STRICT;
  CREATE INDEX version_by_tenant ON version (tenant);
  CREATE INDEX version_by_type ON version (tenant, type);
  CREATE UNIQUE INDEX version_by_root ON version (root, version);

  -- Who (root) refers to what: the target first.
  CREATE TABLE link (
    tenant INTEGER NOT NULL, target TEXT NOT NULL, root INTEGER NOT NULL,
    PRIMARY KEY (tenant, target, root)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX link_by_root ON link (root);

  CREATE TABLE claim (
    tenant INTEGER NOT NULL, key TEXT NOT NULL, generation INTEGER NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claim_by_use ON claim (tenant, used);

  -- The versions of a commit lie beside each other: "first" to "last".
  CREATE TABLE receipt (
    tenant INTEGER NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, note TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX receipt_by_use ON receipt (tenant, used);

  -- A row stays when its lease ends, so that tokens rise for ever.
  CREATE TABLE lease (
    tenant INTEGER NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, token INTEGER NOT NULL, expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- Search. What is equal in several slots of a resource is one entry: "slots" is a set of names, one to a line; those of
  -- ranges begin with an empty line. The set of two empty lines has every present resource of its type: the type's list.
  CREATE TABLE slots (
    key INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, type INTEGER NOT NULL, names TEXT NOT NULL,
    UNIQUE (tenant, type, names)
  ) STRICT;

  -- A text under a set of slots, or the unit of a range. Rows stay for ever, so that keys may be remembered.
  CREATE TABLE term (
    key INTEGER PRIMARY KEY, slots INTEGER NOT NULL, text TEXT NOT NULL,
    UNIQUE (slots, text)
  ) STRICT;

  -- Who (root) is found by what; of ranges, by their unit. Roots rise, so rows are appended at the end of their term.
  CREATE TABLE found (
    term INTEGER NOT NULL, root INTEGER NOT NULL, element INTEGER NOT NULL, slots INTEGER NOT NULL,
    PRIMARY KEY (term, root, element)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX found_by_root ON found (root, slots);

  -- Ranges lie with their resource. Those without a unit (dates, numbers: "line") are indexed by their ends; quantities are
  -- not: each would dirty pages of its own, and they come with a code as a rule.
  CREATE TABLE range (
    root INTEGER NOT NULL, slots INTEGER NOT NULL, term INTEGER NOT NULL, element INTEGER NOT NULL,
    low REAL NOT NULL, high REAL NOT NULL, "from" REAL NOT NULL, "to" REAL NOT NULL, line INTEGER NOT NULL,
    PRIMARY KEY (root, slots, term, element, low, high, "from", "to")
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX range_by_low ON range (term, low) WHERE line = 1;
  CREATE INDEX range_by_high ON range (term, high) WHERE line = 1;
  `,
  `
  -- What present resources contain, as searches find it: of type '#Medication', under 'MedicationRequest/23#m1'. "root" is a name
  -- beside those of resources, from which that of the container is told: see search/contained.ts. "deleted", as in resource.
  CREATE TABLE contained (
    root INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, type INTEGER NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL,
    deleted INTEGER NOT NULL GENERATED ALWAYS AS (0) VIRTUAL
  ) STRICT;
  CREATE UNIQUE INDEX contained_by_id ON contained (tenant, type, id);
  `,
  `
  -- What protocols remember. "expires": NULL: never. "tags": JSON, for whoever reads; "note_tag" finds by them.
  CREATE TABLE note (
    tenant INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL, tags TEXT NOT NULL,
    expires INTEGER, revision INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX note_by_end ON note (tenant, expires) WHERE expires IS NOT NULL;
  CREATE TABLE note_tag (
    tenant INTEGER NOT NULL, kind TEXT NOT NULL, tag TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, tag, id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Later versions alone. Most resources have none: who looks for the current version finds that out in an index that is small
  -- enough to stay in memory, and knows the place of the first one, which is the root.
  CREATE UNIQUE INDEX version_later ON version (root, version) WHERE version > 1;
  `,
  `
  -- How often terms were taken away: whoever remembers their keys has to forget them then. One row.
  CREATE TABLE tidied (times INTEGER NOT NULL) STRICT;
  INSERT INTO tidied VALUES (0);
  `,
  `
  -- What a row tells of its resource, so that who comes by it need not look further: the root of its patient, the end of its
  -- latest date. All rows of a resource tell the same. NULL: whoever wants to know has to look, because there is none, or
  -- several patients, or the row is older than this. Ranges without a unit have no row in "found" any more.
  ALTER TABLE found ADD COLUMN patient INTEGER;
  ALTER TABLE found ADD COLUMN date REAL;
  `,
]
