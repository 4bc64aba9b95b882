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
]
