/** The settings of encryption; root `config.ts` merges them with those of the other folders. */
export const encryptionSettings = {
  KILN_ENCRYPTION: {
    type: 'array',
    items: { type: 'string', pattern: '^[A-Z][A-Za-z]{1,63}(?:\\.[a-z][A-Za-z0-9]*(?:\\[x\\])?)*$' },
    default: [],
    description:
      'What is stored encrypted, separated by commas: resource types, or elements of them, such as `Patient.identifier,Patient.telecom,Observation`. Holds at once for types of which nothing is stored; else `kiln key seal` brings what is stored to what is named here. What may be searched then is told in `src/security/encryption/README.md`.',
    expected: 'resource types or elements of them, separated by commas',
  },
  KILN_KEY_FILE: {
    type: 'string',
    default: '',
    description: 'File with the master keys of encryption, made by `kiln key new`; nobody but its owner may read it.',
    expected: 'the path of a file',
  },
  KILN_KEY_VAULT: {
    type: 'string',
    format: 'vault-key',
    default: '',
    description:
      'Instead of a key file: a key of the transit engine of HashiCorp Vault or OpenBao, such as `https://vault.example:8200/v1/transit/keys/kiln`, which never leaves it.',
    expected: 'a URL of http or https that ends in /v1/…/keys/NAME',
  },
  KILN_KEY_VAULT_TOKEN: {
    type: 'string',
    default: '',
    description: 'File with the token for KILN_KEY_VAULT, read anew with each request.',
    expected: 'the path of a file',
  },
} as const
