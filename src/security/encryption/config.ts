/** The settings of encryption; root `config.ts` merges them with those of the other folders. */
export const encryptionSettings = {
  KILN_ENCRYPTION: {
    type: 'array',
    items: { type: 'string', pattern: '^[A-Z][A-Za-z]{1,63}$' },
    default: [],
    description:
      'Resource types that are stored encrypted, separated by commas, such as `Patient,Observation`. To be decided before the first resource of the type is written. What may be searched then is told in `src/security/encryption/README.md`.',
    expected: 'resource types, separated by commas',
  },
  KILN_KEY_FILE: {
    type: 'string',
    default: '',
    description: 'File with the master keys of encryption, made by `kiln key new`; nobody but its owner may read it.',
    expected: 'the path of a file',
  },
} as const
