/** The settings of the store; root `config.ts` merges them with those of the other folders. */
export const storeSettings = {
  KILN_STORE: {
    type: 'string',
    pattern: '^(sqlite:.+|mongodb(\\+srv)?://.+)$',
    default: 'sqlite:./data',
    secret: true,
    description: 'Where the data lies: `sqlite:` and a folder, or the `mongodb://` URL of a replica set.',
    expected: 'sqlite:FOLDER, mongodb://… or mongodb+srv://…',
  },
  KILN_SYNCHRONOUS: {
    type: 'string',
    enum: ['FULL', 'NORMAL'],
    default: 'FULL',
    description:
      'Embedded store: `FULL` keeps every acknowledged write through a power loss, `NORMAL` may lose the last ones.',
    expected: 'FULL or NORMAL',
  },
} as const
