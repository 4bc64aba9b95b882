import fhirpath from 'fhirpath'
import t from 'tap'
import { capability, type Mode, parseMode } from '../../src/conformance/capability.ts'
import type { Claims, CodeSystemClaim, ResourceClaim } from '../../src/conformance/claims.ts'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { compileStructure } from '../../src/validation/structure.ts'

const definitions = loadDefinitions()
const { shapes } = definitions

function claim(type: string): ResourceClaim {
  return {
    type,
    supportedProfiles: [],
    interactions: ['read', 'vread', 'update', 'delete', 'history-instance', 'create'],
    versioning: 'versioned',
    readHistory: true,
    updateCreate: true,
    conditionalCreate: false,
    conditionalRead: 'full-support',
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
    referencePolicy: ['literal', 'local'],
    searchIncludes: [],
    searchRevIncludes: [],
    searchParams: [],
    operations: [],
  }
}

const claims: Claims = {
  software: { name: 'Kiln', version: '0.1.0', releaseDate: '2026-11-21' },
  description: 'Kiln at http://127.0.0.1:8080/fhir',
  base: 'http://127.0.0.1:8080/fhir',
  date: '2026-11-21T10:00:00Z',
  formats: ['application/fhir+json', 'application/fhir+xml'],
  patchFormats: ['application/json-patch+json'],
  instantiates: [],
  features: [],
  implementationGuides: [],
  deviations: [],
  resources: shapes.resourceTypes.map(claim),
  terminology: { validateCode: false, translate: false, closure: false },
  system: { interactions: ['transaction', 'batch', 'history-system'], searchParams: [], operations: [] },
}

const rich: Claims = {
  ...claims,
  instantiates: ['http://hl7.org/fhir/CapabilityStatement/terminology-server'],
  features: [
    { definition: 'http://t/features/level', value: '2.1' },
    { definition: 'http://t/features/quick', value: true },
  ],
  terminology: {
    expansion: ['url', 'filter', 'offset', 'excludeNested'],
    validateCode: true,
    translate: true,
    closure: true,
  },
  implementationGuides: ['http://hl7.org/fhir/uv/bulkdata/ImplementationGuide/hl7.fhir.uv.bulkdata'],
  deviations: ['One thing.', 'Another.'],
  resources: [
    {
      ...claim('Patient'),
      supportedProfiles: ['http://example.org/p'],
      searchIncludes: ['Patient:organization'],
      searchRevIncludes: ['Observation:subject'],
      searchParams: [
        { name: 'name', type: 'string', definition: 'http://hl7.org/fhir/SearchParameter/Patient-name' },
        { name: 'mine', type: 'token', documentation: 'mine' },
      ],
      operations: [{ name: 'match', definition: 'http://hl7.org/fhir/OperationDefinition/Patient-match' }],
    },
    claim('Account'),
  ],
  system: {
    interactions: ['search-system'],
    searchParams: [{ name: '_id', type: 'token' }],
    operations: [
      { name: 'convert', definition: 'http://hl7.org/fhir/OperationDefinition/Resource-convert', documentation: 'x' },
    ],
  },
}

const colours: CodeSystemClaim = {
  uri: 'http://example.org/colours',
  versions: [
    {
      code: '2',
      isDefault: true,
      compositional: false,
      languages: ['en', 'de'],
      filters: [
        { code: 'concept', operators: ['is-a', '='] },
        { code: 'odd', operators: ['='] },
      ],
      properties: ['hue'],
    },
    { code: '1', isDefault: false, compositional: true, languages: [], filters: [], properties: [] },
  ],
  subsumption: true,
}

const modes: readonly Mode[] = ['full', 'normative', 'terminology']

/** The invariants as the specification writes them; cpb-4 to 6, 8, 10, 11 and 13 do not exist in R4. */
const invariants: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CapabilityStatement: {
    'cpb-0': "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
    'cpb-1': 'rest.exists() or messaging.exists() or document.exists()',
    'cpb-2': '(description.count() + software.count() + implementation.count()) > 0',
    'cpb-3': "messaging.endpoint.empty() or kind = 'instance'",
    'cpb-7': 'document.select(profile&mode).isDistinct()',
    'cpb-9': 'rest.all(resource.select(type).isDistinct())',
    'cpb-12': 'rest.resource.all(searchParam.select(name).isDistinct())',
    'cpb-14': "(kind != 'instance') or implementation.exists()",
    'cpb-15': "(kind != 'capability') or (implementation.exists().not() and software.exists())",
    'cpb-16': "(kind!='requirements') or (implementation.exists().not() and software.exists().not())",
  },
  TerminologyCapabilities: {
    'tcp-0': "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
    'tcp-2': '(description.count() + software.count() + implementation.count()) > 0',
    'tcp-3': "(kind != 'instance') or implementation.exists()",
  },
}

const structure = compileStructure(shapes)

for (const mode of modes) {
  for (const [what, given] of Object.entries({ plain: claims, rich, nothing: { ...claims, resources: [] } })) {
    t.test(`mode ${mode} with ${what} claims has the structure and keeps the invariants`, async t => {
      const statement = capability(given, mode, definitions, what === 'rich' ? [colours] : [])
      t.same(structure(statement), [])
      for (const [key, expression] of Object.entries(invariants[statement.resourceType] ?? {})) {
        t.same(fhirpath.evaluate(structuredClone(statement), expression), [true], key)
      }
    })
  }
}

t.test('the full statement says what is claimed, and nothing else', async t => {
  t.same(capability({ ...rich, resources: rich.resources.slice(0, 1) }, 'full', definitions), {
    resourceType: 'CapabilityStatement',
    extension: [
      {
        url: 'http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature',
        extension: [
          { url: 'definition', valueCanonical: 'http://t/features/level' },
          { url: 'value', valueCode: '2.1' },
        ],
      },
      {
        url: 'http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature',
        extension: [
          { url: 'definition', valueCanonical: 'http://t/features/quick' },
          { url: 'value', valueBoolean: true },
        ],
      },
    ],
    url: 'http://127.0.0.1:8080/fhir/metadata',
    version: '0.1.0',
    name: 'KilnCapabilityStatement',
    title: 'Kiln CapabilityStatement',
    status: 'active',
    date: '2026-11-21T10:00:00Z',
    kind: 'instance',
    instantiates: ['http://hl7.org/fhir/CapabilityStatement/terminology-server'],
    software: { name: 'Kiln', version: '0.1.0', releaseDate: '2026-11-21' },
    implementation: { description: 'Kiln at http://127.0.0.1:8080/fhir', url: 'http://127.0.0.1:8080/fhir' },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml'],
    patchFormat: ['application/json-patch+json'],
    implementationGuide: ['http://hl7.org/fhir/uv/bulkdata/ImplementationGuide/hl7.fhir.uv.bulkdata'],
    rest: [
      {
        mode: 'server',
        documentation: '* One thing.\n* Another.',
        resource: [
          {
            type: 'Patient',
            profile: 'http://hl7.org/fhir/StructureDefinition/Patient',
            supportedProfile: ['http://example.org/p'],
            interaction: ['read', 'vread', 'update', 'delete', 'history-instance', 'create'].map(code => ({ code })),
            versioning: 'versioned',
            readHistory: true,
            updateCreate: true,
            conditionalCreate: false,
            conditionalRead: 'full-support',
            conditionalUpdate: false,
            conditionalDelete: 'not-supported',
            referencePolicy: ['literal', 'local'],
            searchInclude: ['Patient:organization'],
            searchRevInclude: ['Observation:subject'],
            searchParam: rich.resources[0]!.searchParams,
            operation: rich.resources[0]!.operations,
          },
        ],
        interaction: [{ code: 'search-system' }],
        searchParam: rich.system.searchParams,
        operation: rich.system.operations,
      },
    ],
  })
})

t.test('the normative statement leaves out types and elements that are for trial use', async t => {
  const [rest] = capability(rich, 'normative', definitions)['rest'] as readonly JsonObject[]
  t.same(rest?.['resource'], [
    {
      type: 'Patient',
      profile: 'http://hl7.org/fhir/StructureDefinition/Patient',
      interaction: ['read', 'vread', 'update', 'delete', 'history-instance', 'create'].map(code => ({ code })),
      searchParam: rich.resources[0]!.searchParams,
      operation: rich.resources[0]!.operations,
    },
  ])
  t.same(fhirpath.evaluate(capability(claims, 'normative', definitions), 'rest.resource.count()'), [10])
})

const terminology = {
  resourceType: 'TerminologyCapabilities',
  version: '0.1.0',
  name: 'KilnTerminologyCapabilities',
  title: 'Kiln TerminologyCapabilities',
  status: 'active',
  date: '2026-11-21T10:00:00Z',
  kind: 'instance',
  software: { name: 'Kiln', version: '0.1.0' },
  implementation: { description: 'Kiln at http://127.0.0.1:8080/fhir', url: 'http://127.0.0.1:8080/fhir' },
  lockedDate: false,
  codeSearch: 'explicit',
}

t.test('the terminology statement claims no operation that does not exist', async t => {
  t.same(capability(claims, 'terminology', definitions), terminology)
})

t.test('the terminology statement tells the code systems that are known, and what can be asked of them', async t => {
  t.same(capability(rich, 'terminology', definitions, [colours]), {
    ...terminology,
    codeSystem: [
      {
        uri: 'http://example.org/colours',
        version: [
          {
            code: '2',
            isDefault: true,
            compositional: false,
            language: ['en', 'de'],
            filter: [
              { code: 'concept', op: ['is-a', '='] },
              { code: 'odd', op: ['='] },
            ],
            property: ['hue'],
          },
          { code: '1', isDefault: false, compositional: true },
        ],
        subsumption: true,
      },
    ],
    expansion: {
      hierarchical: true,
      paging: true,
      incomplete: false,
      parameter: ['url', 'filter', 'offset', 'excludeNested'].map(name => ({ name })),
      textFilter: 'Beginnings of words, in any order; case and accents do not count. The best matches come first.',
    },
    validateCode: { translations: true },
    translation: { needsMap: false },
    closure: { translation: false },
  })
})

t.test('what is claimed twice is refused', async t => {
  const twice = { ...claims, resources: [claim('Patient'), claim('Patient')] }
  t.throws(() => capability(twice, 'full', definitions), { message: "resource type 'Patient' is claimed twice" })
  const name = { name: 'name', type: 'string' } as const
  const names = { ...claims, resources: [{ ...claim('Patient'), searchParams: [name, name] }] }
  t.throws(() => capability(names, 'full', definitions), {
    message: "search parameter of Patient 'name' is claimed twice",
  })
})

t.test('a request without mode means full, and an unknown mode is refused', async t => {
  t.equal(parseMode(null), 'full')
  for (const mode of modes) t.equal(parseMode(mode), mode)
  for (const text of ['', 'Full', 'normative ', '__proto__']) {
    t.throws(() => parseMode(text), { status: 400, message: /expected one of full, normative, terminology/ }, text)
  }
})
