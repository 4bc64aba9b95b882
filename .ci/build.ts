/** `npm run build`: compiles src to dist for publishing (Node does not strip types under node_modules), and tries the result. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, globSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

rmSync('dist', { recursive: true, force: true })
execFileSync(
  'tsc',
  ['--noEmit', 'false', '--outDir', 'dist', '--rootDir', 'src', '--project', '.ci/tsconfig.build.json'],
  { stdio: 'inherit' },
)
for (const data of globSync('src/**/*.{json,css,js}')) {
  const to = data.replace(/^src/, 'dist')
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(data, to)
}
execFileSync(process.execPath, ['dist/cli.js', '--version'], { stdio: 'inherit' })
