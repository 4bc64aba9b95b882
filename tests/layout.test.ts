/** The house itself: boundaries that bite, folders that explain themselves. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'

const root = resolve(import.meta.dirname, '..')

/** Runs the boundary check on a tree of these files. */
function boundaries(files: Record<string, string>): { status: number | null; said: string } {
  const tree = mkdtempSync(join(tmpdir(), 'kiln-house-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true })
    writeFileSync(join(tree, name), text)
  }
  cpSync(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'))
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, '.ci/boundaries.ts'), tree], {
    encoding: 'utf8',
  })
  rmSync(tree, { recursive: true })
  return { status, said: stdout + stderr }
}

const x = 'export type X = 1\n'

t.test('a tree without violations passes', async t => {
  const { status, said } = boundaries({
    'src/fhir/x.ts': x,
    'src/store/y.ts': "import type { X } from '../fhir/x.ts'\nexport type Y = X\n",
    'src/http/z.ts': "import type { Agent } from 'node:http'\nexport type Z = Agent\n",
  })
  t.equal(status, 0, said)
})

const planted: [string, Record<string, string>][] = [
  [
    'fhir-imports-only-downwards',
    { 'src/fhir/a.ts': "import type { X } from '../store/x.ts'\nexport type A = X\n", 'src/store/x.ts': x },
  ],
  [
    'search-imports-only-downwards',
    { 'src/search/a.ts': "import type { X } from '../config.ts'\nexport type A = X\n", 'src/config.ts': x },
  ],
  [
    'validation-knows-no-sibling',
    { 'src/validation/a.ts': "import type { X } from '../security/x.ts'\nexport type A = X\n", 'src/security/x.ts': x },
  ],
  [
    'demo-knows-no-sibling',
    { 'src/demo/a.ts': "import type { X } from '../http/x.ts'\nexport type A = X\n", 'src/http/x.ts': x },
  ],
  [
    'interactions-imports-only-downwards',
    { 'src/interactions/a.ts': "import type { X } from '../demo/x.ts'\nexport type A = X\n", 'src/demo/x.ts': x },
  ],
  [
    'the-top-floor-is-not-the-process',
    { 'src/demo/a.ts': "import type { X } from '../config.ts'\nexport type A = X\n", 'src/config.ts': x },
  ],
  [
    'sqlite-knows-no-mongo',
    {
      'src/store/sqlite/a.ts': "import type { X } from '../mongo/x.ts'\nexport type A = X\n",
      'src/store/mongo/x.ts': x,
    },
  ],
  [
    'adapters-are-private',
    {
      'src/interactions/a.ts': "import type { X } from '../store/mongo/x.ts'\nexport type A = X\n",
      'src/store/mongo/x.ts': x,
    },
  ],
  [
    'drivers-stay-in-the-store',
    { 'src/interactions/a.ts': "import { DatabaseSync } from 'node:sqlite'\nexport const a = DatabaseSync\n" },
  ],
  [
    'workflows-never-import-store',
    { 'src/workflows/a.ts': "import type { X } from '../store/x.ts'\nexport type A = X\n", 'src/store/x.ts': x },
  ],
  [
    'node-http-brings-its-client',
    { 'src/http/a.ts': "import { STATUS_CODES } from 'node:http'\nexport const a = STATUS_CODES\n" },
  ],
  [
    'no-cycles',
    {
      'src/fhir/a.ts': "import type { B } from './b.ts'\nexport type A = B\n",
      'src/fhir/b.ts': "import type { A } from './a.ts'\nexport type B = A\n",
    },
  ],
]

for (const [rule, files] of planted) {
  t.test(`a planted violation of ${rule} is found`, async t => {
    const { status, said } = boundaries(files)
    t.equal(status, 1, said)
    t.match(said, rule)
  })
}

t.test('every folder of src has a README of one screen', async t => {
  for (const folder of readdirSync(join(root, 'src'), { withFileTypes: true })) {
    if (!folder.isDirectory()) continue
    const readme = join(root, 'src', folder.name, 'README.md')
    if (!t.ok(existsSync(readme), folder.name)) continue
    const lines = readFileSync(readme, 'utf8').split('\n').length
    t.ok(lines <= 75, `${folder.name}: ${lines} lines`)
  }
})
