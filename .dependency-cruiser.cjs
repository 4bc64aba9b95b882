/** Who may import whom (DESIGN, "The house"): arrows point down only, no cycles, types included. */
const floors = [
  ['fhir'],
  ['conformance'],
  ['search'],
  ['store'],
  ['jobs', 'terminology'],
  ['security', 'validation'],
  ['interactions'],
  ['operations'],
  ['workflows', 'subscriptions', 'bulk'],
  ['http', 'demo'],
]
const folder = names => `^src/(${names.join('|')})/`

const upward = floors.slice(0, -1).map((names, floor) => ({
  name: `${names.join('-')}-imports-only-downwards`,
  severity: 'error',
  from: { path: folder(names) },
  to: { path: `${folder(floors.slice(floor + 1).flat())}|^src/[^/]+\\.ts$` },
}))

const siblings = floors
  .filter(names => names.length > 1)
  .flatMap(names =>
    names.map(name => ({
      name: `${name}-knows-no-sibling`,
      severity: 'error',
      from: { path: `^src/${name}/` },
      to: { path: folder(names.filter(other => other !== name)) },
    })),
  )

module.exports = {
  forbidden: [
    ...upward,
    ...siblings,
    {
      name: 'the-top-floor-is-not-the-process',
      severity: 'error',
      from: { path: '^src/(http|demo)/' },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'workflows-never-import-store',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: { path: '^src/store/' },
    },
    {
      name: 'adapters-are-private',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(store/|runtime\\.ts)' },
      to: { path: '^src/store/(sqlite|mongo)/' },
    },
    {
      name: 'sqlite-knows-no-mongo',
      severity: 'error',
      from: { path: '^src/store/sqlite/' },
      to: { path: '^src/store/mongo/' },
    },
    {
      name: 'mongo-knows-no-sqlite',
      severity: 'error',
      from: { path: '^src/store/mongo/' },
      to: { path: '^src/store/sqlite/' },
    },
    {
      name: 'drivers-stay-in-the-store',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/' },
      to: { path: 'node_modules/(mongodb|bson)/' },
    },
    {
      name: 'drivers-stay-in-the-store',
      severity: 'error',
      // The files of the library are read-only, and beside the store on purpose.
      from: { path: '^src/', pathNot: '^src/(store|terminology/library)/' },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'fastify-stays-at-the-edge',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(http/|app\\.ts|server\\.ts)' },
      to: { path: 'node_modules/(fastify|@fastify)/' },
    },
    {
      name: 'node-http-brings-its-client',
      severity: 'error',
      // See src/fhir/status.ts. The library behind these two, loaded where somebody signs in, imports it anyway.
      from: { path: '^src/', pathNot: '^src/security/smart/sign-(in|out)\\.ts$' },
      to: { path: '^(node:)?http$', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'source-imports-no-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(tests|bench)/' } },
    {
      name: 'only-production-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/conformance/generate/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
}
