/** The settings of the definitions; root `config.ts` merges them with those of the other folders. */
export const conformanceSettings = {
  KILN_PACKAGE_REGISTRY: {
    type: 'string',
    format: 'registry-url',
    default: '',
    secret: true,
    description:
      'Where FHIR packages are fetched from by name, such as `https://registry.example.org`, with `user:password@` if it asks for them; by default nowhere.',
    expected:
      'a URL like https://registry.example.org or https://user:password@registry.example.org, without query or trailing slash',
  },
} as const
